"""Clipping of triangles that reach behind the near plane or far outside the image."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

GUARD = 65536.0
"""Half side of the guard band [px]: coordinates inside it keep integer edge functions exact."""


@numba.njit(cache=True, nogil=True)
def _distance(row: NDArray[np.float64], plane: int, near: float) -> float:
    if plane == 0:
        return row[3] - near
    if plane == 1:
        return GUARD * row[2] + row[0]
    if plane == 2:
        return GUARD * row[2] - row[0]
    if plane == 3:
        return GUARD * row[2] + row[1]
    return GUARD * row[2] - row[1]


@numba.njit(cache=True, nogil=True)
def clip_triangle(h: NDArray[np.float64], face: NDArray[np.int64], near: float, polygon: NDArray[np.float64]) -> tuple[int, int]:
    """Clip one triangle to the near plane and the guard band (Sutherland and Hodgman).

    Parameters
    ----------
    h : (V, 4) float64
        Homogeneous pixel rows (X, Y, W, z); they are linear along an edge.
    face : (3,) int64
    near : float
        Depth of the near plane [m].
    polygon : (2, 12, 4) float64
        Work space; one half of it holds the answer.

    Returns
    -------
    count, which : int
        The convex polygon is ``polygon[which, :count]``; count is 0 when nothing is left.
    """
    for k in range(3):
        for c in range(4):
            polygon[0, k, c] = h[face[k], c]
    count, source = 3, 0
    for plane in range(5):
        target = 1 - source
        kept = 0
        for k in range(count):
            a, b = polygon[source, k], polygon[source, (k + 1) % count]
            da, db = _distance(a, plane, near), _distance(b, plane, near)
            if da >= 0:
                for c in range(4):
                    polygon[target, kept, c] = a[c]
                kept += 1
            if (da >= 0) != (db >= 0):
                t = da / (da - db)
                for c in range(4):
                    polygon[target, kept, c] = a[c] + t * (b[c] - a[c])
                kept += 1
        count, source = kept, target
        if count < 3:
            return 0, source
    return count, source
