"""What the displacement network looks at: a square around the object, and the canonical rendered in a square of the same size."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import rasterize
from renderfit.vision.windows import Window

Array = NDArray[np.float64]
SIDE = 64
"""Side of the window as the network sees it [px]."""
MARGIN = 1.6
"""Side of the window over the longest side of the mask's box: room for a canonical that is larger, or shifted."""
CHANNELS = 11
"""Channels of a rendered canonical, see `Rendered`."""


class Rendered(NamedTuple):
    """The canonical in a window.

    Attributes
    ----------
    channels : (11, S / 2, S / 2) tensor
        Network input: object coordinates [0.1 m], coverage, the same coordinates along the camera's axes, normals along the
        camera's axes, and whether the pose is noisy.
    window : Window
        Of the picture, where the canonical was rendered.
    face_id : (S / 2, S / 2) array
        Faces of the pixels, -1 outside.
    barycentrics : (S / 2, S / 2, 3) array
    """

    channels: Tensor
    window: Window
    face_id: NDArray[np.int32]
    barycentrics: Array

    def interpolated(self, values: Array, faces: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return values (V, C) of the vertices at the pixels (C, S / 2, S / 2), 0 outside the canonical."""
        seen = self.face_id >= 0
        found = np.zeros((values.shape[1], *seen.shape), np.float32)
        found[:, seen] = np.einsum("nk,nkc->cn", self.barycentrics[seen], values[faces[self.face_id[seen]]])
        return found


def around(mask: NDArray[np.bool_]) -> Window:
    """Return the window around a mask (H, W) that is not empty."""
    return Window.around(mask, MARGIN)


def rendered(canonical: Mesh, camera: Camera, pose: Pose, window: Window, noise: bool, aside: tuple[float, float] = (0.0, 0.0)) -> Rendered:
    """Render the canonical [m] at `pose` into the window of the picture of `camera`.

    Where the pose is exact, that is the window around the object, so that both lie over each other as they are. A noisy pose says
    little about the place in the picture; the canonical is rendered in the middle of a window of the same size then.

    Parameters
    ----------
    canonical : Mesh
    camera : Camera
    pose : Pose
    window : Window
        Around the object.
    noise : bool
        Whether the pose is noisy.
    aside : (x, y)
        By how much the canonical's own window misses its middle [px], for training.
    """
    vertices, normals, faces = surface(canonical)
    matrix = pose.matrix.detach().cpu().double().numpy()
    placed = vertices @ matrix[:3, :3].T + matrix[:3, 3]
    if noise and (placed[:, 2] > 0).all():
        pixels = placed[:, :2] / placed[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        middle = (pixels.min(axis=0) + pixels.max(axis=0)) / 2 + aside
        window = Window(float(middle[0]), float(middle[1]), window.side)
    fragments = rasterize(placed, faces, window.camera(camera, SIDE // 2), backend="cpu")
    found = Rendered(torch.empty(0), window, fragments.face_id, np.asarray(fragments.barycentrics))
    turned = matrix[:3, :3].T
    values = np.concatenate([10 * vertices, np.ones((len(vertices), 1)), 10 * vertices @ turned, normals @ turned], axis=1)
    told = np.full((1, *found.face_id.shape), float(noise), np.float32)
    return found._replace(channels=torch.from_numpy(np.concatenate([found.interpolated(values, faces), told])))


@functools.lru_cache(maxsize=16)
def surface(canonical: Mesh) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return vertices (V, 3) [m], their normals (V, 3) and faces (F, 3) of a mesh."""
    vertices, faces = canonical.numpy()
    return vertices, canonical.vertex_normals().detach().cpu().double().numpy(), faces
