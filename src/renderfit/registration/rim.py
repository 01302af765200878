"""Where the surface ends between a covered pixel's centre and an uncovered one's: what an outline moves with, and where it exactly is.

Half a pixel inside the rim of a round body the surface lies millimetres nearer to the camera than the rim itself, which is a longer lever
for a tilt: the derivative has to be that of the rim. And an outline of whole pixels jumps where the true one creeps: along the
directions that an outline fixes badly the cost changes by less than such jumps, and a solver stops where the jumps hold it.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.kernels import barycentrics_at, face_planes

Array = NDArray[np.float64]
STEPS = 64
"""At most so many faces are crossed on the way to the rim, within a pixel."""
MIDDLE = 0.5
"""Where the outline lies between the two centres if no rim is found there, as where one part of the surface goes into another."""


@numba.njit(cache=True)
def rims(
    pieces: NDArray[np.int32], face_id: NDArray[np.int32], pixels: Array, faces: NDArray[np.int64], neighbours: NDArray[np.int64]
) -> tuple[NDArray[np.int32], Array, Array, Array]:
    """Return where the surface ends beside each piece of outline.

    Parameters
    ----------
    pieces : (E, 4) int32
        From `silhouette.outline`: row, column, axis and sign of the outward side.
    face_id : (H, W) int32
    pixels : (V, 4)
        Homogeneous pixel rows of the vertices (see `rendering.projection`).
    faces, neighbours : (F, 3) int64
        Corners, and the faces across the edges opposite to them; -1: none.

    Returns
    -------
    at : (E,) int32
        Face on which the rim lies; where none was found, what the pixel shows.
    shares : (E, 3)
        Barycentrics of the rim.
    reach : (E,)
        Distance of the rim from the covered pixel's centre [px], 0 to 1.
    worth : (E,)
        Square of the outline's normal along the piece's axis: how much this piece tells of the area, as pieces along the other axis tell of
        the same; 0 where no rim was found.
    """
    count = len(pieces)
    at, shares = np.empty(count, np.int32), np.empty((count, 3))
    reach, worth = np.full(count, MIDDLE), np.zeros(count)
    plane = np.empty((4, 3))
    for e in range(count):
        row, column, axis, sign = pieces[e, 0], pieces[e, 1], pieces[e, 2], pieces[e, 3]
        at[e] = face_id[row, column]
        x, y = column + 0.5, row + 0.5
        face, left, gone = _walk(pixels, faces, neighbours, at[e], x, y, axis, sign, plane)
        if left >= 0:
            at[e], reach[e] = face, gone
            x, y = x + gone * sign * (1 - axis), y + gone * sign * axis
            a, b = pixels[faces[face, (left + 1) % 3]], pixels[faces[face, (left + 2) % 3]]
            across, down = b[0] / b[2] - a[0] / a[2], b[1] / b[2] - a[1] / a[2]
            along = down if axis == 0 else across
            worth[e] = along**2 / max(across**2 + down**2, 1e-300)
        face_planes(pixels, faces[at[e], 0], faces[at[e], 1], faces[at[e], 2], plane)
        shares[e, 0], shares[e, 1], shares[e, 2], _, _ = barycentrics_at(plane, x, y)
    return at, shares, reach, worth


@numba.njit(cache=True)
def _walk(
    pixels: Array,
    faces: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    face: int,
    x: float,
    y: float,
    axis: int,
    sign: int,
    plane: Array,
) -> tuple[int, int, float]:
    """Go over the surface from (x, y) on `face` along an image axis until it turns away or ends.

    Returns the last face, the corner opposite the edge where it ends (-1: not before the next pixel's centre) and how far that is [px].
    """
    face_planes(pixels, faces[face, 0], faces[face, 1], faces[face, 2], plane)
    _, _, _, side, regular = barycentrics_at(plane, x, y)
    entered, gone = -1, 0.0
    for _ in range(STEPS if regular else 0):
        left, after = -1, 1.0
        for corner in range(3):
            if corner == entered:
                continue
            speed = sign * plane[corner, axis]
            height = plane[corner, 0] * x + plane[corner, 1] * y + plane[corner, 2]
            if speed * side < 0.0 and -height / speed < after:  # the edge opposite this corner is crossed before the others
                left, after = corner, max(-height / speed, gone)
        if left < 0:
            return face, -1, gone
        gone = after
        beyond = neighbours[face, left]
        if beyond < 0:
            return face, left, gone
        a, b = faces[face, (left + 1) % 3], faces[face, (left + 2) % 3]
        face_planes(pixels, faces[beyond, 0], faces[beyond, 1], faces[beyond, 2], plane)
        px, py = x + gone * sign * (1 - axis), y + gone * sign * axis
        if (plane[3, 0] * px + plane[3, 1] * py + plane[3, 2]) * side <= 0.0:
            return face, left, gone
        face = beyond
        for corner in range(3):
            if faces[face, corner] != a and faces[face, corner] != b:
                entered = corner
    return face, -1, gone


@numba.njit(cache=True)
def settle(share: Array, pieces: NDArray[np.int32], reach: Array, worth: Array, factor: int) -> None:
    """Correct the covered share (H, W) of blocks of `factor` x `factor` pixels by where the outline exactly is."""
    for e in range(len(pieces)):
        row, column, axis, sign = pieces[e, 0], pieces[e, 1], pieces[e, 2], pieces[e, 3]
        area = (reach[e] - MIDDLE) * worth[e] / (2 * factor**2)
        share[row // factor, column // factor] += area
        share[(row + sign * axis) // factor, (column + sign * (1 - axis)) // factor] += area
