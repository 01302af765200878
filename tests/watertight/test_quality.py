"""Distance to the input, sharp creases, holes, units, determinism."""

import logging

import numpy as np
import pytest
import torch
import trimesh

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.watertight import make_watertight, report, resample, seal_for, solidify


def test_smooth_bodies_keep_volume_and_distance(sphere):
    made = make_watertight(sphere)
    found = report(made, sphere)
    assert made.volume() == pytest.approx(sphere.volume(), rel=1e-3)
    assert found["distance_max"] < 2e-3 * sphere.diagonal()
    assert found["distance_mean"] < 2e-5 * sphere.diagonal()


def _turned(shape):
    shape.apply_transform(trimesh.transformations.rotation_matrix(0.7, [0.3, 1.0, 0.5]))
    return shape


def _plate():
    """A plate with a round hole, two sharp circles and the outer edges of a box."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False) + np.pi / 4
    inner = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outer = 0.5 * inner / np.abs(inner).max(axis=1, keepdims=True)
    rings = [np.insert(ring, 2, z, axis=1) for ring, z in ((0.25 * inner, 0), (outer, 0), (outer, 0.3), (0.25 * inner, 0.3))]
    here, there = np.arange(64), np.roll(np.arange(64), -1)
    bands = [(64 * a, 64 * ((a + 1) % 4)) for a in range(4)]
    quads = np.concatenate([np.stack([a + here, a + there, b + there, b + here], axis=1) for a, b in bands])
    return trimesh.Trimesh(np.concatenate(rings), quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))


@pytest.mark.parametrize(
    "shape", [trimesh.creation.box((1.0, 0.7, 0.5)), _turned(trimesh.creation.box((1.0, 0.7, 0.5))), _turned(_plate())]
)
def test_creases_stay_sharp(shape):
    source = Mesh(np.array(shape.vertices), np.array(shape.faces))
    solid = solidify(source)
    lines = shape.vertices[shape.face_adjacency_edges[shape.face_adjacency_angles > 0.5]]
    share = np.linspace(0, 1, 40)[:, None]
    points = np.concatenate([(1 - share) * a + share * b for a, b in lines])
    distance = TriangleTree(*solid.mesh.numpy()).query(points)[0] / solid.cell
    assert distance.mean() < 0.005
    assert distance.max() < 0.2
    made = trimesh.Trimesh(*solid.mesh.numpy(), process=False)
    ends = made.vertices[made.face_adjacency_edges]
    fold = np.concatenate([np.arange(2 * len(lines)).reshape(-1, 2), np.arange(1, 2 * len(lines), 2)[:, None]], axis=1)
    off = TriangleTree(lines.reshape(-1, 3), fold).query(ends.reshape(-1, 3))[0].reshape(-1, 2).max(axis=1)
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    right = (off < 0.05 * solid.cell) & (np.abs(np.degrees(made.face_adjacency_angles) - 90) < 5)
    assert length[right].sum() > 0.75 * np.linalg.norm(lines[:, 0] - lines[:, 1], axis=1).sum()


def test_a_hole_is_reported_and_sealing_mends_it(sphere, flaws_of, caplog):
    missing = sphere.vertices[sphere.faces].mean(dim=1)[:, 2] < 0.92
    holed = Mesh(sphere.vertices, sphere.faces[missing])
    with caplog.at_level(logging.WARNING):
        hollow = solidify(holed)
    assert hollow.volume_ratio < 0.1
    assert hollow.suggested_seal == seal_for(holed) > 0
    assert f"seal={hollow.suggested_seal}" in caplog.text
    for seal in (hollow.suggested_seal, None):
        sealed = solidify(holed, seal=seal)
        assert flaws_of(sealed.mesh) == []
        assert sealed.seal == sealed.suggested_seal == hollow.suggested_seal
        assert sealed.mesh.volume() == pytest.approx(sphere.volume(), rel=0.02)


def test_a_sheet_that_no_seal_closes_is_reported(caplog):
    square = Mesh(np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]), [[0, 1, 2], [0, 2, 3]])
    for seal in (0, None):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            solid = solidify(square, depth=5, seal=seal)
        assert solid.volume_ratio < 0.1
        assert solid.suggested_seal == 0
        assert "no seal would close them" in caplog.text


@pytest.mark.parametrize("seed", [0, 1])
def test_scattered_holes_are_closed(sphere, flaws_of, seed):
    """Four per cent of the faces are missing, anywhere."""
    holed = Mesh(sphere.vertices, sphere.faces[np.random.default_rng(seed).random(len(sphere.faces)) > 0.04])
    hollow, sealed = (solidify(holed, depth=6, seal=seal) for seal in (0, None))
    assert hollow.volume_ratio < 0.1
    assert hollow.suggested_seal == sealed.seal > 0
    assert flaws_of(sealed.mesh) == []
    assert sealed.mesh.volume() == pytest.approx(sphere.volume(), rel=0.02)


def test_an_open_bottom_is_closed(open_bottle, flaws_of):
    vertices, faces = open_bottle.numpy()
    rim = np.flatnonzero(vertices[:, 2] == 0)
    order = rim[np.argsort(np.arctan2(vertices[rim, 1], vertices[rim, 0]))]
    centre = np.concatenate([vertices, [[0.0, 0, 0]]])
    lid = np.stack([np.roll(order, -1), order, np.full(len(order), len(vertices))], axis=1)
    filled = Mesh(centre, np.concatenate([faces, lid])).volume()
    made = make_watertight(open_bottle, seal=None)
    assert flaws_of(made) == []
    assert made.volume() == pytest.approx(abs(filled), rel=0.02)
    assert float(made.vertices[:, 2].min()) > -1e-3


def test_closed_bodies_need_no_seal(box, sphere):
    assert seal_for(box) == seal_for(sphere) == 0


def test_units_and_place_change_nothing(box, sphere):
    both = Mesh(torch.cat([box.vertices, 0.3 * sphere.vertices + 0.4]), torch.cat([box.faces, sphere.faces + len(box.vertices)]))
    first = make_watertight(both, depth=6)
    small = resample(first, 500)
    for scale, shift in ((1e-3, 0.0), (1e3, 0.0), (1.0, 1e4)):
        moved = make_watertight(both.with_vertices(both.vertices * scale + shift), depth=6)
        assert torch.equal(moved.faces, first.faces)
        back = (moved.vertices - shift) / scale
        assert float((back - first.vertices).norm(dim=1).max()) < 1e-6 * both.diagonal()
        assert torch.equal(resample(moved, 500).faces, small.faces)


def test_the_same_input_gives_the_same_bytes(sphere):
    one, two = (resample(make_watertight(sphere, depth=6), 800) for _ in range(2))
    assert torch.equal(one.vertices, two.vertices)
    assert torch.equal(one.faces, two.faces)


def test_finer_ratio_is_nearer(sphere):
    coarse, fine = (report(make_watertight(sphere, depth=5, ratio=ratio), sphere)["distance_mean"] for ratio in (0.1, 0.001))
    assert fine < 0.5 * coarse
