"""What the displacement network looks at: a square around the object, and the canonical rendered in the same square."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering import rasterize
from renderfit.vision.windows import Window

Array = NDArray[np.float64]
SIDE = 96
"""Side of the window as the network sees it [px]."""
MARGIN = 1.6
"""Side of the window over the longest side of the mask's box: room for a canonical that pose noise has shifted."""


class Rendered(NamedTuple):
    """The canonical in a window: network input (4, S / 2, S / 2), faces (S / 2, S / 2) and barycentrics of its pixels."""

    channels: Tensor
    face_id: NDArray[np.int32]
    barycentrics: Array


def around(mask: NDArray[np.bool_]) -> Window:
    """Return the window around a mask (H, W) that is not empty."""
    return Window.around(mask, MARGIN)


def rendered(canonical: Mesh, camera: Camera, pose: Pose, window: Window) -> Rendered:
    """Render the canonical [m] at `pose` into the window of the picture of `camera`."""
    vertices, faces = canonical.numpy()
    matrix = pose.matrix.detach().cpu().double().numpy()
    fragments = rasterize(vertices @ matrix[:3, :3].T + matrix[:3, 3], faces, window.camera(camera, SIDE // 2), backend="cpu")
    seen = fragments.face_id >= 0
    coordinates = np.zeros((*seen.shape, 3))
    coordinates[seen] = np.einsum("nk,nkd->nd", fragments.barycentrics[seen], vertices[faces[fragments.face_id[seen]]])
    channels = np.concatenate([coordinates * 10.0, seen[..., None]], axis=2).transpose(2, 0, 1)
    return Rendered(torch.from_numpy(channels.astype(np.float32)), fragments.face_id, np.asarray(fragments.barycentrics))
