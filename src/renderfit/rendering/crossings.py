"""The line along which two surfaces pass through each other: its place in the image depends on both depths."""

from __future__ import annotations

import numba
from numpy.typing import NDArray

from renderfit.rendering.kernels import barycentrics_at, face_planes
from renderfit.rendering.layers import depth_plane


@numba.njit(cache=True, nogil=True)
def _push_depth(grad_h: NDArray, h: NDArray, faces: NDArray, face: int, n: NDArray, px: float, py: float, weight: float) -> None:
    """Add `weight` times the derivative of a face's depth at a fixed pixel position."""
    _, x, y = depth_plane(h, faces, face, n, px, py)
    face_planes(h, faces[face, 0], faces[face, 1], faces[face, 2], n)
    b0, b1, b2, _, _ = barycentrics_at(n, px, py)  # clamped where a face smaller than a pixel does not reach this place
    w = b0 * h[faces[face, 0], 2] + b1 * h[faces[face, 1], 2] + b2 * h[faces[face, 2], 2]
    for k in range(3):
        share = weight * (b0 if k == 0 else b1 if k == 1 else b2)
        v = faces[face, k]
        grad_h[v, 3] += share
        # a surface point that moves sideways brings another depth to the pixel
        grad_h[v, 0] -= share * x / w
        grad_h[v, 1] -= share * y / w
        grad_h[v, 2] += share * (x * px + y * py) / w


@numba.njit(cache=True, nogil=True)
def move_crossing(
    grad_h: NDArray, h: NDArray, faces: NDArray, first: int, second: int, n: NDArray, px: float, py: float, axis: int, term: float
) -> None:
    """Carry the loss gradient `term` [1 / px] of the place where two faces cross on a pixel line to their vertices.

    Parameters
    ----------
    grad_h : (V, 4)
        Accumulated into.
    first, second : int
        Faces seen before and after the crossing at (px, py).
    axis : int
        Of the line. A line of crossing is met by rows and by columns; each sees all of its motion, so that
        they share it as the squares of its normal.
    """
    _, ax, ay = depth_plane(h, faces, first, n, px, py)
    _, bx, by = depth_plane(h, faces, second, n, px, py)
    x, y = ax - bx, ay - by
    along, size = (x if axis == 0 else y), x * x + y * y
    if not 0.0 < size < 1e300 or along == 0.0:
        return
    weight = -term * along / size
    _push_depth(grad_h, h, faces, first, n, px, py, weight)
    _push_depth(grad_h, h, faces, second, n, px, py, -weight)
