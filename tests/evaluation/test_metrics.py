import numpy as np
import pytest
import torch
import trimesh

from renderfit.errors import ShapeError
from renderfit.evaluation import vertex_error
from renderfit.geometry import Mesh


def sphere(radius: float, subdivisions: int = 3) -> Mesh:
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return Mesh(torch.as_tensor(np.array(ball.vertices)), torch.as_tensor(np.array(ball.faces)))


def test_a_mesh_has_no_error_against_itself() -> None:
    error = vertex_error(sphere(0.1), sphere(0.1))
    assert error.mean == error.mean_square == 0
    assert error.to_surface < 1e-12
    assert error.hausdorff < 1e-12


def test_concentric_spheres_are_their_difference_of_radii_apart() -> None:
    error = vertex_error(sphere(0.12), sphere(0.1))
    assert error.mean == pytest.approx(0.02, rel=1e-9)
    assert error.mean_square == pytest.approx(0.0004, rel=1e-9)
    assert error.to_surface == pytest.approx(0.02, rel=0.02)
    assert error.hausdorff == pytest.approx(0.02, rel=0.05)


def test_to_surface_does_not_depend_on_the_sampling_but_vertex_distance_does() -> None:
    fine, coarse = sphere(0.1, 4), sphere(0.1, 2)
    error = vertex_error(coarse, fine)
    assert error.mean > 5 * error.to_surface


def test_error_is_from_the_reference_to_the_mesh() -> None:
    half = Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    whole = Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 3]], [[0, 1, 2], [0, 1, 3]])
    assert vertex_error(half, whole).mean == pytest.approx(3 / 4)
    assert vertex_error(whole, half).mean == 0
    assert vertex_error(whole, half).hausdorff == pytest.approx(3)


def test_vertices_of_no_face_do_not_count() -> None:
    stray = Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]], [[0, 1, 2]])
    clean = Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    assert vertex_error(stray, clean).hausdorff == vertex_error(clean, stray).hausdorff == 0


def test_clouds_are_their_own_surface_and_empty_ones_are_refused() -> None:
    cloud = Mesh([[0.0, 0, 0], [0, 0, 2]], np.zeros((0, 3), dtype=np.int64))
    assert vertex_error(cloud, Mesh([[0.0, 0, 1]], np.zeros((0, 3), dtype=np.int64))).to_surface == pytest.approx(1)
    with pytest.raises(ShapeError, match="no vertices"):
        vertex_error(cloud, Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)))
