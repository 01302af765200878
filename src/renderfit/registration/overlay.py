"""The registered outline over the photograph."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion

from renderfit import rendering
from renderfit.geometry import Camera, Mesh, Pose


def overlay(
    picture: NDArray[np.uint8], mesh: Mesh, camera: Camera, pose: Pose, color: tuple[int, int, int] = (230, 50, 30)
) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) with the mesh's outline drawn and its inside tinted."""
    vertices, faces = mesh.numpy()
    placed = pose.apply(torch.as_tensor(vertices)).detach().numpy()
    inside = rendering.rasterize(placed, faces, camera, backend="cpu").mask
    drawn = picture.astype(np.float64)
    drawn[inside] = 0.75 * drawn[inside] + 0.25 * np.array(color)
    drawn[binary_dilation(inside) & ~binary_erosion(inside)] = color
    return drawn.round().astype(np.uint8)
