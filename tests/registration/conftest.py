"""A small category of known truth: ellipsoids with a lobe, and modes that a silhouette can see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import trimesh

from renderfit import rendering
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.shapes.model import LinearModel
from renderfit.vision.evidence import Evidence


def toy_model(local: int = 0) -> LinearModel:
    sphere = trimesh.creation.icosphere(subdivisions=3)
    unit, faces = np.asarray(sphere.vertices, dtype=np.float64), np.asarray(sphere.faces, dtype=np.int64)
    lobe = np.exp(-((unit - [0.6, 0.0, 0.8]) ** 2).sum(axis=1) / 0.3)[:, None] * [0.05, 0.02, 0.05]
    mean = unit * [0.05, 0.03, 0.09] + [0, 0, 0.1] + lobe
    modes = [unit * [0.008, 0, 0], unit * [0, 0, 0.012], np.exp(-((unit[:, 2:] - 0.7) ** 2) / 0.2) * unit * [0.01, 0.01, 0.0]]
    rng = np.random.default_rng(3)
    for _ in range(local):
        centre = unit[rng.integers(len(unit))]
        modes.append(0.004 * np.exp(-((unit - centre) ** 2).sum(axis=1, keepdims=True) / 0.3) * centre)
    groups = {"global": slice(0, 3)} | ({"local": slice(3, 3 + local)} if local else {})
    return LinearModel(mean, np.stack(modes), faces, groups)


class ToySpace:
    """Stands in for a fitted shape space."""

    def __init__(self) -> None:
        self.models = {"pca": toy_model(), "rich": toy_model(12)}

    def model(self, name: str = "pca") -> LinearModel:
        return self.models[name]


@pytest.fixture(scope="session")
def space() -> ToySpace:
    return ToySpace()


@pytest.fixture(scope="session")
def camera() -> Camera:
    return Camera.centred(256, 420.0)


@pytest.fixture(scope="session")
def pose() -> Pose:
    return Pose.look_at(torch.tensor([0.46, 0.39, 0.4]), torch.tensor([0.0, 0.0, 0.1]))


@pytest.fixture(scope="session")
def noisy(pose: Pose) -> Pose:
    turned = pose.moved(torch.tensor([0.1, -0.1, 0.15, 0, 0, 0], dtype=torch.float64))
    return Pose.from_parts(turned.rotation, pose.translation + torch.tensor([0.03, -0.02, 0.0]))


@pytest.fixture(scope="session")
def target(space: ToySpace) -> Mesh:
    return space.model("pca").decode(np.array([1.5, -1.0, 0.8]))


@pytest.fixture(scope="session")
def mask_of() -> Callable[..., np.ndarray]:
    def mask(mesh: Mesh, pose: Pose, camera: Camera) -> np.ndarray:
        vertices, faces = mesh.numpy()
        return np.asarray(rendering.rasterize(pose.apply(torch.as_tensor(vertices)), faces, camera, backend="cpu").mask)

    return mask


@pytest.fixture(scope="session")
def truth_of() -> Callable[..., Evidence]:
    """Evidence without error: what a perfect network would predict."""

    def evidence(mesh: Mesh, pose: Pose, camera: Camera) -> Evidence:
        vertices, faces = mesh.numpy()
        placed = pose.apply(torch.as_tensor(vertices)).numpy()
        fragments = rendering.rasterize(placed, faces, camera, backend="cpu")
        valid = np.asarray(fragments.mask)
        corners, weights = faces[fragments.face_id[valid]], fragments.barycentrics[valid]
        coordinates, normals = np.zeros((2, *valid.shape, 3))
        coordinates[valid] = np.einsum("nk,nkd->nd", weights, vertices[corners])
        own = mesh.with_vertices(torch.as_tensor(placed)).vertex_normals().numpy()
        normals[valid] = np.einsum("nk,nkd->nd", weights, own[corners])
        normals[valid] /= np.linalg.norm(normals[valid], axis=1, keepdims=True)
        return Evidence(valid.astype(float), coordinates, np.where(valid, 0.003, 0.0), normals, valid)

    return evidence
