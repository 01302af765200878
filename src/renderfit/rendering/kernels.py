"""Per-pixel arithmetic after visibility, fused in numba: barycentrics, interpolation, scatter.

With ``p = (column + 0.5, row + 0.5, 1)`` and the corners' homogeneous pixels ``h0, h1, h2``, the
perspective-correct barycentrics are ``b_i = p . N_i / p . N`` where ``N_0 = h1 x h2`` (cyclic) and
``N = N_0 + N_1 + N_2``: one rational function of the pixel, exact for both kinds of camera, also
for faces that cross the near plane. All loops are serial, so that sums are bitwise repeatable.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

OUTSIDE = -0.05
"""A barycentric below this (a sliver thinner than the coverage grid) is clamped, its slope dropped."""


@numba.njit(cache=True, nogil=True)
def face_planes(h: NDArray, i0: int, i1: int, i2: int, n: NDArray) -> None:
    """Write ``N_0, N_1, N_2`` and their sum as the rows of `n` (4, 3)."""
    x0, y0, w0 = h[i0, 0], h[i0, 1], h[i0, 2]
    x1, y1, w1 = h[i1, 0], h[i1, 1], h[i1, 2]
    x2, y2, w2 = h[i2, 0], h[i2, 1], h[i2, 2]
    n[0, 0], n[0, 1], n[0, 2] = y1 * w2 - w1 * y2, w1 * x2 - x1 * w2, x1 * y2 - y1 * x2
    n[1, 0], n[1, 1], n[1, 2] = y2 * w0 - w2 * y0, w2 * x0 - x2 * w0, x2 * y0 - y2 * x0
    n[2, 0], n[2, 1], n[2, 2] = y0 * w1 - w0 * y1, w0 * x1 - x0 * w1, x0 * y1 - y0 * x1
    for c in range(3):
        n[3, c] = n[0, c] + n[1, c] + n[2, c]


@numba.njit(cache=True, nogil=True)
def barycentrics_at(n: NDArray, px: float, py: float) -> tuple[float, float, float, float, bool]:
    """Return ``b0, b1, b2, p . N, regular`` at the pixel position; never NaN."""
    u0 = n[0, 0] * px + n[0, 1] * py + n[0, 2]
    u1 = n[1, 0] * px + n[1, 1] * py + n[1, 2]
    u2 = n[2, 0] * px + n[2, 1] * py + n[2, 2]
    s = u0 + u1 + u2
    if s == 0.0:
        return 1 / 3, 1 / 3, 1 / 3, 1.0, False
    r = 1.0 / s
    b0, b1, b2 = u0 * r, u1 * r, u2 * r
    if b0 >= OUTSIDE and b1 >= OUTSIDE and b2 >= OUTSIDE:
        return b0, b1, b2, s, True
    b0, b1, b2 = max(b0, 0.0), max(b1, 0.0), max(b2, 0.0)
    total = b0 + b1 + b2
    if not total < np.inf:
        return 1 / 3, 1 / 3, 1 / 3, 1.0, False
    return b0 / total, b1 / total, b2 / total, s, False


@numba.njit(cache=True, nogil=True)
def fragments_kernel(ids: NDArray, faces: NDArray, h: NDArray, barycentrics: NDArray, depth: NDArray) -> None:
    """Fill barycentrics (H, W, 3) and depth (H, W) [m] where `ids` names a face."""
    n = np.empty((4, 3))
    for row in range(ids.shape[0]):
        last = -1
        for column in range(ids.shape[1]):
            face = ids[row, column]
            if face < 0:
                continue
            i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
            if face != last:
                face_planes(h, i0, i1, i2, n)
                last = face
            b0, b1, b2, _, _ = barycentrics_at(n, column + 0.5, row + 0.5)
            barycentrics[row, column, 0] = b0
            barycentrics[row, column, 1] = b1
            barycentrics[row, column, 2] = b2
            depth[row, column] = b0 * h[i0, 3] + b1 * h[i1, 3] + b2 * h[i2, 3]


@numba.njit(cache=True, nogil=True)
def interpolate_kernel(ids: NDArray, faces: NDArray, h: NDArray, attributes: NDArray, image: NDArray, depth: NDArray) -> None:
    """Fill image (H, W, C) with interpolated attributes (V, C), and depth (H, W) [m]; the rest stays as it is."""
    n = np.empty((4, 3))
    channels = attributes.shape[1]
    for row in range(ids.shape[0]):
        last = -1
        for column in range(ids.shape[1]):
            face = ids[row, column]
            if face < 0:
                continue
            i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
            if face != last:
                face_planes(h, i0, i1, i2, n)
                last = face
            b0, b1, b2, _, _ = barycentrics_at(n, column + 0.5, row + 0.5)
            for c in range(channels):
                image[row, column, c] = b0 * attributes[i0, c] + b1 * attributes[i1, c] + b2 * attributes[i2, c]
            depth[row, column] = b0 * h[i0, 3] + b1 * h[i1, 3] + b2 * h[i2, 3]


@numba.njit(cache=True, nogil=True)
def scatter_kernel(
    ids: NDArray,
    faces: NDArray,
    h: NDArray,
    attributes: NDArray,
    upstream: NDArray,
    force: NDArray,
    interior: bool,
    pairs: bool,
    grad_h: NDArray,
    grad_attributes: NDArray,
) -> None:
    """Carry pixel gradients to the corners of each pixel's face.

    Parameters
    ----------
    ids, faces, h, attributes
        As in the forward pass.
    upstream : (H, W, C)
        Gradient of the loss with respect to the interpolated image.
    force : (H, W, 2)
        Gradient of the loss with respect to the screen position [px] of the surface point that
        the pixel shows, without the interior term.
    interior : bool
        Add the interior term: the surface point moves under a fixed interpolated attribute.
    pairs : bool
        Towards a neighbour with another face the interior term is in `force` already: leave that half out.
    grad_h : (V, 4), grad_attributes : (V, C)
        Accumulated into.
    """
    n = np.empty((4, 3))
    channels = attributes.shape[1]
    corner = np.zeros((3, 3))
    for row in range(ids.shape[0]):
        py = row + 0.5
        last = -1
        i0, i1, i2 = np.int64(0), np.int64(0), np.int64(0)  # no literals, for which numba would compile `_flush` again
        for column in range(ids.shape[1]):
            face = ids[row, column]
            if face < 0:
                continue
            if face != last:
                if last >= 0:
                    _flush(grad_h, corner, i0, i1, i2)
                i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
                face_planes(h, i0, i1, i2, n)
                last = face
            px = column + 0.5
            b0, b1, b2, s, regular = barycentrics_at(n, px, py)
            fx, fy = np.float64(force[row, column, 0]), np.float64(force[row, column, 1])
            a0, a1, a2 = 0.0, 0.0, 0.0
            for c in range(channels):
                g = np.float64(upstream[row, column, c])
                a0 += g * attributes[i0, c]
                a1 += g * attributes[i1, c]
                a2 += g * attributes[i2, c]
                grad_attributes[i0, c] += b0 * g
                grad_attributes[i1, c] += b1 * g
                grad_attributes[i2, c] += b2 * g
            if interior and regular:
                mean = b0 * a0 + b1 * a1 + b2 * a2
                across, down = 1.0, 1.0
                if pairs:
                    across -= 0.5 * (column > 0 and ids[row, column - 1] != face) + 0.5 * (
                        column + 1 < ids.shape[1] and ids[row, column + 1] != face
                    )
                    down -= 0.5 * (row > 0 and ids[row - 1, column] != face) + 0.5 * (
                        row + 1 < ids.shape[0] and ids[row + 1, column] != face
                    )
                fx -= across * ((a0 - mean) * n[0, 0] + (a1 - mean) * n[1, 0] + (a2 - mean) * n[2, 0]) / s
                fy -= down * ((a0 - mean) * n[0, 1] + (a1 - mean) * n[1, 1] + (a2 - mean) * n[2, 1]) / s
            w = b0 * h[i0, 2] + b1 * h[i1, 2] + b2 * h[i2, 2]
            fx, fy = fx / w, fy / w
            fw = -(fx * px + fy * py)
            corner[0, 0] += b0 * fx
            corner[0, 1] += b0 * fy
            corner[0, 2] += b0 * fw
            corner[1, 0] += b1 * fx
            corner[1, 1] += b1 * fy
            corner[1, 2] += b1 * fw
            corner[2, 0] += b2 * fx
            corner[2, 1] += b2 * fy
            corner[2, 2] += b2 * fw
        if last >= 0:
            _flush(grad_h, corner, i0, i1, i2)


@numba.njit(cache=True, nogil=True)
def _flush(grad_h: NDArray, corner: NDArray, i0: int, i1: int, i2: int) -> None:
    for c in range(3):
        grad_h[i0, c] += corner[0, c]
        grad_h[i1, c] += corner[1, c]
        grad_h[i2, c] += corner[2, c]
        corner[0, c] = 0.0
        corner[1, c] = 0.0
        corner[2, c] = 0.0
