import matplotlib.pyplot as plt
import numpy as np
import pytest

from renderfit.plotting import seeing


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_the_outline_lies_on_the_border():
    mask = np.zeros((12, 12), bool)
    mask[3:9, 4:8] = True
    drawn = seeing.outline(np.zeros((12, 12, 3), np.uint8), mask)
    rows, _ = drawn.any(axis=2).nonzero()
    assert len(rows) > 0
    assert rows.min() >= 2
    assert rows.max() <= 8
    assert not drawn[5, 6].any()


def test_a_contact_sheet_shows_every_picture():
    images = [np.full((8, 8, 3), 30 * k, np.uint8) for k in range(5)]
    found = seeing.contact_sheet(images, 3)
    assert sum(len(axis.images) for axis in found.axes) == 5
    assert len(found.axes) == 6


def test_curves_and_landscapes_draw_what_they_are_given():
    result = {
        "loss": [[20, 1.0], [40, 0.5]],
        "scores": [{"step": 20, "mean": 0.5, "bottle": 0.4}, {"step": 40, "mean": 0.7, "bottle": 0.6}],
    }
    left, right = seeing.curves(result).axes
    assert len(left.lines) == 1
    assert [line.get_label() for line in right.lines] == ["bottle"]
    offsets = {"x": np.linspace(-1, 1, 5), "y": np.linspace(-1, 1, 5)}
    drawn = seeing.landscapes(offsets, {name: {"mask": offsets[name] ** 2} for name in offsets}, ["mask"])
    assert len(drawn.axes[0].lines) == 2
