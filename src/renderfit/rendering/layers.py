"""How the surfaces of two neighbouring pixels meet: one surface, an outline, or two surfaces that cross."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.kernels import barycentrics_at, face_planes
from renderfit.rendering.silhouette import CONTINUES, FOLDS, OPEN, walk

SMOOTH = 0.25
"""Second difference of depth, in pixel sizes at that depth, below which two pixels are one surface."""

SLOPE_FACTOR = 3.0
"""Where the walk cannot tell, a jump in depth above this times the faces' own slopes is an occlusion."""

ONE, OUTLINE, BORDER, JUMP, CROSSING = 0, 1, 2, 3, 4
"""One surface; an edge at which one of them ends; an edge between two faces of one surface (asked for values
per face only); an occlusion whose edge was not found; two surfaces that pass through each other."""


@numba.njit(cache=True, nogil=True)
def same_surface(ids: NDArray, depth: NDArray, row: int, column: int, axis: int, pixel: float) -> bool:
    """Tell cheaply, from depths alone, that the pixel and its next neighbour show one smooth surface.

    `pixel` is the width of a pixel at a depth of 1 m [m]; of an orthographic camera minus its width [m].
    """
    r, c = (row, column + 1) if axis == 0 else (row + 1, column)
    r0, c0 = (row, column - 1) if axis == 0 else (row - 1, column)
    r1, c1 = (row, column + 2) if axis == 0 else (row + 2, column)
    if r0 < 0 or c0 < 0 or r1 >= ids.shape[0] or c1 >= ids.shape[1] or ids[r0, c0] < 0 or ids[r1, c1] < 0:
        return False
    a, b = depth[row, column], depth[r, c]
    unit = -pixel if pixel < 0 else pixel * min(a, b)
    return abs(2 * (b - a) - (a - depth[r0, c0]) - (depth[r1, c1] - b)) < 2 * SMOOTH * unit


@numba.njit(cache=True, nogil=True)
def depth_plane(h: NDArray, faces: NDArray, face: int, n: NDArray, px: float, py: float) -> tuple[float, float, float]:
    """Return a face's depth [m] at a pixel position and its slopes [m / px] along both image axes; infinite for a sliver."""
    i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
    face_planes(h, i0, i1, i2, n)
    u0 = n[0, 0] * px + n[0, 1] * py + n[0, 2]
    u1 = n[1, 0] * px + n[1, 1] * py + n[1, 2]
    u2 = n[2, 0] * px + n[2, 1] * py + n[2, 2]
    s = u0 + u1 + u2
    if s == 0.0:
        return h[i0, 3], np.inf, np.inf
    z0, z1, z2 = h[i0, 3], h[i1, 3], h[i2, 3]
    z = (u0 * z0 + u1 * z1 + u2 * z2) / s
    x = ((z0 - z) * n[0, 0] + (z1 - z) * n[1, 0] + (z2 - z) * n[2, 0]) / s
    y = ((z0 - z) * n[0, 1] + (z1 - z) * n[1, 1] + (z2 - z) * n[2, 1]) / s
    return z, x, y


@numba.njit(cache=True, nogil=True)
def value_slope(h: NDArray, faces: NDArray, face: int, n: NDArray, px: float, py: float, axis: int, values: NDArray, g: NDArray) -> float:
    """Return how `g` . values changes [1 / px] along an image axis over a face, at a pixel position; 0 for a sliver."""
    i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
    face_planes(h, i0, i1, i2, n)
    b0, b1, b2, s, regular = barycentrics_at(n, px, py)
    if not regular:
        return 0.0
    a0, a1, a2 = 0.0, 0.0, 0.0
    for k in range(len(g)):
        a0 += g[k] * values[i0, k]
        a1 += g[k] * values[i1, k]
        a2 += g[k] * values[i2, k]
    mean = b0 * a0 + b1 * a1 + b2 * a2
    return ((a0 - mean) * n[0, axis] + (a1 - mean) * n[1, axis] + (a2 - mean) * n[2, axis]) / s


@numba.njit(cache=True, nogil=True)
def relation(  # noqa: PLR0911, PLR0912 - every way in which two pixels can meet is one return
    ids: NDArray,
    depth: NDArray,
    faces: NDArray,
    across_edge: NDArray,
    parts: NDArray,
    h: NDArray,
    n: NDArray,
    pixel: float,
    near: float,
    per_face: bool,
    row: int,
    column: int,
    axis: int,
) -> tuple[int, int, int, int, float, int, int]:
    """Say how the surfaces seen at a pixel and at the next one along an image axis meet.

    Parameters
    ----------
    parts : (F,)
        Connected part of each face. Of one part, `same_surface` was asked before this call.
    pixel : float
        As for `same_surface`.
    n : (4, 3)
        Work space. The others are as in `edges.edge_forces`.

    Returns
    -------
    kind : int
        One of `ONE`, `OUTLINE`, `BORDER`, `JUMP`, `CROSSING`.
    owner : int
        1 when the pixel's surface ends, -1 when the next pixel's does.
    i, j, t : int, int, float
        Vertices of the edge, and its place between the pixels (0 at the owner's).
    last, other : int
        The owner's face before the edge; for `CROSSING` the faces of the pixel's surface over the next
        centre (`last`) and of the next pixel's surface over this one (`other`), both hidden there.
    """
    r, c = (row, column + 1) if axis == 0 else (row + 1, column)
    fa: Any = np.int64(ids[row, column])  # one type of number for faces, or numba compiles `depth_plane` for each
    fb: Any = np.int64(ids[r, c])
    za, zb = depth[row, column], depth[r, c]
    both = fa >= 0 and fb >= 0
    u, v = (column + 0.5, row + 0.5) if axis == 0 else (row + 0.5, column + 0.5)
    first_a = fb < 0 or (fa >= 0 and za <= zb)  # the nearer of the two is asked first
    open_i, open_j, open_t, open_last = 0, 0, -1.0, 0
    beyond_a: Any = np.int64(-1)
    beyond_b: Any = np.int64(-1)
    for attempt in range(2):
        ask_a = first_a == (attempt == 0)
        owner = 1 if ask_a else -1
        if (fa if ask_a else fb) < 0:
            break
        if ask_a:
            status, i, j, t, last = walk(h, faces, across_edge, fa, fb, u, v, axis, 1.0, near)
        else:
            status, i, j, t, last = walk(h, faces, across_edge, fb, fa, u + 1.0, v, axis, -1.0, near)
        if status == FOLDS or (status == OPEN and not both):
            return OUTLINE, owner, i, j, t, last, 0
        if status == CONTINUES:
            if t < 1.0:
                return (BORDER if per_face else ONE), owner, i, j, t, last, 0
            if ask_a:
                beyond_a = last
            else:
                beyond_b = last
        elif status == OPEN and attempt == 0:
            open_i, open_j, open_t, open_last = i, j, t, last
        elif not both:
            return JUMP, owner, 0, 0, 0.0, 0, 0
    if not both:
        return JUMP, (1 if fb < 0 else -1), 0, 0, 0.0, 0, 0
    if beyond_a >= 0 and beyond_b >= 0:
        # each lies before the other at its own pixel
        behind = za - depth_plane(h, faces, beyond_b, n, column + 0.5, row + 0.5)[0]
        before = depth_plane(h, faces, beyond_a, n, c + 0.5, r + 0.5)[0] - zb
        if behind <= 0.0 <= before < np.inf and behind < before:
            return CROSSING, 0, 0, 0, -behind / (before - behind), beyond_a, beyond_b
    if not per_face and parts[fa] != parts[fb] and same_surface(ids, depth, row, column, axis, pixel):
        return ONE, 0, 0, 0, 0.0, fa, fb
    px, py = column + 0.5, row + 0.5
    xa, ya = depth_plane(h, faces, fa, n, px, py)[1:]
    xb, yb = depth_plane(h, faces, fb, n, c + 0.5, r + 0.5)[1:]
    steep = max(abs(xa), abs(xb)) if axis == 0 else max(abs(ya), abs(yb))
    if abs(zb - za) <= SLOPE_FACTOR * steep and not per_face:
        return ONE, 0, 0, 0, 0.0, fa, fb
    owner = 1 if za <= zb else -1
    if 0.0 <= open_t <= 1.0:
        return OUTLINE, owner, open_i, open_j, open_t, open_last, 0
    return JUMP, owner, 0, 0, 0.0, 0, 0
