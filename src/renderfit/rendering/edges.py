"""The `edge` estimator: what moves when a surface's outline moves between two pixels.

For each pair of neighbouring pixels with different surfaces the mesh itself is asked, by a walk
along the line between the two centres, which of them ends there and on which edge. The pair's
exchange of colour times the loss gradient is then the derivative with respect to the position of
that edge along the line, given to its two vertices. The pair idea is that of Pidhorskyi et al.,
Rasterized Edge Gradients, ECCV 2024; the walk replaces their test of who occludes.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.kernels import barycentrics_at, face_planes
from renderfit.rendering.silhouette import CONTINUES, FOLDS, OPEN, walk

SMOOTH = 0.25
"""Second difference of depth, in pixel sizes at that depth, below which two pixels are one surface."""

SLOPE_FACTOR = 3.0
"""Where the walk cannot tell, a jump in depth above this times the faces' own slopes is an occlusion."""


@numba.njit(cache=True, nogil=True)
def _same_surface(ids: NDArray, depth: NDArray, row: int, column: int, axis: int, unit: float) -> bool:
    """Tell cheaply, from depths alone, that the pixel and its next neighbour show one smooth surface."""
    r, c = (row, column + 1) if axis == 0 else (row + 1, column)
    r0, c0 = (row, column - 1) if axis == 0 else (row - 1, column)
    r1, c1 = (row, column + 2) if axis == 0 else (row + 2, column)
    if r0 < 0 or c0 < 0 or r1 >= ids.shape[0] or c1 >= ids.shape[1] or ids[r0, c0] < 0 or ids[r1, c1] < 0:
        return False
    a, b = depth[row, column], depth[r, c]
    return abs(2 * (b - a) - (a - depth[r0, c0]) - (depth[r1, c1] - b)) < 2 * SMOOTH * unit


@numba.njit(cache=True, nogil=True)
def _slope(h: NDArray, faces: NDArray, face: int, n: NDArray, px: float, py: float, axis: int) -> float:
    """Return the depth slope [m / px] of a face's plane along the image axis."""
    i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
    face_planes(h, i0, i1, i2, n)
    b0, b1, b2, s, regular = barycentrics_at(n, px, py)
    if not regular:
        return np.inf
    z = b0 * h[i0, 3] + b1 * h[i1, 3] + b2 * h[i2, 3]
    return ((h[i0, 3] - z) * n[0, axis] + (h[i1, 3] - z) * n[1, axis] + (h[i2, 3] - z) * n[2, axis]) / s


@numba.njit(cache=True, nogil=True)
def _push(grad_h: NDArray, v: int, share: float, force: float, px: float, py: float, axis: int, w: float) -> None:
    """Give a share of a screen force at (px, py), depth weight w, to one vertex."""
    grad_h[v, axis] += share * force / w
    grad_h[v, 2] -= share * force * (px if axis == 0 else py) / w


@numba.njit(cache=True, nogil=True)
def edge_forces(  # noqa: PLR0912, PLR0915 - one fused loop, so that no pixel pair is stored
    ids: NDArray,
    faces: NDArray,
    across_edge: NDArray,
    h: NDArray,
    depth: NDArray,
    attributes: NDArray,
    per_face: bool,
    image: NDArray,
    upstream: NDArray,
    upstream_mask: NDArray,
    focal: float,
    near: float,
    perspective: bool,
    grad_h: NDArray,
    force: NDArray,
    show: bool,
) -> None:
    """Add the outline terms of all horizontal and vertical pixel pairs.

    Parameters
    ----------
    across_edge : (F, 3)
        Neighbours of the faces.
    depth : (H, W) [m]; image, upstream : (H, W, C); upstream_mask : (H, W)
        Forward results and the loss gradients with respect to image and mask.
    attributes : (V, C), or (F, C) with `per_face`
    focal : float
        Mean focal length [px] (or [px/m] of an orthographic camera).
    grad_h : (V, 4)
        Accumulated into, at the two vertices of each outline edge.
    force : (H, W, 2)
        Accumulated into where no edge was found: the force on the occluding pixel; with `show`
        all terms go here instead, for display.
    """
    height, width = ids.shape
    channels = image.shape[2]
    n = np.empty((4, 3))
    for row in range(height):
        for column in range(width):
            fa = ids[row, column]
            if (column + 1 == width or ids[row, column + 1] == fa) and (row + 1 == height or ids[row + 1, column] == fa):
                continue
            for axis in range(2):
                r, c = (row, column + 1) if axis == 0 else (row + 1, column)
                if r >= height or c >= width:
                    continue
                fb = ids[r, c]
                if fa == fb:
                    continue
                za, zb = depth[row, column], depth[r, c]
                if fa >= 0 and fb >= 0 and not per_face:
                    unit = min(za, zb) / focal if perspective else 1.0 / focal
                    if _same_surface(ids, depth, row, column, axis, unit):
                        continue
                ua, va = (column + 0.5, row + 0.5) if axis == 0 else (row + 0.5, column + 0.5)
                status, i, j, t, last = OPEN, 0, 0, 0.0, fa
                owner = 0  # +1: the pixel's surface ends, -1: the next pixel's surface ends
                # the nearer of the two is asked first
                for attempt in range(2):
                    ask_a = (fb < 0 or (fa >= 0 and za <= zb)) == (attempt == 0)
                    if (fa if ask_a else fb) < 0:
                        break
                    if ask_a:
                        status, i, j, t, last = walk(h, faces, across_edge, fa, fb, ua, va, axis, 1.0, near)
                    else:
                        status, i, j, t, last = walk(h, faces, across_edge, fb, fa, ua + 1.0, va, axis, -1.0, near)
                    if status == FOLDS or (status != CONTINUES and (fa < 0 or fb < 0)):
                        owner = 1 if ask_a else -1
                        break
                    if status == CONTINUES and t < 1.0:
                        break
                found, shared = owner != 0 and status in (FOLDS, OPEN), False
                if owner == 0:
                    if fa < 0 or fb < 0:
                        owner = 1 if fb < 0 else -1
                    elif status == CONTINUES and t < 1.0:
                        if not per_face:
                            continue
                        owner, found, shared = (1 if ask_a else -1), True, True
                    else:
                        jump = abs(zb - za)
                        px, py = column + 0.5, row + 0.5
                        steep = abs(_slope(h, faces, fa, n, px, py, axis))
                        steep = max(steep, abs(_slope(h, faces, fb, n, c + 0.5, r + 0.5, axis)))
                        if jump <= SLOPE_FACTOR * steep and not per_face:
                            continue
                        owner = 1 if za <= zb else -1
                if not found:
                    t = 0.0
                t = min(max(t, 0.0), 1.0)
                # weights of the two vertices at the crossing, on the screen and in perspective
                si, wi, wj, bi = 0.0, 1.0, 1.0, 0.0
                if found:
                    vi, vj = h[i, 1 - axis] / h[i, 2], h[j, 1 - axis] / h[j, 2]
                    si = (vj - va) / (vj - vi)
                    wi, wj = h[i, 2], h[j, 2]
                    bi = (si / wi) / (si / wi + (1 - si) / wj)
                term = 0.0
                ta = t if owner > 0 else 1.0 - t  # place of the outline between the first pixel and the next
                for k in range(channels):
                    g = (
                        (1 - ta) * upstream[row, column, k] + ta * upstream[r, c, k]
                        if found
                        else 0.5 * (upstream[row, column, k] + upstream[r, c, k])
                    )
                    ca, cb = image[row, column, k], image[r, c, k]
                    if found and not shared:
                        value = attributes[last, k] if per_face else bi * attributes[i, k] + (1 - bi) * attributes[j, k]
                        if owner > 0:
                            ca = value
                        else:
                            cb = value
                    term += g * (ca - cb)
                if fa < 0 or fb < 0:
                    g = (
                        (1 - ta) * upstream_mask[row, column] + ta * upstream_mask[r, c]
                        if found
                        else 0.5 * (upstream_mask[row, column] + upstream_mask[r, c])
                    )
                    term += g if fb < 0 else -g
                if found and not show:
                    w = 1.0 / (si / wi + (1 - si) / wj)
                    px, py = column + 0.5, row + 0.5
                    if axis == 0:
                        px += ta
                    else:
                        py += ta
                    _push(grad_h, i, bi, term, px, py, axis, w)
                    _push(grad_h, j, 1 - bi, term, px, py, axis, w)
                elif owner > 0:
                    force[row, column, axis] += term
                else:
                    force[r, c, axis] += term
