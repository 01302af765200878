"""A small category of known truth: ellipsoids on a stand, with modes a silhouette can see."""

from __future__ import annotations

import numpy as np
import torch
import trimesh

from renderfit import rendering
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.shapes.model import LinearModel


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
        self.canonical = self.models["pca"].decode(np.zeros(3))

    def model(self, name: str = "pca") -> LinearModel:
        return self.models[name]


CAMERA = Camera.centred(256, 420.0)


def toy_pose(azimuth: float = 40.0) -> Pose:
    angle = np.radians(azimuth)
    eye = torch.tensor([0.6 * np.cos(angle), 0.6 * np.sin(angle), 0.4])
    return Pose.look_at(eye, torch.tensor([0.0, 0.0, 0.1]))


def toy_mask(mesh: Mesh, pose: Pose, camera: Camera = CAMERA) -> np.ndarray:
    vertices, faces = mesh.numpy()
    return rendering.rasterize(pose.apply(torch.as_tensor(vertices)), faces, camera, backend="cpu").mask.astype(np.float64)
