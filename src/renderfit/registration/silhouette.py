"""Silhouette evidence: how a blurred mask changes when the surface under its outline moves.

A covered pixel beside an uncovered one carries a piece of outline. Moving the surface there by
the image flow f changes the covered area by f . n, and the blur spreads that change over the
neighbouring pixels: one render gives the derivative for any number of parameters.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
REACH = 3.5
"""Half width of the blur, in standard deviations."""


@numba.njit(cache=True)
def outline(face_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the outline pieces (E, 4) of a face id image: row, column, axis (0 x, 1 y) and sign of the outward side."""
    height, width = face_id.shape
    count = 0
    for store in range(2):
        if store == 1:
            pieces = np.empty((count, 4), np.int32)
            count = 0
        for r in range(height):
            for c in range(width):
                if face_id[r, c] < 0:
                    continue
                for side in range(4):
                    axis, sign = side // 2, 2 * (side % 2) - 1
                    rr, cc = r + axis * sign, c + (1 - axis) * sign
                    if 0 <= rr < height and 0 <= cc < width and face_id[rr, cc] < 0:
                        if store == 1:
                            pieces[count, 0] = r
                            pieces[count, 1] = c
                            pieces[count, 2] = axis
                            pieces[count, 3] = sign
                        count += 1
    return pieces


@numba.njit(cache=True)
def outward_flow(
    pieces: NDArray[np.int32],
    face_id: NDArray[np.int32],
    barycentrics: Array,
    faces: NDArray[np.int64],
    vertices: Array,
    turned: Array,
    offset: Array,
    basis: Array,
    rotation: Array,
    twist: Array,
    fx: float,
    fy: float,
) -> Array:
    """Return the derivative (E, K + 6) of the outward image motion [px] of each outline piece.

    Columns: K shape parameters, 3 rotation parameters, 3 translations. `vertices` (V, 3) are in the
    object frame, ``turned + offset`` in the camera frame; `basis` is (V, 3, K); `rotation` (3, 3) is the whole
    rotation and `twist` (3, 3) the right Jacobian of its rotation vector.
    """
    count = basis.shape[2]
    flow = np.zeros((len(pieces), count + 6))
    for e in range(len(pieces)):
        r, c, axis, sign = pieces[e, 0], pieces[e, 1], pieces[e, 2], pieces[e, 3]
        face = face_id[r, c]
        x = np.zeros(3)
        p = np.zeros(3)
        for corner in range(3):
            b = barycentrics[r, c, corner]
            v = faces[face, corner]
            for d in range(3):
                x[d] += b * turned[v, d]
                p[d] += b * vertices[v, d]
        for d in range(3):
            x[d] += offset[d]
        focal = fx if axis == 0 else fy
        g = np.zeros(3)
        g[axis] = sign * focal / x[2]
        g[2] = -sign * focal * x[axis] / x[2] ** 2
        h = np.zeros(3)
        for d in range(3):
            for k in range(3):
                h[d] += rotation[k, d] * g[k]
        for corner in range(3):
            b = barycentrics[r, c, corner]
            v = faces[face, corner]
            for d in range(3):
                weight = b * h[d]
                for k in range(count):
                    flow[e, k] += weight * basis[v, d, k]
        turn = np.array([p[1] * h[2] - p[2] * h[1], p[2] * h[0] - p[0] * h[2], p[0] * h[1] - p[1] * h[0]])
        for k in range(3):
            for d in range(3):
                flow[e, count + k] += turn[d] * twist[d, k]
            flow[e, count + 3 + k] = g[k]
    return flow


@numba.njit(cache=True)
def spread(pieces: NDArray[np.int32], flow: Array, factor: int, sigma: float, shape: tuple[int, int]) -> tuple[NDArray[np.int64], Array]:
    """Blur the outline's derivative onto the pixels of the image that is `factor` times smaller.

    Returns
    -------
    pixels : (N,) int64
        Flat indices of the pixels that change at all.
    jacobian : (N, P)
        Derivative of their blurred coverage.
    """
    height, width = shape
    reach = int(np.ceil(REACH * sigma))
    number = np.full((height, width), -1, np.int64)
    total = 0
    for store in range(2):
        if store == 1:
            pixels = np.empty(total, np.int64)
            jacobian = np.zeros((total, flow.shape[1]))
            for r in range(height):
                for c in range(width):
                    if number[r, c] >= 0:
                        pixels[number[r, c]] = r * width + c
        for e in range(len(pieces)):
            axis, sign = pieces[e, 2], pieces[e, 3]
            row = (pieces[e, 0] + 0.5 + 0.5 * sign * axis) / factor - 0.5
            column = (pieces[e, 1] + 0.5 + 0.5 * sign * (1 - axis)) / factor - 0.5
            r0, c0 = int(np.round(row)), int(np.round(column))
            for r in range(max(0, r0 - reach), min(height, r0 + reach + 1)):
                for c in range(max(0, c0 - reach), min(width, c0 + reach + 1)):
                    if store == 0:
                        if number[r, c] < 0:
                            number[r, c] = total
                            total += 1
                    else:
                        square = (r - row) ** 2 + (c - column) ** 2
                        weight = np.exp(-0.5 * square / sigma**2) / (2 * np.pi * sigma**2 * factor**2)
                        n = number[r, c]
                        for k in range(flow.shape[1]):
                            jacobian[n, k] += weight * flow[e, k]
    return pixels, jacobian
