"""Clay-like pictures of meshes for figures: two lights, soft edges, white or transparent ground."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from renderfit import rendering
from renderfit.geometry import Camera, Mesh, Pose

Image = NDArray[np.float64]
KEY = np.array([-0.45, -0.75, -0.5]) / np.linalg.norm([-0.45, -0.75, -0.5])
"""Where the main light stands, camera frame (above, left, before the object)."""
SUPERSAMPLING = 2


def clay(mesh: Mesh, camera: Camera, pose: Pose, color: str | ArrayLike = "#0072b2", ground: float = 1.0) -> Image:
    """Return a picture (H, W, 3) of a mesh in [0, 1].

    Parameters
    ----------
    mesh : Mesh
        Object frame [m].
    camera, pose : Camera and Pose
        Pinhole camera and object-to-camera pose.
    color : ``#rrggbb`` or (V, 3) array
        Of the whole mesh, or of each vertex in [0, 1].
    ground : float
        Grey value of the background.
    """
    fine = camera.scaled(SUPERSAMPLING)
    single = rgb(color) if isinstance(color, str) else None
    tints = np.asarray(color, dtype=np.float64) if single is None else np.tile(single, (len(mesh.vertices), 1))
    painted = Mesh(mesh.vertices.detach().double(), mesh.faces, torch.as_tensor(tints))
    with torch.no_grad():
        frame = rendering.render(painted, fine, pose, shading="colors", backend="cpu")
        normals, mask = frame.normals.numpy(), frame.mask.numpy()[..., None]
        base = frame.rgb.double().numpy() if single is None else np.broadcast_to(single, normals.shape)
    facing = np.where((normals[..., 2:] > 0), -normals, normals)
    key = np.clip(facing @ KEY, 0, 1)[..., None]
    fill = np.clip(-facing[..., 2:], 0, 1)
    half = KEY + np.array([0, 0, -1.0])
    shine = np.clip(facing @ (half / np.linalg.norm(half)), 0, 1)[..., None] ** 40
    shaded = np.clip(base * (0.38 + 0.45 * key + 0.32 * fill) + 0.12 * shine, 0, 1)
    return smaller(np.where(mask > 0, shaded, ground))


def smaller(image: NDArray[np.float64]) -> Image:
    """Average blocks of pixels: the picture (H, W, C) at 1 / `SUPERSAMPLING` of its size."""
    rows, columns = image.shape[0] // SUPERSAMPLING, image.shape[1] // SUPERSAMPLING
    return image.reshape(rows, SUPERSAMPLING, columns, SUPERSAMPLING, -1).mean(axis=(1, 3))


def turned(pose: Pose, mesh: Mesh, degrees: float) -> Pose:
    """Return the pose after the object was turned by `degrees` about the vertical line through its centre."""
    vertices = mesh.vertices.detach().double()
    centre = (vertices.amin(dim=0) + vertices.amax(dim=0)) / 2
    angle = math.radians(degrees)
    turn = torch.tensor([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1.0]], dtype=torch.float64)
    rotation = pose.rotation.double() @ turn
    return Pose.from_parts(rotation, pose.translation.double() + pose.rotation.double() @ (centre - turn @ centre))


def window(mask: ArrayLike, margin: float = 1.2) -> tuple[Any, Any]:
    """Return the square part of an image around the true pixels of `mask` (all of it when there is none)."""
    inside = np.asarray(mask)
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return slice(None), slice(None)
    half = min(0.5 * margin * (max(np.ptp(rows), np.ptp(columns)) + 1), 0.5 * min(inside.shape))
    y = np.clip((rows.min() + rows.max()) / 2, half, inside.shape[0] - half)
    x = np.clip((columns.min() + columns.max()) / 2, half, inside.shape[1] - half)
    return slice(int(y - half), int(y + half)), slice(int(x - half), int(x + half))


def rgb(color: str) -> NDArray[np.float64]:
    """Return ``#rrggbb`` as three numbers in [0, 1]."""
    return np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
