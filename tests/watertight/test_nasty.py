"""Meshes as nobody should draw them: each becomes a solid near its input, and stays one when it is resampled."""

import numpy as np
import pytest
import trimesh

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import sample_surface
from renderfit.watertight import resample, solidify

BALL, CUBE = trimesh.creation.icosphere(subdivisions=3), trimesh.creation.box()
TURN = trimesh.transformations.rotation_matrix(0.9, [0.5, 1.0, 0.8])[:3, :3]


def _parts(*parts):
    """Put (vertices, faces) side by side in one mesh."""
    shifts = np.cumsum([0, *[len(vertices) for vertices, _ in parts]])
    return np.concatenate([v for v, _ in parts]), np.concatenate([np.asarray(f) + n for (_, f), n in zip(parts, shifts, strict=False)])


def _body(shape, scale=1.0, shift=0.0, inside_out=False):
    return np.array(shape.vertices) * scale + shift, np.array(shape.faces[:, ::-1] if inside_out else shape.faces)


def _sheet(position, across=24, along=24, wrap=False):
    """Two triangles to each square of position(u, v), u and v in 0..1."""
    u, v = np.meshgrid(np.linspace(0, 1, across + 1), np.linspace(0, 1, along + 1), indexing="ij")
    points = np.stack(np.broadcast_arrays(*position(u, v)), axis=-1).reshape(-1, 3)
    index = np.arange(len(points)).reshape(across + 1, along + 1)
    if wrap:
        index[-1], index[:, -1] = index[0], index[:, 0]
        index[-1, -1] = index[0, 0]
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    return points, np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _own_corners(vertices, faces, shrink=1.0):
    corners = np.asarray(vertices)[np.asarray(faces)]
    corners = corners.mean(axis=1, keepdims=True) + shrink * (corners - corners.mean(axis=1, keepdims=True))
    return corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3)


def _torus(large, small):
    def position(u, v):
        ring = large + small * np.cos(2 * np.pi * v)
        return ring * np.cos(2 * np.pi * u), ring * np.sin(2 * np.pi * u), small * np.sin(2 * np.pi * v)

    return _sheet(position, 40, 24, wrap=True)


def _klein(u, v):
    u, v = 2 * np.pi * u, 2 * np.pi * v
    ring = 2 + np.cos(u / 2) * np.sin(v) - np.sin(u / 2) * np.sin(2 * v)
    return ring * np.cos(u), ring * np.sin(u), np.sin(u / 2) * np.sin(v) + np.cos(u / 2) * np.sin(2 * v)


def _cross_cap(u, v):
    u, v = 2 * np.pi * u, 0.5 * np.pi * v
    return np.cos(u) * np.sin(2 * v), np.sin(u) * np.sin(2 * v), np.cos(v) ** 2 - np.cos(u) ** 2 * np.sin(v) ** 2


def _pages(count):
    """Half planes that share one edge."""
    angle = 2 * np.pi * np.arange(count) / count
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)
    vertices = np.concatenate([[[0, 0, 0], [0, 0, 1.5]], rim, rim + np.array([0, 0, 1.5])])
    low, high = np.arange(count) + 2, np.arange(count) + 2 + count
    one = np.stack([np.zeros_like(low), low, high], axis=1)
    return vertices, np.concatenate([one, np.stack([np.zeros_like(low), high, np.ones_like(low)], axis=1)])


def _sponge():
    """The cubes of two steps of a Menger sponge, inner walls and all."""
    kept = [(i, j, k) for i in range(9) for j in range(9) for k in range(9)
            if all(sum((c // s) % 3 == 1 for c in (i, j, k)) < 2 for s in (1, 3))]  # fmt: skip
    return _parts(*[_body(CUBE, shift=np.array(cell, dtype=float)) for cell in kept])


def _spiky(rng):
    vertices, faces = _body(BALL)
    return vertices * np.where(rng.random(len(vertices)) < 0.1, 3.0, 1.0)[:, None], faces


def _nasty():
    rng = np.random.default_rng(0)
    jitter = rng.normal(size=BALL.vertices.shape)
    flat = BALL.vertices * [1, 1, 0]
    ring = _torus(1.0, 0.2)
    wire = CUBE.edges_unique[:, [0, 1, 1]]
    yield "oblique sheet", _sheet(lambda u, v: (u, v, 0.4 * u + 0.3 * v))
    yield "two sheets nearer than a cell", _parts(*[_sheet(lambda u, v, h=h: (u, v, 0.3 * u + h)) for h in (0.0, 0.01)])
    yield "crumpled sheet", _sheet(lambda u, v: (u, v, 0.15 * rng.random(u.shape)))
    yield "nested shells", _parts(*[_body(BALL, scale, inside_out=k % 2 == 1) for k, scale in enumerate((1.0, 0.8, 0.6, 0.4, 0.2))])
    yield "spindle torus", _torus(0.5, 1.0)
    yield "klein bottle", _sheet(_klein, 60, 40)
    yield "cross cap", _sheet(_cross_cap, 40, 30)
    yield "inside out", _body(BALL, inside_out=True)
    yield "tiny beside huge", _parts(_body(BALL), _body(BALL, 1e-6, np.array([1.2, 0, 0])))
    yield "far apart", _parts(*[_body(BALL, 1.0, np.array(place)) for place in ([0.0, 0, 0], [60, 0, 0], [0, 60, 60])])
    yield "all faces twice, once turned", _parts(_body(CUBE), _body(CUBE, inside_out=True))
    yield "unreferenced vertices", (np.concatenate([BALL.vertices, 1e6 * rng.normal(size=(50, 3))]), np.array(BALL.faces))
    yield (
        "faces without area",
        _parts(_body(BALL), (BALL.vertices, np.stack([np.arange(50)] * 3, 1)), (BALL.vertices, BALL.edges[:80, [0, 1, 1]])),
    )
    yield "pages of a book", _pages(200)
    yield "tetrahedra at one corner", _parts(*[(np.eye(4, 3) * sign, [[0, 1, 2], [0, 3, 1], [1, 3, 2], [0, 2, 3]]) for sign in (1.0, -1.0)])
    yield "cubes at one edge", _parts(_body(CUBE), _body(CUBE, 1.0, np.array([1.0, 1.0, 0])))
    yield "large random triangles", _own_corners(rng.random((300, 3)), rng.permutation(300).reshape(-1, 3))
    yield "spikes", _spiky(rng)
    yield "wire without area", (CUBE.vertices, wire)
    yield "one triangle among points", (np.concatenate([np.eye(3), np.zeros((3, 3))]), [[0, 1, 2], [3, 4, 5], [4, 4, 5]])
    yield "comb", _parts(*[_body(trimesh.creation.box((0.06, 1, 1)), 1.0, np.array([0.12 * k, 0, 0])) for k in range(9)])
    yield "noise", (BALL.vertices + 0.15 * jitter, np.array(BALL.faces))
    yield "exploded", _own_corners(BALL.vertices, BALL.faces, 0.8)
    yield "linked rings", _parts(ring, (ring[0][:, [0, 2, 1]] + np.array([1.0, 0, 0]), ring[1]))
    yield "sponge with inner walls", _sponge()
    yield "overlapping coplanar faces", _parts(_body(CUBE), _body(CUBE, 1.0, np.array([0.3, 0.2, 0])), _body(CUBE.subdivide(), 1.0))
    yield "nearly the same twice", _parts(_body(BALL), (BALL.vertices + 1e-7 * jitter, np.array(BALL.faces)))
    yield "single precision far away", ((BALL.vertices + 3e4).astype(np.float32), np.array(BALL.faces))
    yield "tube without ends", _sheet(lambda u, v: (0.2 * np.cos(2 * np.pi * u), 0.2 * np.sin(2 * np.pi * u), v))
    yield "cone of 3000 faces", _body(trimesh.creation.cone(0.5, 1.0, sections=3000))
    yield "long rod", _body(trimesh.creation.box((1.0, 1e-4, 1e-4)))
    yield "pressed flat", (flat, np.array(BALL.faces))
    yield "twisted strip", _sheet(lambda u, v: (u, (v - 0.5) * 0.2 * np.cos(9 * u), (v - 0.5) * 0.2 * np.sin(9 * u)), 60, 4)
    yield "box with partitions", _parts(_body(CUBE), *[(CUBE.vertices * [1, 1, 0] + [0, 0, h], CUBE.faces) for h in (-0.2, 0.0, 0.2)])


@pytest.mark.parametrize(
    ("vertices", "faces", "seal"), [pytest.param(*soup, None if k % 3 else 0, id=n) for k, (n, soup) in enumerate(_nasty())]
)
def test_nasty_meshes_become_solids(flaws_of, vertices, faces, seal):
    source = Mesh(np.asarray(vertices) @ TURN.T, faces)
    solid = solidify(source, depth=4 if len(vertices) > 500 else 5, seal=seal)
    assert flaws_of(solid.mesh) == []
    low, high = source.bounds().double()
    assert bool((solid.mesh.vertices >= low - 0.1 * solid.cell).all())
    assert bool((solid.mesh.vertices <= high + 0.1 * solid.cell).all())
    if seal == 0:  # lids are away from the input
        far = TriangleTree(*source.numpy()).query(sample_surface(solid.mesh, 5000))[0]
        assert far.max() < 2 * solid.cell
        assert far.mean() < 0.25 * solid.cell
    assert flaws_of(resample(solid.mesh, 300)) == []
