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

NARROW = 8
"""Columns from which on the ends of a row are divided out; in fewer the pixels are tried one by one."""
READY, BEHIND, WILD = 0, 1, 2
"""Where a vertex is: in front and near the image, behind the near plane, outside the guard band."""


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
def _fill(
    face: int, x0: int, x1: int, x2: int, y0: int, y1: int, y2: int, k0: float, k1: float, k2: float,
    cull: bool, ids: NDArray, nearest: NDArray,
) -> None:  # fmt: skip
    """Write `face` where the triangle covers a pixel centre and is nearer (greater key) than before."""
    height, width = ids.shape
    left = max((min(x0, x1, x2) + 127) >> 8, 0)
    right = min((max(x0, x1, x2) - 128) >> 8, width - 1)
    top = max((min(y0, y1, y2) + 127) >> 8, 0)
    bottom = min((max(y0, y1, y2) - 128) >> 8, height - 1)
    if left > right or top > bottom:
        return
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area == 0 or (cull and area > 0):
        return
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
        start = k0 + ky * (py - y0) + kx * (128 - x0)
        step = kx * 256
        low, high = left, right
        if right - left < NARROW:
            while low <= right and (e01 - dy01 * 256 * low | e12 - dy12 * 256 * low | e20 - dy20 * 256 * low) < 0:
                low += 1
            while high > low and (e01 - dy01 * 256 * high | e12 - dy12 * 256 * high | e20 - dy20 * 256 * high) < 0:
                high -= 1
        else:
            low, high = _limits(float(e01), float(-dy01 * 256), low, high)
            low, high = _limits(float(e12), float(-dy12 * 256), low, high)
            low, high = _limits(float(e20), float(-dy20 * 256), low, high)
        for column in range(low, high + 1):
            value = np.float32(start + step * column)
            if value > nearest[row, column]:
                nearest[row, column] = value
                ids[row, column] = face


@numba.njit(cache=True, nogil=True)
def _snap(h: NDArray, near: float, perspective: bool, snapped: NDArray, key: NDArray, place: NDArray) -> None:
    """Write position [1/256 px], depth key and place of every vertex; of the vertices that are not ready the place only."""
    for v in range(len(h)):
        w = h[v, 2]
        if h[v, 3] < near:
            place[v] = BEHIND
        elif abs(h[v, 0]) > GUARD * w or abs(h[v, 1]) > GUARD * w:
            place[v] = WILD
        else:
            place[v] = READY
            r = 1.0 / w
            snapped[v, 0] = math.floor(h[v, 0] * r * 256 + 0.5)
            snapped[v, 1] = math.floor(h[v, 1] * r * 256 + 0.5)
            key[v] = r if perspective else -h[v, 3]


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
    snapped, keys, place = np.empty((len(h), 2), np.int64), np.empty(len(h)), np.empty(len(h), np.uint8)
    _snap(h, near, perspective, snapped, keys, place)
    x, y, key = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3)
    polygon = np.empty((2, 12, 4))
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        if place[a] == READY and place[b] == READY and place[c] == READY:
            _fill(
                face, snapped[a, 0], snapped[b, 0], snapped[c, 0], snapped[a, 1], snapped[b, 1], snapped[c, 1],
                keys[a], keys[b], keys[c], cull, ids, nearest,
            )  # fmt: skip
            continue
        if place[a] == BEHIND and place[b] == BEHIND and place[c] == BEHIND:
            continue
        count, which = clip_triangle(h, faces[face], near, polygon)
        corners = polygon[which]
        for second in range(1, count - 1):
            for k in range(3):
                p = corners[0 if k == 0 else second + k - 1]
                x[k] = math.floor(p[0] / p[2] * 256 + 0.5)
                y[k] = math.floor(p[1] / p[2] * 256 + 0.5)
                key[k] = 1.0 / p[2] if perspective else -p[3]
            _fill(face, x[0], x[1], x[2], y[0], y[1], y[2], key[0], key[1], key[2], cull, ids, nearest)
