# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""The outside goes on into gaps that are wider than a cell although triangles touch all their cells.

A gap of two cells, up to three where it is oblique, may hold no empty cell: its walls touch the corners of
all of them. Where the ball inscribed in a cell is free of triangles, though, the centre of the cell can be
reached through its sides. So the outside enters such cells, but only where another wall stands opposite:
elsewhere nothing is gained, and thin tips would lose cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit.compiled import kernel
from renderfit.geometry.triangle_tree import nearest
from renderfit.watertight.occupancy import EMPTY, OCCUPIED, OUTSIDE

CAVITY = 3  # grid value of an enclosed region that is more than a gap
RADIUS = 0.5  # of the inscribed ball [cells]
AHEAD = 1.0  # how far from the centre, away from the nearest wall, another wall is looked for [cells]
OPPOSITE = 0.9  # it is there if the input is nearer than this share of the distance to the first wall
BACKING = 0.3  # a wall must keep a cell at most so far from its nearest point [cells]
SLACK = 1e-3  # [cells]


@kernel
def _push(stack, top, i, j, k):
    if top == len(stack):  # item by item, as the code of a slice assignment takes longer to load than the whole kernel
        larger = np.empty((2 * len(stack), 3), np.int32)
        for item in range(top):
            for axis in range(3):
                larger[item, axis] = stack[item, axis]
        stack = larger
    stack[top, 0], stack[top, 1], stack[top, 2] = i, j, k
    return stack, top + 1


@kernel
def _beside(way):
    """Return one of the six steps to a cell that shares a side."""
    step, axis = 1 - 2 * (way % 2), way // 2
    return step * (axis == 0), step * (axis == 1), step * (axis == 2)


@kernel
def _block(grid, i, j, k):
    for a in range(-1, 2):
        for b in range(-1, 2):
            for c in range(-1, 2):
                value = grid[i + a, j + b, k + c]
                if value not in (EMPTY, CAVITY):
                    return False
    return True


@kernel
def _mark_cavities(grid):
    """Turn enclosed EMPTY regions in which a block of 3 x 3 x 3 cells fits into CAVITY: insides of bodies."""
    stack, top = np.empty((4096, 3), np.int32), np.int64(0)
    for i in range(1, grid.shape[0] - 1):
        for j in range(1, grid.shape[1] - 1):
            for k in range(1, grid.shape[2] - 1):
                if grid[i, j, k] != EMPTY or not _block(grid, i, j, k):
                    continue
                grid[i, j, k] = CAVITY
                stack, top = _push(stack, top, i, j, k)
                while top > 0:
                    top -= 1
                    p, q, r = stack[top, 0], stack[top, 1], stack[top, 2]
                    for way in range(6):
                        u, v, w = _beside(way)
                        if grid[p + u, q + v, r + w] == EMPTY:
                            grid[p + u, q + v, r + w] = CAVITY
                            stack, top = _push(stack, top, p + u, q + v, r + w)


@kernel
def _backed(tree, grid, i, j, k, x, y, z, row, stack, bound):
    """Return whether another solid cell at the point (x, y, z) of a wall has the wall in its inscribed ball."""
    for a in range(-1, 2):
        for b in range(-1, 2):
            for c in range(-1, 2):
                u, v, w = i + a, j + b, k + c
                if (a == 0 and b == 0 and c == 0) or grid[u, v, w] == OUTSIDE:
                    continue
                p, q, r = max(u - x, x - u - 1, 0.0), max(v - y, y - v - 1, 0.0), max(w - z, z - w - 1, 0.0)
                if p * p + q * q + r * r <= BACKING * BACKING:
                    square, _, _, _, _ = nearest(tree, u + 0.5, v + 0.5, w + 0.5, row, stack, bound)
                    if square <= RADIUS * RADIUS:
                        return True
    return False


@kernel
def _apart(tree, grid, i, j, k, far, row, stack, bound):
    """Return whether an outside cell that shares only an edge with a cell may be behind a wall; `far` is free at the centre."""
    for a in range(-1, 2):
        for b in range(-1, 2):
            for c in range(-1, 2):
                if abs(a) + abs(b) + abs(c) != 2 or grid[i + a, j + b, k + c] != OUTSIDE:
                    continue
                if OUTSIDE in (grid[i + a, j + b * (a == 0), k], grid[i, j + b * (a != 0), k + c]):
                    continue
                x, y, z = i + 0.5 + 0.5 * a, j + 0.5 + 0.5 * b, k + 0.5 + 0.5 * c
                edge = np.sqrt(nearest(tree, x, y, z, row, stack, bound)[0])
                other = np.sqrt(nearest(tree, x + 0.5 * a, y + 0.5 * b, z + 0.5 * c, row, stack, bound)[0])
                if min(far, other) + edge <= np.sqrt(0.5) + SLACK:
                    return True
    return False


@kernel
def _in_gap(tree, grid, i, j, k, row, stack, bound):
    """Return whether the outside may enter an occupied cell, its free radius and its nearest triangle."""
    x, y, z = i + 0.5, j + 0.5, k + 0.5
    square, px, py, pz, row = nearest(tree, x, y, z, row, stack, bound)
    if square < RADIUS * RADIUS:
        return False, 0.0, row
    far = np.sqrt(square)
    x, y, z = x + AHEAD / far * (x - px), y + AHEAD / far * (y - py), z + AHEAD / far * (z - pz)
    square, qx, qy, qz, other = nearest(tree, x, y, z, row, stack, bound)
    if square > (OPPOSITE * (far + AHEAD)) ** 2 or not _backed(tree, grid, i, j, k, px, py, pz, row, stack, bound):
        return False, far, row
    inside = i <= qx <= i + 1 and j <= qy <= j + 1 and k <= qz <= k + 1
    return not inside or _backed(tree, grid, i, j, k, qx, qy, qz, other, stack, bound), far, row


@kernel
def enter(tree, grid):
    """Turn cells of gaps that the outside reaches into OUTSIDE, and what else encloses cavities into CAVITY."""
    _mark_cavities(grid)
    stack, bound = np.empty(128, np.int64), np.empty(128)
    work, top, row = np.empty((4096, 3), np.int32), np.int64(0), np.int64(-1)  # no literals, for which numba would compile all again
    for i in range(1, grid.shape[0] - 1):
        for j in range(1, grid.shape[1] - 1):
            for k in range(1, grid.shape[2] - 1):
                if grid[i, j, k] != OCCUPIED:
                    continue
                for way in range(6):
                    u, v, w = _beside(way)
                    if grid[i + u, j + v, k + w] == OUTSIDE:
                        work, top = _push(work, top, i, j, k)
                        break
    while top > 0:
        top -= 1
        i, j, k = work[top, 0], work[top, 1], work[top, 2]
        fits, far = grid[i, j, k] == EMPTY, RADIUS
        if grid[i, j, k] == OCCUPIED:
            fits, far, row = _in_gap(tree, grid, i, j, k, row, stack, bound)
        if not fits or _apart(tree, grid, i, j, k, far, row, stack, bound):
            continue
        grid[i, j, k] = OUTSIDE
        for way in range(6):
            u, v, w = _beside(way)
            if grid[i + u, j + v, k + w] in (EMPTY, OCCUPIED):
                work, top = _push(work, top, i + u, j + v, k + w)


def open_gaps(solid: NDArray[np.bool_], occupied: NDArray[np.bool_], tree: tuple[NDArray, ...]) -> NDArray[np.bool_]:
    """Let the outside into gaps of occupied cells; nothing that is closed opens.

    Parameters
    ----------
    solid, occupied : (X, Y, Z) bool arrays
        Cells that the outside does not reach; those that triangles touch. The outermost layer is outside.
    tree : tuple of arrays
        The triangles [cells] (`renderfit.geometry.triangle_tree`).

    Returns
    -------
    (X, Y, Z) bool array
        Solid cells without those in gaps.
    """
    grid = np.where(occupied, np.uint8(OCCUPIED), np.where(solid, np.uint8(EMPTY), np.uint8(OUTSIDE)))
    enter(tree, grid)
    return grid != OUTSIDE
