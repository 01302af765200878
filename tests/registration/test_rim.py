"""Where a surface ends within a pixel, and coverage that follows it."""

import numpy as np
import pytest
import torch
import trimesh

from renderfit import rendering
from renderfit.geometry import Camera
from renderfit.registration import silhouette
from renderfit.registration.blurring import covered
from renderfit.registration.columns import Columns
from renderfit.registration.rim import MIDDLE, rims, settle

RADIUS, AWAY, FOCAL = 0.05, 0.5, 128.0
CAMERA = Camera.centred(64, FOCAL)


def columns_of(mesh):
    vertices = np.ascontiguousarray(mesh.vertices, np.float64)
    return Columns(vertices, np.zeros((len(vertices), 3, 1)), np.ascontiguousarray(mesh.faces, np.int64), {})


def seen(mesh, camera=CAMERA, shift=(0.0, 0.0, AWAY)):
    columns = columns_of(mesh)
    fragments = rendering.rasterize(columns.mean + np.array(shift), columns.faces, camera, backend="cpu")
    pieces = silhouette.outline(fragments.face_id)
    return columns, fragments, pieces, rims(pieces, fragments.face_id, fragments.pixels, columns.faces, columns.neighbours)


def area(mesh, shift=(0.0, 0.0, AWAY), settled=True):
    columns = columns_of(mesh)
    fragments = rendering.rasterize(columns.mean + np.array(shift), columns.faces, CAMERA.scaled(2), backend="cpu")
    share, pieces = covered(fragments.face_id, 2), silhouette.outline(fragments.face_id)
    _, _, reach, worth = rims(pieces, fragments.face_id, fragments.pixels, columns.faces, columns.neighbours)
    if settled:
        settle(share, pieces, reach, worth, 2)
    return share.sum()


def test_the_rim_of_a_ball_is_where_its_surface_turns_away():
    columns, _, pieces, (at, shares, reach, worth) = seen(trimesh.creation.icosphere(4, RADIUS))
    points = np.einsum("ek,ekd->ed", shares, columns.mean[columns.faces[at]]) + np.array([0, 0, AWAY])
    normals = points - [0, 0, AWAY]
    cosine = (normals * points).sum(1) / np.linalg.norm(normals, axis=1) / np.linalg.norm(points, axis=1)
    assert (worth > 0).mean() > 0.95
    assert np.abs(cosine[worth > 0]).max() < 0.06  # pixels' centres look 0.3 and more into the surface
    assert ((reach >= 0) & (reach <= 1)).all()
    where = np.stack([pieces[:, 1], pieces[:, 0]], 1) + 0.5
    where[np.arange(len(pieces)), pieces[:, 2]] += pieces[:, 3] * reach
    assert np.allclose(CAMERA.project(torch.as_tensor(points)).numpy()[worth > 0], where[worth > 0], atol=1e-6)


def test_pieces_along_both_axes_tell_of_the_same_outline():
    _, _, pieces, (_, _, _, worth) = seen(trimesh.creation.icosphere(4, RADIUS))
    for axis in (0, 1):
        assert 0 <= worth[pieces[:, 2] == axis].min() <= worth[pieces[:, 2] == axis].max() <= 1
    # A circle: the squares of the normal's parts, each over the pieces that they thin, add up to the length of the outline.
    length = 2 * np.pi * FOCAL * RADIUS / np.sqrt(AWAY**2 - RADIUS**2)
    assert np.sqrt(worth).sum() == pytest.approx(length, rel=0.05)


def test_settled_coverage_is_the_area_and_moves_smoothly():
    ball = trimesh.creation.icosphere(4, RADIUS)
    shifts = [(0.0, 0.0, AWAY - step) for step in np.linspace(0, 0.01, 41)]
    rough, smooth = (np.array([area(ball, shift, settled) for shift in shifts]) for settled in (False, True))
    jumps = [np.abs(np.diff(values, 2)).max() for values in (rough, smooth)]
    assert jumps[1] < 0.15 * jumps[0]
    exact = np.array([np.pi * FOCAL**2 * RADIUS**2 / (z**2 - RADIUS**2) for *_, z in shifts])
    assert smooth == pytest.approx(exact, rel=5e-3)


def test_a_single_triangle_ends_at_its_own_edges():
    triangle = trimesh.Trimesh([[-0.05, -0.04, 0], [0.06, -0.03, 0], [0.0, 0.05, 0]], [[0, 1, 2]])
    exact = FOCAL**2 / AWAY**2 * triangle.area
    assert area(triangle) == pytest.approx(exact, rel=2e-3)
    assert (seen(triangle)[3][3] > 0).all()


def test_without_an_end_before_the_next_pixel_the_outline_lies_in_the_middle():
    columns, fragments, pieces, (at, shares, reach, worth) = seen(trimesh.creation.icosphere(2, RADIUS))
    endless = np.where(columns.neighbours >= 0, at[0], -1)  # every edge leads back to one face, which is left at once or never
    at, shares, reach, worth = rims(pieces, fragments.face_id, fragments.pixels, columns.faces, endless)
    lost = worth == 0
    assert (reach[lost] == MIDDLE).all()
    assert (at[lost] == fragments.face_id[pieces[lost, 0], pieces[lost, 1]]).all()
    assert np.allclose(shares.sum(1), 1)


def test_neighbours_share_two_corners_and_edges_of_three_faces_lead_nowhere():
    ball = columns_of(trimesh.creation.icosphere(1))
    for face, beyond in enumerate(ball.neighbours):
        for corner, other in enumerate(beyond):
            shared = set(ball.faces[face]) & set(ball.faces[other])
            assert shared == set(np.delete(ball.faces[face], corner))
    fan = Columns(np.eye(5, 3), np.zeros((5, 3, 1)), np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]]), {})
    assert (fan.neighbours == -1).all()
