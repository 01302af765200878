"""Where a surface ends between two pixels: a walk over the mesh along the line that joins them."""

from __future__ import annotations

import numba
from numpy.typing import NDArray

STEPS = 64
"""Faces a walk crosses at most."""

CONTINUES, FOLDS, OPEN, LOST = 0, 1, 2, 3
"""The surface goes on; turns away (silhouette); has a boundary; or the walk could not tell."""


@numba.njit(cache=True, nogil=True)
def _crossing(h: NDArray, i: int, j: int, across: float, axis: int) -> float:
    """Return the coordinate along `axis` at which the projected edge meets the line."""
    vi, vj = h[i, 1 - axis] / h[i, 2], h[j, 1 - axis] / h[j, 2]
    ui, uj = h[i, axis] / h[i, 2], h[j, axis] / h[j, 2]
    return ui + (across - vi) / (vj - vi) * (uj - ui)


@numba.njit(cache=True, nogil=True)
def _side(h: NDArray, i: int, j: int, k: int) -> float:
    """Return twice the signed area of the projected triangle."""
    xi, yi = h[i, 0] / h[i, 2], h[i, 1] / h[i, 2]
    xj, yj = h[j, 0] / h[j, 2] - xi, h[j, 1] / h[j, 2] - yi
    xk, yk = h[k, 0] / h[k, 2] - xi, h[k, 1] / h[k, 2] - yi
    return xj * yk - xk * yj


@numba.njit(cache=True, nogil=True)
def walk(  # noqa: PLR0911, PLR0912 - every way a walk can end is one return
    h: NDArray, faces: NDArray, across_edge: NDArray, face: int, target: int, u0: float, v0: float, axis: int, sense: float, near: float
) -> tuple[int, int, int, float, int]:
    """Walk from a pixel centre to the next along an image axis, over the surface that starts at `face`.

    Parameters
    ----------
    h, faces, across_edge
        Homogeneous pixel rows (V, 4), faces (F, 3) and neighbours (F, 3).
    face, target : int
        Where the walk starts; the face seen at the other pixel (-1: background).
    u0, v0 : float
        Start along the axis and across it [px].
    axis : int
        0 along columns, 1 along rows.
    sense : float
        +1 or -1: direction.
    near : float
        Faces nearer than this [m] are not followed.

    Returns
    -------
    status, i, j, t, last : int, int, int, float, int
        Status; the edge (two vertices) at which the walk ended, its place between the pixels
        (0 start, 1 other), and the face before it.
    """
    # the two edges of the first face that the line crosses; leave by the one further ahead
    t, exit_edge = -1e30, -1
    for k in range(3):
        i, j = faces[face, k], faces[face, (k + 1) % 3]
        if h[i, 3] < near:
            return LOST, 0, 0, 0.0, face
        vi, vj = h[i, 1 - axis] / h[i, 2], h[j, 1 - axis] / h[j, 2]
        if (vi <= v0) != (vj <= v0):
            at = (_crossing(h, i, j, v0, axis) - u0) * sense
            if at > t:
                t, exit_edge = at, k
    if exit_edge < 0:
        return LOST, 0, 0, 0.0, face
    i, j, k = faces[face, exit_edge], faces[face, (exit_edge + 1) % 3], faces[face, (exit_edge + 2) % 3]
    side = _side(h, i, j, k)
    for _ in range(STEPS):
        if t >= 1.0:
            return CONTINUES, i, j, t, face
        ahead = across_edge[face, exit_edge]
        if ahead < 0:
            return OPEN, i, j, t, face
        # the corner of the next face that is not on the shared edge
        m = 0
        while faces[ahead, m] == i or faces[ahead, m] == j:
            m += 1
            if m == 3:
                return LOST, i, j, t, face
        k = faces[ahead, m]
        if h[k, 3] < near:
            return LOST, i, j, t, face
        if _side(h, i, j, k) * side > 0:
            return FOLDS, i, j, t, face
        if ahead == target:
            return CONTINUES, i, j, t, face
        face = ahead
        above = h[k, 1 - axis] / h[k, 2] <= v0
        if (h[i, 1 - axis] / h[i, 2] <= v0) != above:
            j, opposite = k, j
        else:
            i, opposite = k, i
        exit_edge = 0
        while not (
            (faces[face, exit_edge] == i and faces[face, (exit_edge + 1) % 3] == j)
            or (faces[face, exit_edge] == j and faces[face, (exit_edge + 1) % 3] == i)
        ):
            exit_edge += 1
            if exit_edge == 3:
                return LOST, i, j, t, face
        side = _side(h, i, j, opposite)
        t = (_crossing(h, i, j, v0, axis) - u0) * sense
    return LOST, i, j, t, face
