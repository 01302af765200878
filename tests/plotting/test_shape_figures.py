import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from renderfit.plotting import shapes as pictures
from renderfit.plotting.viewer3d import LIMIT
from renderfit.shapes import ShapeSpace

sys.path.insert(0, str(Path(__file__).parents[1] / "shapes"))
from pears import SMALL, blob, family


@pytest.fixture(scope="module")
def space() -> ShapeSpace:
    return ShapeSpace.fit(blob(), family()[:3], 2, **SMALL)


def test_strip_and_curves_are_drawn():
    strip = pictures.drift_strip((0, 2, 10), beta=0.5, lam=3.0)
    assert [axis.get_title(loc="center").split("\n")[0] for axis in strip.axes] == ["start", "iteration 2", "iteration 10"]
    rows = [{"package": "a", "points": n, "scaled": n > 100, "cpu_seconds": n / 1e3} for n in (100, 1000)]
    line, scaled = pictures.cost_curve(rows).axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), [0.1, 1.0])
    np.testing.assert_allclose(scaled.get_ydata(), [1.0])
    pictures.convergence({"beta 1": [3.0, 2.0, 1.5]})
    plt.close("all")


def test_explorer_works_without_a_server(space):
    page = pictures.explorer(space, "pear").html()
    assert len(page) < LIMIT
    assert "component 2" in page


def test_a_grasp_is_carried_to_every_instance(space):
    scene = pictures.grasp_scene(space, "pear")
    shapes, hands = (entry["frames"] for entry in scene.objects)
    assert len(shapes) == len(hands) == 1 + len(space.names)
    assert len(scene.html()) < LIMIT
    for shape, hand in zip(shapes, hands, strict=True):
        assert hand[:, 0].min() < shape[:, 0].min() + 0.5 * np.ptp(shape[:, 0])
        assert hand[:, 0].max() > shape[:, 0].max() - 0.5 * np.ptp(shape[:, 0])


def test_colours_follow_the_canonical(space):
    drawn = pictures.correspondences(space, count=2)
    assert sum(bool(axis.images) for axis in drawn.axes) == 3
    assert sum(bool(axis.images) for axis in pictures.modes(space, count=1).axes) == 3
    plt.close("all")
