"""The numba rasteriser: exact coverage on a grid of 1/256 pixel, top-left rule, no OpenGL.

Vertices are snapped to 1/256 pixel as graphics hardware does; edge functions are then integers
and coverage is exact: neighbouring triangles leave no gap and share no pixel.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.clipping import GUARD, clip_triangle

SUB = 256
"""Positions a pixel is divided into along each axis."""


@numba.njit(cache=True, nogil=True)
def _limits(edge: float, step: float, low: int, high: int) -> tuple[int, int]:
    """Narrow the columns low..high to those where ``edge + column * step >= 0`` (all exact integers)."""
    if step > 0:
        low = max(low, math.ceil(-edge / step))
    elif step < 0:
        high = min(high, math.floor(edge / -step))
    elif edge < 0:
        high = low - 1
    return low, high


@numba.njit(cache=True, nogil=True)
def _fill(face: int, x: NDArray, y: NDArray, key: NDArray, cull: bool, ids: NDArray, nearest: NDArray) -> None:
    """Write `face` where the triangle covers a pixel centre and is nearer (greater key) than before."""
    height, width = ids.shape
    x0, x1, x2 = x[0], x[1], x[2]
    y0, y1, y2 = y[0], y[1], y[2]
    left = max((min(x0, x1, x2) + 127) >> 8, 0)
    right = min((max(x0, x1, x2) - 128) >> 8, width - 1)
    top = max((min(y0, y1, y2) + 127) >> 8, 0)
    bottom = min((max(y0, y1, y2) - 128) >> 8, height - 1)
    if left > right or top > bottom:
        return
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area == 0 or (cull and area > 0):
        return
    k0, k1, k2 = key[0], key[1], key[2]
    if area < 0:
        x1, x2, y1, y2, k1, k2 = x2, x1, y2, y1, k2, k1
        area = -area
    # e01 >= 0 inside; an edge that is neither top nor left excludes its own points
    dx01, dy01 = x1 - x0, y1 - y0
    dx12, dy12 = x2 - x1, y2 - y1
    dx20, dy20 = x0 - x2, y0 - y2
    bias01 = 0 if dy01 < 0 or (dy01 == 0 and dx01 > 0) else -1
    bias12 = 0 if dy12 < 0 or (dy12 == 0 and dx12 > 0) else -1
    bias20 = 0 if dy20 < 0 or (dy20 == 0 and dx20 > 0) else -1
    kx = (-dy20 * (k1 - k0) - dy01 * (k2 - k0)) / area
    ky = (dx20 * (k1 - k0) + dx01 * (k2 - k0)) / area
    for row in range(top, bottom + 1):
        py = row * 256 + 128
        e01 = dx01 * (py - y0) - dy01 * (128 - x0) + bias01
        e12 = dx12 * (py - y1) - dy12 * (128 - x1) + bias12
        e20 = dx20 * (py - y2) - dy20 * (128 - x2) + bias20
        low, high = _limits(float(e01), float(-dy01 * 256), left, right)
        low, high = _limits(float(e12), float(-dy12 * 256), low, high)
        low, high = _limits(float(e20), float(-dy20 * 256), low, high)
        start = k0 + ky * (py - y0) + kx * (128 - x0)
        step = kx * 256
        for column in range(low, high + 1):
            value = np.float32(start + step * column)
            if value > nearest[row, column]:
                nearest[row, column] = value
                ids[row, column] = face


@numba.njit(cache=True, nogil=True)
def rasterize_kernel(
    h: NDArray[np.float64], faces: NDArray[np.int64], near: float, perspective: bool, cull: bool, ids: NDArray[np.int32]
) -> None:
    """Fill `ids` (H, W), preset to -1, with the nearest face of each pixel.

    Parameters
    ----------
    h : (V, 4) float64
        Homogeneous pixel rows (X, Y, W, z).
    faces : (F, 3) int64
    near : float
        Nearest depth that is drawn [m].
    perspective : bool
        The depth key that is linear on the screen is 1 / z, else -z.
    cull : bool
        Leave out faces whose outside is turned away.
    """
    nearest = np.full(ids.shape, -np.inf, np.float32)
    x, y, key = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3)
    polygon = np.empty((2, 12, 4))
    for face in range(len(faces)):
        behind = 0
        wild = False
        for k in range(3):
            v = faces[face, k]
            w = h[v, 2]
            if h[v, 3] < near:
                behind += 1
            elif abs(h[v, 0]) > GUARD * w or abs(h[v, 1]) > GUARD * w:
                wild = True
        if behind == 3:
            continue
        if behind == 0 and not wild:
            for k in range(3):
                v = faces[face, k]
                w = 1.0 / h[v, 2]
                x[k] = math.floor(h[v, 0] * w * 256 + 0.5)
                y[k] = math.floor(h[v, 1] * w * 256 + 0.5)
                key[k] = w if perspective else -h[v, 3]
            _fill(face, x, y, key, cull, ids, nearest)
            continue
        count, which = clip_triangle(h, faces[face], near, polygon)
        corners = polygon[which]
        for second in range(1, count - 1):
            for k in range(3):
                c = corners[0 if k == 0 else second + k - 1]
                x[k] = math.floor(c[0] / c[2] * 256 + 0.5)
                y[k] = math.floor(c[1] / c[2] * 256 + 0.5)
                key[k] = 1.0 / c[2] if perspective else -c[3]
            _fill(face, x, y, key, cull, ids, nearest)
