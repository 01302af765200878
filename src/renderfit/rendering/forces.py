"""Forces of the named estimators: the loss gradient of the screen position of what a pixel shows.

A force is a 2-vector per pixel [loss / px]. ``edge`` looks at pairs of neighbouring pixels that show
different surfaces (Pidhorskyi et al., Rasterized Edge Gradients, ECCV 2024): moving the boundary
between them exchanges their colours. ``screen`` takes central differences of the rendered image,
as the paper's released renderer does; ``screen_dilated`` also uses the ring of background pixels.
"""

from __future__ import annotations

import numba
from numpy.typing import NDArray


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
