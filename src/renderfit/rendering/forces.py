"""Forces of the named estimators: the loss gradient of the screen position of what a pixel shows.

A force is a 2-vector per pixel [loss / px]. ``edge`` looks at pairs of neighbouring pixels that show
different surfaces (Pidhorskyi et al., Rasterized Edge Gradients, ECCV 2024): moving the boundary
between them exchanges their colours. ``screen`` takes central differences of the rendered image,
as the paper's released renderer does; ``screen_dilated`` also uses the ring of background pixels.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.kernels import face_planes

SLOPE_FACTOR = 3.0
"""A jump in depth above this times the faces' own slopes is an occlusion."""

FLAT_FACTOR = 2.0
"""A jump below this times the depth change of one pixel at 45 degrees is one surface."""


@numba.njit(cache=True, nogil=True, inline="always")
def _slope(h: NDArray, faces: NDArray, face: int, n: NDArray, px: float, py: float, axis: int) -> float:
    """Return the absolute depth slope [m / px] of a face's plane along the image axis."""
    i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
    face_planes(h, i0, i1, i2, n)
    s = n[3, 0] * px + n[3, 1] * py + n[3, 2]
    if s == 0.0:
        return np.inf
    z0, z1, z2 = h[i0, 3], h[i1, 3], h[i2, 3]
    u0 = n[0, 0] * px + n[0, 1] * py + n[0, 2]
    u1 = n[1, 0] * px + n[1, 1] * py + n[1, 2]
    u2 = n[2, 0] * px + n[2, 1] * py + n[2, 2]
    z = (u0 * z0 + u1 * z1 + u2 * z2) / s
    return abs(((z0 - z) * n[0, axis] + (z1 - z) * n[1, axis] + (z2 - z) * n[2, axis]) / s)


@numba.njit(cache=True, nogil=True)
def edge_forces(
    ids: NDArray,
    faces: NDArray,
    h: NDArray,
    depth: NDArray,
    image: NDArray,
    upstream: NDArray,
    upstream_mask: NDArray,
    focal: float,
    perspective: bool,
    every_face: bool,
    force: NDArray,
) -> None:
    """Add the pair terms of horizontal and vertical neighbours to the occluding pixel's force.

    Parameters
    ----------
    depth : (H, W) [m]; image, upstream : (H, W, C); upstream_mask : (H, W)
        Forward results and the loss gradients with respect to image and mask.
    focal : float
        Mean focal length [px] (or [px/m] of an orthographic camera).
    every_face : bool
        The attribute jumps between any two faces (per-face attributes): without an occlusion,
        both surfaces get half.
    force : (H, W, 2)
        Accumulated into.
    """
    height, width = ids.shape
    channels = image.shape[2]
    n = np.empty((4, 3))
    for row in range(height):
        for column in range(width):
            fa = ids[row, column]
            for axis in range(2):
                r, c = (row, column + 1) if axis == 0 else (row + 1, column)
                if r >= height or c >= width:
                    continue
                fb = ids[r, c]
                if fa == fb:
                    continue
                share = 1.0
                if fa < 0:
                    share = 0.0
                elif fb >= 0:
                    za, zb = depth[row, column], depth[r, c]
                    jump = abs(za - zb)
                    unit = min(za, zb) / focal if perspective else 1.0 / focal
                    hidden = jump > FLAT_FACTOR * unit
                    if hidden:
                        steep = _slope(h, faces, fa, n, column + 0.5, row + 0.5, axis)
                        steep = max(steep, _slope(h, faces, fb, n, c + 0.5, r + 0.5, axis))
                        hidden = jump > SLOPE_FACTOR * steep
                    if hidden:
                        share = 1.0 if za < zb else 0.0
                    elif every_face:
                        share = 0.5
                    else:
                        continue
                term = 0.0
                for k in range(channels):
                    g = upstream[row, column, k] + upstream[r, c, k]
                    term += g * (image[row, column, k] - image[r, c, k])
                if fa < 0 or fb < 0:
                    g = upstream_mask[row, column] + upstream_mask[r, c]
                    term += g if fb < 0 else -g
                term *= 0.5
                if share > 0:
                    force[row, column, axis] += share * term
                if share < 1:
                    force[r, c, axis] += (1 - share) * term


@numba.njit(cache=True, nogil=True)
def screen_forces(ids: NDArray, image: NDArray, upstream: NDArray, upstream_mask: NDArray, dilate: bool, force: NDArray) -> None:
    """Add minus the loss-weighted central differences of the image; `dilate` moves those of the background ring inwards."""
    height, width = ids.shape
    channels = image.shape[2]
    for row in range(height):
        up, down = max(row - 1, 0), min(row + 1, height - 1)
        for column in range(width):
            left, right = max(column - 1, 0), min(column + 1, width - 1)
            r, c = row, column
            if ids[row, column] < 0:
                if not dilate:
                    continue
                r, c = _inside(ids, row, column)
                if r < 0:
                    continue
            gm = upstream_mask[row, column]
            fx = gm * ((ids[row, right] >= 0) * 1.0 - (ids[row, left] >= 0) * 1.0)
            fy = gm * ((ids[down, column] >= 0) * 1.0 - (ids[up, column] >= 0) * 1.0)
            for k in range(channels):
                g = upstream[row, column, k]
                fx += g * (image[row, right, k] - image[row, left, k])
                fy += g * (image[down, column, k] - image[up, column, k])
            force[r, c, 0] -= 0.5 * fx
            force[r, c, 1] -= 0.5 * fy


@numba.njit(cache=True, nogil=True)
def _inside(ids: NDArray, row: int, column: int) -> tuple[int, int]:
    """Return the foreground neighbour of a background pixel (sides first, then corners), or -1, -1."""
    height, width = ids.shape
    for corner in range(2):
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                if abs(dr) + abs(dc) != corner + 1:
                    continue
                r, c = row + dr, column + dc
                if 0 <= r < height and 0 <= c < width and ids[r, c] >= 0:
                    return r, c
    return -1, -1
