"""The modelling kernel: lofts close, levels are met, cuts keep the area, corners are smooth."""

import numpy as np
import pytest
import torch
import trimesh

from renderfit.datasets.procedural import implicit
from renderfit.datasets.procedural.curves import rounded, rounded_polygon, superellipse
from renderfit.datasets.procedural.solids import lathe, mirrored, rounded_box, sweep, turned
from renderfit.datasets.procedural.soup import Soup, clipped, refined, with_defects
from renderfit.geometry import Mesh


def area(part):
    return trimesh.Trimesh(*part, process=False).area


def test_lathe_of_a_rectangle_is_a_cylinder():
    vertices, faces = lathe([(0.02, 0.0), (0.02, 0.1)], 256)
    solid = trimesh.Trimesh(vertices, faces, process=True)
    assert solid.is_watertight
    assert solid.volume == pytest.approx(np.pi * 0.02**2 * 0.1, rel=1e-3)


@pytest.mark.parametrize("axis", ["+x", "-x", "+y", "-y", "-z"])
def test_turning_and_mirroring_keep_faces_outward(axis):
    part = turned(rounded_box((0.03, 0.05, 0.07), 0.004), axis)
    for solid in (part, mirrored(part)):
        assert trimesh.Trimesh(*solid, process=False).volume > 0


def test_sweep_along_a_line_is_a_prism():
    path = np.column_stack([np.zeros(20), np.linspace(0, 0.1, 20), np.zeros(20)])
    solid = trimesh.Trimesh(*sweep(path, (0.01, 0.005), ring=200), process=False)
    assert abs(solid.volume) == pytest.approx(np.pi * 0.01 * 0.005 * 0.1, rel=2e-3)


def test_surface_of_a_sphere_converges_and_closes():
    errors = []
    for cell in (0.01, 0.005):
        vertices, faces = implicit.surface(lambda q: np.linalg.norm(q, axis=1) - 0.03, [-0.04] * 3, [0.04] * 3, cell)
        solid = trimesh.Trimesh(vertices, faces, process=False)
        assert solid.is_watertight
        assert solid.is_winding_consistent
        assert np.abs(np.linalg.norm(vertices, axis=1) - 0.03).max() < 1e-4
        errors.append(abs(solid.volume - 4 / 3 * np.pi * 0.03**3))
    assert errors[1] < 0.35 * errors[0]


def test_blends_lie_between_hard_union_and_nothing():
    points = np.random.default_rng(0).uniform(-0.05, 0.05, (500, 3))
    a = implicit.box(points, (0, 0, 0), (0.02, 0.02, 0.02), 0.002)
    b = implicit.capsule(points, (0, 0, 0), (0.04, 0, 0), 0.01)
    soft = implicit.union(a, b, 0.01)
    assert (soft <= np.minimum(a, b) + 1e-15).all()
    assert (soft >= np.minimum(a, b) - 0.01 / 6 - 1e-15).all()
    assert np.allclose(implicit.cut(a, b), np.maximum(a, -b))


def test_polygon_distance():
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    found = implicit.polygon(np.array([[0.0, 0], [2, 0], [2, 2]]), square)
    assert found == pytest.approx([-1, 1, np.sqrt(2)])


def test_superellipse_lies_on_its_curve_evenly():
    points = superellipse(40, 4.0)
    assert (np.abs(points) ** 4).sum(axis=1) == pytest.approx(1, abs=2e-3)
    gaps = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    assert gaps.max() < 1.05 * gaps.min()


def test_rounding_keeps_the_ends_and_turns_gently():
    curve = rounded([(0, 0), (1, 0), (1, 1)], 0.4, spacing=0.05, steps=16)
    assert np.allclose(curve[[0, -1]], [[0, 0], [1, 1]])
    steps = np.diff(curve, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    assert (steps[1:] * steps[:-1]).sum(axis=1).min() > np.cos(np.radians(25))
    assert len(rounded_polygon([(0, 0), (1, 0), (1, 1)], 0.1)) > 12


def test_painting_keeps_the_surface_and_cuts_along_the_outline():
    part = rounded_box((0.06, 0.06, 0.06), 0.01, ring=32)

    def disc(points):
        return np.hypot(points[:, 0], points[:, 2] - 0.03) - 0.015

    soup = Soup()
    soup.add_painted(part, (0.0, 0.0, 0.0), [(disc, (1.0, 1.0, 1.0))])
    mesh = soup.mesh()
    assert float(mesh.face_areas().sum()) == pytest.approx(area(part), rel=1e-4)
    white = mesh.vertices[mesh.colors[:, 0] > 0.5].numpy()
    assert disc(white).max() < 5e-4


def test_clipping_both_sides_adds_up():
    part = lathe([(0.02, 0.0), (0.02, 0.1)], 32)
    values = part[0][:, 0] + 0.3 * part[0][:, 2] - 0.01
    assert area(clipped(part, values)) + area(clipped(part, -values)) == pytest.approx(area(part))
    assert len(refined(part, lambda q: q[:, 0] - 0.004)[1]) == len(part[1])


def test_defects_are_the_asked_ones():
    vertices, faces = rounded_box((0.05, 0.05, 0.05), 0.005, ring=64)
    mesh = Mesh(torch.as_tensor(vertices), torch.as_tensor(faces), torch.zeros(len(vertices), 3))
    spoilt = with_defects(mesh, seed=3, flipped=0.1, duplicated=0.05, cracks=10)
    assert len(spoilt.faces) > len(mesh.faces)
    assert len(spoilt.vertices) > len(mesh.vertices)
    low, high = mesh.bounds()
    assert bool((spoilt.vertices >= low - 3e-4).all())
    assert bool((spoilt.vertices <= high + 3e-4).all())
    same = with_defects(mesh, seed=3, flipped=0.1, duplicated=0.05, cracks=10)
    assert torch.equal(spoilt.faces, same.faces)
