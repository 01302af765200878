"""Triangles that overlap without measure: the work stays bounded, the answers right."""

import gc
import logging

import numpy as np
import pytest
import trimesh

from renderfit.errors import DataError
from renderfit.geometry import Mesh, crowds
from renderfit.geometry.crowds import crowding, plant
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.topology import topology
from renderfit.geometry.triangle_tree import build, nearest_many
from renderfit.watertight import report, resample, solidify


def _each_its_own(corners):
    return corners.reshape(-1, 3), np.arange(corners.shape[0] * 3).reshape(-1, 3)


def _needles(count, width=1e-4):
    """Long, thin triangles in all directions across a box."""
    rng = np.random.default_rng(0)
    ends = rng.random((count, 2, 3))
    return _each_its_own(np.concatenate([ends, ends[:, :1] + width * rng.normal(size=(count, 1, 3))], axis=1))


def _on_one_line(count, direction):
    return _each_its_own(np.random.default_rng(0).random((count, 3, 1)) * np.array(direction))


def _in_one_plane(count):
    """Squares of two triangles inside one another, in an oblique plane, from small to large."""
    side = np.linspace(0.1, 1, count)[:, None, None]
    square = side * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ np.array([[0.6, 0.8, 0], [-0.48, 0.36, 0.8]])
    return _each_its_own(square[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3, 3))


def _same(vertices, faces, times):
    return np.asarray(vertices, dtype=float), np.tile(faces, (times, 1))


BALL = trimesh.creation.icosphere(subdivisions=3)
TURNED = np.concatenate([BALL.faces, BALL.faces[:, ::-1], BALL.faces[:, [1, 2, 0]]])
CROWDS = {
    "needles": (_needles(4000), 4000, 300),
    "oblique line": (_on_one_line(20_000, [1, 0.7, 0.3]), 60, 60),
    "line along an axis": (_on_one_line(20_000, [0, 1, 0]), 60, 60),
    "one inside another": (_in_one_plane(3000), 4, 4),
    "copies": (_same(BALL.vertices, BALL.faces, 250), len(BALL.faces), 20),
    "turned copies": (_same(BALL.vertices, TURNED, 80), len(BALL.faces), 20),
}


@pytest.mark.parametrize("name", CROWDS)
def test_a_crowd_is_thinned_and_answers_stay(name, caplog):
    (vertices, faces), kept, work = CROWDS[name]
    plain = build(vertices, faces)
    assert crowding(plain) > crowds.CROWDED
    with caplog.at_level(logging.WARNING):
        tree = plant(vertices, faces)
    assert "lie on others" in caplog.text
    assert len(np.unique(tree[4])) <= kept
    assert crowding(tree) <= work
    points = np.random.default_rng(1).random((300, 3))
    expected, found = nearest_many(plain, points), nearest_many(tree, points)
    np.testing.assert_allclose(found[0], expected[0], rtol=0, atol=2e-6)
    corners = vertices[faces[found[2]]]  # the faces that are named are the given ones
    np.testing.assert_allclose(TriangleTree(*_each_its_own(corners)).query(found[1])[0], 0, atol=1e-9)


@pytest.mark.parametrize("shape", [trimesh.creation.icosphere(subdivisions=5), trimesh.creation.cylinder(0.05, 1.0, sections=2000)])
def test_what_is_no_crowd_is_left_alone(shape):
    vertices, faces = np.array(shape.vertices), np.array(shape.faces)
    for found, expected in zip(plant(vertices, faces), build(vertices, faces), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_what_stays_a_crowd_is_refused(monkeypatch):
    monkeypatch.setattr(crowds, "MOST", 10)
    large = _each_its_own(np.random.default_rng(0).random((3000, 3, 3)))
    with pytest.raises(DataError, match=r"3000 triangles overlap .* about \d+ of them; expected at most 10: remove"):
        solidify(Mesh(*large), seal=None)


def test_a_crowd_in_one_corner_is_not_refused(monkeypatch, flaws_of):
    monkeypatch.setattr(crowds, "MOST", 300)
    tiny, ball = 1e-3 * np.random.default_rng(0).random((3000, 3, 3)) - 1, _each_its_own(np.array(BALL.triangles))[0].reshape(-1, 3, 3)
    source = Mesh(*_each_its_own(np.concatenate([ball[:40], tiny])))
    assert crowding(plant(*source.numpy())) > crowds.MOST
    assert flaws_of(solidify(source, depth=5).mesh) == []


@pytest.mark.parametrize(("crowd", "depth"), [(_needles(3500), 4), (_on_one_line(5000, [1, 0.7, 0.3]), 5)])
def test_crowds_become_solids(crowd, depth, flaws_of):
    source = Mesh(*crowd)
    solid = solidify(source, depth=depth)
    assert flaws_of(solid.mesh) == []
    assert report(solid.mesh, source)["distance_mean"] < 0.5 * solid.cell
    assert topology(resample(solid.mesh, 400).faces).solid


def test_the_collector_is_paused_only_while_a_first_tree_is_built():
    vertices, faces = np.eye(3), np.array([[0, 1, 2]])
    for wanted in (True, False):
        (gc.enable if wanted else gc.disable)()
        try:
            plant(vertices, faces)
            assert gc.isenabled() is wanted
        finally:
            gc.enable()
