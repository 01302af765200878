"""Resampling meets its budget, stays closed and near, and spreads vertices evenly."""

import numpy as np
import pytest
import torch

from renderfit.errors import ConfigError, DataError, ShapeError, TopologyError
from renderfit.geometry import Mesh
from renderfit.watertight import make_watertight, report, resample


@pytest.fixture(scope="module")
def body():
    """A sphere pierced by a slab: smooth parts, creases and a thin edge."""
    import trimesh

    ball, slab = trimesh.creation.icosphere(subdivisions=3), trimesh.creation.box((3.0, 1.0, 0.2))
    soup = trimesh.util.concatenate([ball, slab])
    return make_watertight(Mesh(np.array(soup.vertices), np.array(soup.faces)))


@pytest.mark.parametrize("vertices", [500, 3300, 30000])
def test_budget_shape_and_spread(body, flaws_of, vertices):
    even = resample(body, vertices)
    assert len(even.vertices) == vertices
    assert flaws_of(even) == []
    points, faces = even.numpy()
    length = np.linalg.norm(points[faces] - points[np.roll(faces, 1, axis=1)], axis=2)
    assert length.std() < 0.3 * length.mean()
    assert length.max() < 3 * length.mean()
    found = report(even, body)
    assert found["distance_mean"] < 0.06 * length.mean()
    assert even.volume() == pytest.approx(body.volume(), rel=0.03)


def test_faces_are_not_folded(body):
    even = resample(body, 2000)
    normals = torch.nn.functional.normalize(even.face_cross(), dim=1)
    around = even.vertex_normals()[even.faces].mean(dim=1)
    assert float(((normals * around).sum(dim=1) > 0).double().mean()) > 0.999


def test_the_least_mesh_is_a_tetrahedron(sphere, flaws_of):
    assert flaws_of(resample(make_watertight(sphere, depth=4), 4)) == []


def test_bad_input_is_refused(box, open_bottle):
    with pytest.raises(TopologyError, match="make_watertight"):
        resample(open_bottle)
    with pytest.raises(ShapeError, match="at least 4"):
        resample(box, 3)
    with pytest.raises(DataError, match="no faces"):
        make_watertight(Mesh(np.zeros((3, 3)), np.zeros((0, 3), dtype=int)))
    with pytest.raises(DataError, match="extent"):
        make_watertight(Mesh(np.ones((3, 3)), [[0, 1, 2]]))
    for arguments in ({"depth": 3}, {"depth": 11}, {"seal": -1}, {"ratio": 0.0}, {"ratio": float("nan")}):
        with pytest.raises(ConfigError, match="expected depth"):
            make_watertight(box, **arguments)
