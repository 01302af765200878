# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""Kernels that mark grid cells: which a triangle touches, which the outside reaches.

Coordinates are in cells: cell (i, j, k) is the closed box [i, i+1] x [j, j+1] x [k, k+1].
Grid values: EMPTY, OCCUPIED by a triangle, OUTSIDE.
"""

from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel

EMPTY, OCCUPIED, OUTSIDE = 0, 1, 2
FEW = 64  # a block of so many cells is looked through before it is tested: where large triangles crowd it is full


@kernel
def _separated(tri, cx, cy, cz, ex, ey, ez):  # noqa: PLR0911
    """Return whether one of the 13 axes separates the triangle (9,) from the box (centre, half sides)."""
    ax, ay, az = tri[0] - cx, tri[1] - cy, tri[2] - cz
    bx, by, bz = tri[3] - cx, tri[4] - cy, tri[5] - cz
    dx, dy, dz = tri[6] - cx, tri[7] - cy, tri[8] - cz
    if min(ax, bx, dx) > ex or max(ax, bx, dx) < -ex or min(ay, by, dy) > ey or max(ay, by, dy) < -ey:
        return True
    if min(az, bz, dz) > ez or max(az, bz, dz) < -ez:
        return True
    ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, dx - ax, dy - ay, dz - az
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    if abs(nx * ax + ny * ay + nz * az) > abs(nx) * ex + abs(ny) * ey + abs(nz) * ez:
        return True
    for edge in range(3):
        if edge == 1:
            ux, uy, uz = vx, vy, vz
        elif edge == 2:
            ux, uy, uz = dx - bx, dy - by, dz - bz
        p, q, r = az * uy - ay * uz, bz * uy - by * uz, dz * uy - dy * uz
        reach = abs(uz) * ey + abs(uy) * ez
        if min(p, q, r) > reach or max(p, q, r) < -reach:
            return True
        p, q, r = ax * uz - az * ux, bx * uz - bz * ux, dx * uz - dz * ux
        reach = abs(uz) * ex + abs(ux) * ez
        if min(p, q, r) > reach or max(p, q, r) < -reach:
            return True
        p, q, r = ay * ux - ax * uy, by * ux - bx * uy, dy * ux - dx * uy
        reach = abs(uy) * ex + abs(ux) * ey
        if min(p, q, r) > reach or max(p, q, r) < -reach:
            return True
    return False


@kernel
def _full(grid, low, high):
    """Return whether the cells from low to high, both included, are all occupied."""
    for i in range(low[0], high[0] + 1):
        for j in range(low[1], high[1] + 1):
            for k in range(low[2], high[2] + 1):
                if grid[i, j, k] != OCCUPIED:
                    return False
    return True


@kernel
def occupy(vertices, faces, grid):  # noqa: PLR0912
    """Mark as OCCUPIED each cell whose closed box a triangle meets: descent of its cell range."""
    tri, stack = np.empty(9), np.empty((64, 6), np.int64)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    for f in range(len(faces)):
        for corner in range(3):
            for k in range(3):
                tri[3 * corner + k] = vertices[faces[f, corner], k]
        for k in range(3):
            stack[0, k] = int(np.floor(min(tri[k], tri[3 + k], tri[6 + k])))
            stack[0, 3 + k] = int(np.floor(max(tri[k], tri[3 + k], tri[6 + k])))
        top = 1
        while top > 0:
            top -= 1
            for k in range(3):
                low[k], high[k] = stack[top, k], stack[top, 3 + k]
            sx, sy, sz = high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1
            single = sx * sy * sz == 1
            if sx * sy * sz <= FEW and _full(grid, low, high):
                continue
            if _separated(tri, low[0] + 0.5 * sx, low[1] + 0.5 * sy, low[2] + 0.5 * sz, 0.5 * sx, 0.5 * sy, 0.5 * sz):
                continue
            if single:
                grid[low[0], low[1], low[2]] = OCCUPIED
                continue
            axis = 0 if sx >= sy and sx >= sz else (1 if sy >= sz else 2)
            middle = (low[axis] + high[axis]) // 2
            for part in range(2):
                for k in range(3):
                    stack[top, k], stack[top, 3 + k] = low[k], high[k]
                if part == 0:
                    stack[top, 3 + axis] = middle
                else:
                    stack[top, axis] = middle + 1
                top += 1


@kernel
def _doubled(stack):
    """Return a copy (2 N,) of a stack (N,); item by item, as the code of a slice assignment takes longer to load than all of this."""
    larger = np.empty(2 * len(stack), np.int64)
    for item in range(len(stack)):
        larger[item] = stack[item]
    return larger


@kernel
def flood(grid):
    """Turn EMPTY cells that reach the corner cell (0, 0, 0) through faces into OUTSIDE."""
    nx, ny, nz = grid.shape
    flat = grid.reshape(-1)
    stack = np.empty(4096, np.int64)
    stack[0], top = 0, 1
    flat[0] = OUTSIDE
    while top > 0:
        top -= 1
        cell = stack[top]
        k, j, i = cell % nz, (cell // nz) % ny, cell // (nz * ny)
        if top + 6 > len(stack):
            stack = _doubled(stack)
        for way in range(6):
            if way == 0 and i > 0:
                other = cell - ny * nz
            elif way == 1 and i < nx - 1:
                other = cell + ny * nz
            elif way == 2 and j > 0:
                other = cell - nz
            elif way == 3 and j < ny - 1:
                other = cell + nz
            elif way == 4 and k > 0:
                other = cell - 1
            elif way == 5 and k < nz - 1:
                other = cell + 1
            else:
                continue
            if flat[other] == EMPTY:
                flat[other] = OUTSIDE
                stack[top] = other
                top += 1
