"""Both layers around a sheet without thickness are drawn apart; what does not pierce is left alone."""

import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import sample_surface
from renderfit.geometry.triangle_tree import build
from renderfit.watertight import fitting, solidify
from renderfit.watertight.piercing import pierced

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "watertight"))

from intersections import piercing


def _ribbed_tube():
    """A tube without thickness, open at both ends, with 40 sharp ribs."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 80, endpoint=False), np.linspace(0, 0.6, 7), indexing="ij")
    radius = 0.5 + 0.02 * (np.arange(80) % 2)[:, None]
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle), height + 0.1 * np.cos(3 * angle)], axis=-1).reshape(-1, 3)
    index = np.arange(80 * 7).reshape(80, 7)
    a, b = index, np.roll(index, -1, axis=0)
    faces = [np.stack([a[:, :-1], b[:, :-1], b[:, 1:]], -1), np.stack([a[:, :-1], b[:, 1:], a[:, 1:]], -1)]
    return Mesh(x, np.concatenate([face.reshape(-1, 3) for face in faces]))


def test_layers_of_a_sheet_are_drawn_apart(flaws_of, monkeypatch):
    tube = _ribbed_tube()
    parted = solidify(tube, depth=6)
    assert flaws_of(parted.mesh) == []
    monkeypatch.setattr(fitting.Fit, "part", lambda self, solid: None)
    crossing = solidify(tube, depth=6)
    before, after = (int(piercing(*solid.mesh.numpy()).sum()) for solid in (crossing, parted))
    assert before > 500
    assert after < 0.2 * before
    tree = TriangleTree(*tube.numpy())
    far = [tree.query(sample_surface(solid.mesh, 20000))[0].mean() / solid.cell for solid in (crossing, parted)]
    assert far[1] < far[0] + 0.03


@pytest.mark.parametrize("shape", [trimesh.creation.box((1.0, 0.7, 0.5)), trimesh.creation.icosphere(subdivisions=3)])
def test_bodies_are_left_alone(shape, monkeypatch):
    source = Mesh(np.array(shape.vertices), np.array(shape.faces))
    parted = solidify(source, depth=5).mesh
    assert not piercing(*parted.numpy()).any()
    monkeypatch.setattr(fitting.Fit, "part", lambda self, solid: None)
    assert np.array_equal(solidify(source, depth=5).mesh.numpy()[0], parted.numpy()[0])


def test_pairs_of_faces_that_are_not_asked_for_do_not_count():
    rng = np.random.default_rng(0)
    vertices, faces, asked = rng.random((90, 3)), np.arange(90).reshape(-1, 3), rng.random(30) < 0.4
    pairs = [(i, j) for i in range(30) for j in range(i) if _found(vertices, faces[[i, j]], np.ones(2, dtype=bool)).all()]
    for chosen in (asked, np.ones(30, dtype=bool), np.zeros(30, dtype=bool)):
        expected = sorted({k for i, j in pairs if chosen[i] or chosen[j] for k in (i, j)})
        assert np.flatnonzero(_found(vertices, faces, chosen)).tolist() == expected


def _found(vertices, faces, asked):
    return pierced(vertices, faces, build(vertices, faces), 1e-9, asked)
