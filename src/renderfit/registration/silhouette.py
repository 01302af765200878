"""Silhouette evidence: how a blurred mask changes when the surface under its outline moves.

A covered pixel beside an uncovered one carries a piece of outline. Moving the surface there by
the image flow f changes the covered area by f . n, and the blur spreads that change over the
neighbouring pixels: one render gives the derivative for any number of parameters.
What moves is the surface at the rim, between the two pixels' centres (`renderfit.registration.rim`).
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
    pieces = np.empty((4 * (height + width), 4), np.int32)
    count = 0
    for r in range(height):
        above, below = max(r - 1, 0), min(r + 1, height - 1)
        for c in range(width):
            if face_id[r, c] < 0:
                continue
            before, after = max(c - 1, 0), min(c + 1, width - 1)
            if (face_id[r, before] | face_id[r, after] | face_id[above, c] | face_id[below, c]) >= 0:  # none of the four is background
                continue
            if count + 4 > len(pieces):
                longer = np.empty((2 * len(pieces), 4), np.int32)
                longer[:count] = pieces[:count]
                pieces = longer
            for side in range(4):
                axis, sign = side // 2, 2 * (side % 2) - 1
                rr, cc = r + axis * sign, c + (1 - axis) * sign
                if 0 <= rr < height and 0 <= cc < width and face_id[rr, cc] < 0:
                    pieces[count, 0] = r
                    pieces[count, 1] = c
                    pieces[count, 2] = axis
                    pieces[count, 3] = sign
                    count += 1
    return pieces[:count].copy()


@numba.njit(cache=True)
def outward_flow(
    pieces: NDArray[np.int32],
    at: NDArray[np.int32],
    shares: Array,
    faces: NDArray[np.int64],
    vertices: Array,
    turned: Array,
    offset: Array,
    basis: Array,
    rotation: Array,
    twist: Array,
    fx: float,
    fy: float,
    posed: bool,
) -> Array:
    """Return the derivative (E, K + 6) of the outward image motion [px] of each outline piece, (E, K) unless `posed`.

    Columns: K shape parameters, 3 rotation parameters, 3 translations. `at` (E,) and `shares` (E, 3) are faces and barycentrics of the
    surface points that the pieces stand for (see `rim.rims`); `vertices` (V, 3) are in the object frame, ``turned + offset`` in the
    camera frame; `basis` is (V, 3, K); `rotation` (3, 3) is the whole rotation and `twist` (3, 3) the right Jacobian of its rotation
    vector.
    """
    count = basis.shape[2]
    flow = np.zeros((len(pieces), count + 6 * posed))
    x, p, g, h = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for e in range(len(pieces)):
        axis, sign, face, share = pieces[e, 2], pieces[e, 3], at[e], shares[e]
        x[:] = 0.0
        p[:] = 0.0
        for corner in range(3):
            b = share[corner]
            v = faces[face, corner]
            for d in range(3):
                x[d] += b * turned[v, d]
                p[d] += b * vertices[v, d]
        for d in range(3):
            x[d] += offset[d]
        focal = fx if axis == 0 else fy
        g[:] = 0.0
        g[axis] = sign * focal / x[2]
        g[2] = -sign * focal * x[axis] / x[2] ** 2
        h[:] = 0.0
        for d in range(3):
            for k in range(3):
                h[d] += rotation[k, d] * g[k]
        for corner in range(3):
            b = share[corner]
            v = faces[face, corner]
            for d in range(3):
                weight = b * h[d]
                for k in range(count):
                    flow[e, k] += weight * basis[v, d, k]
        if not posed:
            continue
        turn = np.array([p[1] * h[2] - p[2] * h[1], p[2] * h[0] - p[0] * h[2], p[0] * h[1] - p[1] * h[0]])
        for k in range(3):
            for d in range(3):
                flow[e, count + k] += turn[d] * twist[d, k]
            flow[e, count + 3 + k] = g[k]
    return flow


@numba.njit(cache=True)
def _place(piece: NDArray[np.int32], factor: int) -> tuple[int, int]:
    """Return column and row of a piece in the `factor` times smaller image, in steps of 1 / (2 factor) px: whole numbers."""
    axis, sign = int(piece[2]), int(piece[3])
    return 2 * int(piece[1]) + 1 + sign * (1 - axis) - factor, 2 * int(piece[0]) + 1 + sign * axis - factor


@numba.njit(cache=True)
def _weights(factor: int, sigma: float, reach: int) -> Array:
    """Return the blur's weight at so many steps of 1 / (2 factor) px up or down and across: pieces lie at no other places."""
    steps = 2 * factor
    side = steps * (reach + 1) + 1
    weights = np.empty((side, side))
    for i in range(side):
        for j in range(side):
            weights[i, j] = np.exp(-0.5 * ((i / steps) ** 2 + (j / steps) ** 2) / sigma**2) / (2 * np.pi * sigma**2 * factor**2)
    return weights


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
    weights = _weights(factor, sigma, reach)
    steps = 2 * factor
    number = np.full((height, width), -1, np.int64)
    pixels = np.empty(height * width, np.int64)
    windows = np.empty((len(pieces), 4), np.int64)
    total = 0
    for e in range(len(pieces)):
        across, down = _place(pieces[e], factor)
        r0, c0 = int(np.round(down / steps)), int(np.round(across / steps))
        top, bottom = max(0, r0 - reach), min(height, r0 + reach + 1)
        left, right = max(0, c0 - reach), min(width, c0 + reach + 1)
        windows[e, 0], windows[e, 1], windows[e, 2], windows[e, 3] = top, bottom, left, right
        for r in range(top, bottom):
            for c in range(left, right):
                if number[r, c] < 0:
                    number[r, c] = total
                    pixels[total] = r * width + c
                    total += 1
    jacobian = np.zeros((total, flow.shape[1]))
    for e in range(len(pieces)):
        across, down = _place(pieces[e], factor)
        for r in range(windows[e, 0], windows[e, 1]):
            line = weights[abs(steps * r - down)]
            for c in range(windows[e, 2], windows[e, 3]):
                weight = line[abs(steps * c - across)]
                n = number[r, c]
                for k in range(flow.shape[1]):
                    jacobian[n, k] += weight * flow[e, k]
    return pixels[:total].copy(), jacobian
