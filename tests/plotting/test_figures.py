"""Figures and tables: same bytes twice, escaped texts, the numbers they are given."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from renderfit.errors import ShapeError
from renderfit.plotting import COLORS, figure, image_row, save, tables
from renderfit.plotting.pictures import rgb, smaller, window


@pytest.fixture(autouse=True)
def headless():
    mpl.use("agg")


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_figure_is_the_same_bytes_twice(tmp_path, suffix):
    def draw(name):
        drawn, axis = figure()
        axis.plot([0, 1, 4], label="line")
        axis.legend()
        return save(drawn, tmp_path / f"{name}.{suffix}").read_bytes()

    assert draw("a") == draw("b")


def test_a_figure_that_was_displayed_is_not_shown_again_at_the_end_of_the_cell(monkeypatch):
    plt.close("all")  # of other tests
    sent = []
    monkeypatch.setattr("IPython.display.publish_display_data", sent.append)
    drawn, _ = figure()
    figure()
    drawn._ipython_display_()
    assert [set(data) for data in sent] == [{"image/png", "text/plain"}]
    assert len(plt.get_fignums()) == 1
    plt.close("all")


def test_colours_of_the_methods_can_be_told_apart():
    shown = [rgb(COLORS[name]) for name in ("ground_truth", "cls", "deepcpd", "paper", "ours")]
    gaps = [np.abs(a - b).sum() for k, a in enumerate(shown) for b in shown[:k]]
    assert min(gaps) > 0.3


def test_an_image_row_has_a_panel_an_image():
    images = [np.zeros((8, 12, 3), np.uint8), np.ones((8, 12)), np.full((8, 12, 3), 0.5)]
    assert len(image_row(images, ["a", "b", "c"], per_row=2).axes) == 4
    with pytest.raises(ShapeError, match="3 images and 1 titles"):
        image_row(images, ["a"])


def test_a_window_is_square_and_inside():
    mask = np.zeros((60, 80), bool)
    mask[2:12, 70:78] = True
    rows, columns = window(mask)
    assert rows.stop - rows.start == columns.stop - columns.start
    assert rows.start >= 0
    assert columns.stop <= 80
    assert mask[rows, columns].sum() == mask.sum()
    assert window(np.zeros((4, 4), bool)) == (slice(None), slice(None))


def test_blocks_are_averaged():
    fine = np.arange(16, dtype=float).reshape(4, 4, 1)
    assert smaller(fine)[..., 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_a_table_escapes_what_it_shows():
    shown = str(tables.grid(["name", "value"], [["<b>", 0.123456], ["n", "–"]], "a & b"))
    assert "&lt;b&gt;" in shown
    assert "0.123<" in shown
    assert "a &amp; b" in shown
