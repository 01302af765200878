"""Whatever the triangles are, the result is the boundary of a solid."""

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from renderfit.errors import ConfigError, DataError, ShapeError
from renderfit.geometry import Mesh
from renderfit.geometry.topology import topology
from renderfit.watertight import make_watertight, resample


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 15), kind=st.sampled_from(["random", "shared", "flat", "lattice", "tiny"]))
def test_random_soups(flaws_of, seed, count, kind):
    rng = np.random.default_rng(seed)
    vertices, faces = rng.normal(size=(3 * count, 3)), np.arange(3 * count).reshape(-1, 3)
    if kind == "shared":
        faces = rng.integers(0, 3 * count, (2 * count, 3))
        faces[0] = [0, 1, 2]
    elif kind == "flat":
        vertices[:, 2] *= rng.choice([0.0, 1e-9, 1e-3, 0.05])
    elif kind == "lattice":
        vertices = np.round(vertices * 3) / 3
        vertices[:3] = np.eye(3)
    elif kind == "tiny":
        vertices = (vertices[faces][:, :1] + 0.05 * vertices[faces]).reshape(-1, 3)
    made = make_watertight(Mesh(vertices, faces), depth=4, ratio=0.05)
    assert flaws_of(made) == []
    assert topology(made.faces).solid


def _moebius():
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 60), np.linspace(-0.3, 0.3, 6), indexing="ij")
    radius = 1 + v * np.cos(u / 2)
    grid = np.stack([radius * np.cos(u), radius * np.sin(u), v * np.sin(u / 2)], axis=-1)
    index = np.arange(360).reshape(60, 6)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    return grid.reshape(-1, 3), np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _inputs():
    rng = np.random.default_rng(0)
    ball = trimesh.creation.icosphere(subdivisions=3)
    cube = trimesh.creation.box()
    wound = np.where(rng.random((len(ball.faces), 1)) < 0.5, ball.faces, ball.faces[:, ::-1])
    yield "moebius strip", *_moebius()
    yield "open box", cube.vertices, cube.faces[cube.triangles_center[:, 2] < 0.49]
    yield "random winding", ball.vertices, wound
    yield "missing faces", ball.vertices, ball.faces[rng.random(len(ball.faces)) > 0.04]
    yield "coincident sheets", np.eye(3), [[0, 1, 2], [0, 1, 2], [2, 1, 0]]
    yield "single triangle", np.eye(3), [[0, 1, 2]]
    yield "collinear points", [[0.0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 1, 2]]
    yield "zero-area faces", cube.vertices, np.concatenate([cube.faces, [[0, 0, 1], [3, 3, 3]]])
    yield "unreferenced vertices", np.concatenate([cube.vertices, [[100.0, 0, 0]]]), cube.faces
    yield "duplicate faces", cube.vertices, np.tile(cube.faces, (3, 1))
    yield "intersecting bodies", np.concatenate([cube.vertices, ball.vertices + 0.4]), np.concatenate([cube.faces, ball.faces + 8])


@pytest.mark.parametrize(("vertices", "faces"), [pytest.param(v, f, id=name) for name, v, f in _inputs()])
@pytest.mark.parametrize("scale", [1e-3, 1e6])
def test_hard_inputs(flaws_of, vertices, faces, scale):
    source = Mesh(torch.as_tensor(np.asarray(vertices, dtype=float) * scale), torch.as_tensor(np.asarray(faces)))
    made = make_watertight(source, depth=6)
    assert flaws_of(made) == []
    low, high = source.bounds()
    slack = 0.01 * float((high - low).max())
    assert bool((made.vertices >= low - slack).all())
    assert bool((made.vertices <= high + slack).all())


def test_unreferenced_and_duplicate_parts_change_nothing(box):
    expected = make_watertight(box, depth=5)
    vertices = torch.cat([box.vertices, torch.full((1, 3), 50.0, dtype=torch.float64)])
    made = make_watertight(Mesh(vertices, torch.cat([box.faces, box.faces])), depth=5)
    assert torch.equal(made.faces, expected.faces)
    torch.testing.assert_close(made.vertices, expected.vertices, rtol=0, atol=1e-5)


def test_cavities_vanish_and_inner_parts_with_them(sphere):
    inner = Mesh(torch.cat([sphere.vertices, 0.4 * sphere.vertices]), torch.cat([sphere.faces, sphere.faces + len(sphere.vertices)]))
    made = make_watertight(inner, depth=5)
    assert topology(made.faces).components == 1
    assert made.volume() == pytest.approx(sphere.volume(), rel=0.01)


def _with(values, row, value):
    changed = np.array(values)
    changed[row] = value
    return changed


BOX = trimesh.creation.box()
REFUSED = {
    "nan": (_with(BOX.vertices, (0, 1), np.nan), BOX.faces, "finite"),
    "infinite": (_with(BOX.vertices, (3, 0), -np.inf), BOX.faces, "finite"),
    "face out of range": (BOX.vertices, _with(BOX.faces, (5, 2), 8), r"0\.\.7"),
    "negative face": (BOX.vertices, _with(BOX.faces, (5, 2), -1), r"0\.\.7"),
    "no faces": (BOX.vertices, np.zeros((0, 3), dtype=int), "no faces"),
    "nothing at all": (np.zeros((0, 3)), np.zeros((0, 3), dtype=int), "no faces"),
    "quads": (BOX.vertices, np.zeros((6, 4), dtype=int), r"\(F, 3\)"),
    "points in a plane": (BOX.vertices[:, :2], BOX.faces, r"\(V, 3\)"),
    "one point": (np.ones((3, 3)), [[0, 1, 2]], "extent"),
    "far away": (BOX.vertices + 1e17, BOX.faces, "extent"),
    "larger than numbers": (BOX.vertices * 1.7e308 * 1.9, BOX.faces, "long"),
    "smaller than volumes": (BOX.vertices * 1e-100, BOX.faces, "long"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_by_name(name):
    vertices, faces, words = REFUSED[name]
    with pytest.raises((ShapeError, DataError), match=words):
        make_watertight(Mesh(vertices, faces), depth=5)


ODD = {
    "half precision": (BOX.vertices.astype(np.float16), BOX.faces),
    "integers": ((2 * BOX.vertices).astype(int), BOX.faces),
    "other orders in memory": (np.asfortranarray(BOX.vertices), np.repeat(BOX.faces, 2, axis=0)[::2]),
    "a billion metres away": (BOX.vertices + 1e9, BOX.faces),
    "a face that names a vertex twice": (BOX.vertices, np.concatenate([BOX.faces, [[0, 0, 1]]])),
    "tiny": (BOX.vertices * 1e-30, BOX.faces),
    "huge": (BOX.vertices * 1e30, BOX.faces),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_a_box_all_the_same(flaws_of, name):
    source = Mesh(*ODD[name])
    made = make_watertight(source, depth=5)
    assert flaws_of(made) == []
    low, high = source.bounds().double()
    assert made.volume() == pytest.approx(float((high - low).prod()), rel=1e-3)


def test_wrong_arguments_are_named(box):
    for arguments in ({"depth": "7"}, {"depth": 5.5}, {"depth": None}, {"seal": 1.5}, {"seal": "a"}, {"ratio": None}, {"ratio": "x"}):
        with pytest.raises(ConfigError, match="expected depth"):
            make_watertight(box, **arguments)
    for budget in (3.5, "a", 10**9):
        with pytest.raises(ShapeError, match="budget"):
            resample(box, budget)
    for call in (make_watertight, resample):
        with pytest.raises(ShapeError, match="expected a Mesh"):
            call((box.vertices, box.faces))


def test_a_seal_larger_than_the_grid_ends(box):
    assert make_watertight(box, depth=4, seal=512).volume() == pytest.approx(box.volume(), rel=1e-2)
