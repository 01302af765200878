"""A small family of meshes that stand for a category."""

import numpy as np
import torch
import trimesh

from renderfit.geometry import Mesh
from renderfit.shapes import RichSettings

SMALL = {"points": 250, "iterations": 40, "rich": RichSettings(components=4, local=8, landmarks=40)}


def blob(width: float = 1.0, height: float = 1.0, bump: float = 0.0, subdivisions: int = 3) -> Mesh:
    """A mirror-symmetric pear [m]: wider below, with a nose of size `bump` towards +y."""
    ball = trimesh.creation.icosphere(subdivisions=subdivisions)
    v = np.array(ball.vertices)
    taper = 1 - 0.3 * v[:, 2:]
    nose = bump * np.exp(-((v - [0, 1, 0.2]) ** 2).sum(1) / 0.15)
    v = v * [0.05 * width, 0.06, 0.1 * height] * np.concatenate([taper, taper, np.ones_like(taper)], axis=1)
    v[:, 1] += 0.03 * (0.8 + nose) * np.exp(-((ball.vertices - [0, 1, 0.2]) ** 2).sum(1) / 0.2)
    v[:, 2] += 0.1
    return Mesh(torch.from_numpy(v), torch.from_numpy(np.array(ball.faces)))


def family() -> list[Mesh]:
    return [blob(0.85, 1.1, 0.2), blob(1.2, 0.9, -0.2), blob(1.0, 1.2, 0.5), blob(1.1, 1.05, -0.4), blob(0.9, 0.85, 0.4)]
