"""From object-frame vertices to homogeneous pixel coordinates, in one linear map.

Every later step works on rows ``(X, Y, W, z)``: the pixel is ``(X / W, Y / W)`` and the depth is
``z`` [m]. A perspective camera has ``W = z``, an orthographic one ``W = 1``; barycentrics that are
linear in these rows are perspective-correct in both cases.
"""

from __future__ import annotations

import torch
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Camera


def intrinsics_of(camera: Camera) -> Tensor:
    """Return ``(fx, fy, cx, cy)`` [px] of `camera` as a float64 tensor (4,)."""
    return torch.tensor([camera.fx, camera.fy, camera.cx, camera.cy], dtype=torch.float64)


def projection_matrix(camera: Camera, intrinsics: Tensor | None = None) -> Tensor:
    """Return the matrix (4, 4) from camera-frame ``(x, y, z, 1)`` to ``(X, Y, W, z)``.

    Parameters
    ----------
    camera : Camera
        Gives the kind of projection, and the intrinsics unless they are passed.
    intrinsics : (4,) tensor, optional
        ``fx, fy, cx, cy`` [px] to differentiate with respect to.

    Raises
    ------
    ShapeError
        If `intrinsics` is not four numbers.
    """
    values = intrinsics_of(camera) if intrinsics is None else intrinsics
    if values.shape != (4,):
        raise ShapeError(f"intrinsics has shape {tuple(values.shape)}; expected (4,): fx, fy, cx, cy in pixels")
    fx, fy, cx, cy = values.double().unbind()
    zero, one = torch.zeros_like(fx), torch.ones_like(fx)
    if camera.orthographic:
        rows = [fx, zero, zero, cx, zero, fy, zero, cy, zero, zero, zero, one, zero, zero, one, zero]
    else:
        rows = [fx, zero, cx, zero, zero, fy, cy, zero, zero, zero, one, zero, zero, zero, one, zero]
    return torch.stack(rows).reshape(4, 4)


def to_pixels(points: Tensor, matrix: Tensor) -> Tensor:
    """Map points (V, 3) by the affine `matrix` (4, 4) to float64 rows ``(X, Y, W, z)`` (V, 4)."""
    matrix = matrix.to(points.device)
    return torch.addmm(matrix[:, 3], points.double(), matrix[:, :3].T)
