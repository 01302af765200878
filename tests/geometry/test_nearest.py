"""The triangle tree agrees with trimesh's exhaustive answer and refuses bad input."""

import numpy as np
import pytest
import trimesh

from renderfit.errors import ShapeError
from renderfit.geometry.nearest import TriangleTree


def _brute(points, triangles):
    best = np.full(len(points), np.inf)
    for triangle in triangles:
        near = trimesh.triangles.closest_point(np.repeat(triangle[None], len(points), 0), points)
        best = np.minimum(best, np.linalg.norm(near - points, axis=1))
    return best


@pytest.mark.parametrize("faces", [1, 3, 5, 200])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_matches_exhaustive_search(faces, scale):
    rng = np.random.default_rng(faces)
    vertices = rng.normal(size=(3 * faces, 3)) * scale
    triangles = np.arange(3 * faces).reshape(-1, 3)
    points = rng.normal(size=(300, 3)) * 2 * scale
    distance, nearest, face = TriangleTree(vertices, triangles).query(points)
    expected = _brute(points / scale, vertices[triangles] / scale) * scale  # trimesh has absolute tolerances
    np.testing.assert_allclose(distance, expected, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(nearest - points, axis=1), distance, rtol=1e-9)
    own = trimesh.triangles.closest_point(vertices[triangles[face]] / scale, points / scale)
    np.testing.assert_allclose(own, nearest / scale, atol=1e-9)


def test_points_on_the_surface_are_at_distance_zero():
    sphere = trimesh.creation.icosphere(subdivisions=3)
    points, _ = trimesh.sample.sample_surface(sphere, 500, seed=1)
    distance, _, _ = TriangleTree(sphere.vertices, sphere.faces).query(points)
    assert distance.max() < 1e-12


def test_triangles_without_area_are_segments_and_points():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]])
    tree = TriangleTree(vertices, [[0, 1, 2], [3, 3, 3], [0, 0, 1]])
    distance, nearest, face = tree.query([[1.5, 1.0, 0.0], [5, 5, 6]])
    np.testing.assert_allclose(distance, [1, 1])
    np.testing.assert_allclose(nearest, [[1.5, 0, 0], [5, 5, 5]])
    assert face[1] == 1


def test_many_equal_triangles_do_not_overflow():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    distance, _, _ = TriangleTree(vertices, np.tile([[0, 1, 2]], (5000, 1))).query([[0.1, 0.1, 2.0]])
    assert distance[0] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("vertices", "faces", "words"),
    [
        (np.zeros((3, 3)), np.zeros((0, 3), int), "at least one triangle"),
        (np.zeros((3, 2)), np.array([[0, 1, 2]]), "expected"),
        (np.zeros((3, 3)), np.array([[0, 1, 3]]), r"expected 0\.\.2"),
        (np.full((3, 3), np.nan), np.array([[0, 1, 2]]), "finite"),
    ],
)
def test_bad_meshes_are_refused(vertices, faces, words):
    with pytest.raises(ShapeError, match=words):
        TriangleTree(vertices, faces)


@pytest.mark.parametrize("points", [np.zeros(3), np.zeros((2, 2)), np.full((1, 3), np.inf)])
def test_bad_queries_are_refused(points):
    tree = TriangleTree(np.eye(3), [[0, 1, 2]])
    with pytest.raises(ShapeError):
        tree.query(points)
