# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""Pulling the vertices of the cell surface onto the input without turning any face over.

Each vertex v carries a normal n_v, and n_w . f >= 0 holds for the normal f of each face and each of
its corners w. For a move D of v this is linear: with the face (v, b, c) and
a = (c - b) x n_w, a . D <= a . (b - v). The move toward the nearest input point is the solution of a
small quadratic program with these constraints. Lengths are in cells.

References
----------
Huang, Zhou, Guibas 2020, ManifoldPlus, section 3.2
"""

from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel
from renderfit.geometry.triangle_tree import nearest
from renderfit.watertight.halfedge import after, before, connect, largest_valence, turn
from renderfit.watertight.order import ascending

STILL = 1e-3  # a vertex that moves less has arrived [cells]
SWEEPS = 30  # of the dual coordinate ascent
KEEP = 0.02  # share of a face's height over a moved vertex' constraint that is kept


@kernel
def fan_normal(x, start, twin, e):
    """Return the unit angle-weighted normal at the start of e (zero where undefined)."""
    v, first = start[e], e
    nx, ny, nz = 0.0, 0.0, 0.0
    while True:
        b, c = start[after(e)], start[before(e)]
        ux, uy, uz = x[b, 0] - x[v, 0], x[b, 1] - x[v, 1], x[b, 2] - x[v, 2]
        wx, wy, wz = x[c, 0] - x[v, 0], x[c, 1] - x[v, 1], x[c, 2] - x[v, 2]
        fx, fy, fz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        sine = np.sqrt(fx * fx + fy * fy + fz * fz)
        if sine > 0.0:
            weight = np.arctan2(sine, ux * wx + uy * wy + uz * wz) / sine
            nx, ny, nz = nx + weight * fx, ny + weight * fy, nz + weight * fz
        e = turn(twin, e)
        if e == first:
            break
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    if length < 1e-12:
        return 0.0, 0.0, 0.0
    return nx / length, ny / length, nz / length


@kernel
def face_dot(x, a, b, c, nx, ny, nz):
    """Return n . (unit normal of the face a, b, c); 0 for a face without area."""
    ux, uy, uz = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
    wx, wy, wz = x[c, 0] - x[a, 0], x[c, 1] - x[a, 1], x[c, 2] - x[a, 2]
    fx, fy, fz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
    length = np.sqrt(fx * fx + fy * fy + fz * fz)
    return (fx * nx + fy * ny + fz * nz) / length if length > 1e-30 else 0.0


@kernel
def begin(x, faces):
    """Return start, twin, spoke (`renderfit.watertight.halfedge`) and valid normals (V, 3) of a closed mesh."""
    start, twin, spoke = connect(faces, len(x))
    normals = np.empty_like(x)
    _valid_normals(x, start, twin, spoke, normals)
    return start, twin, spoke, normals


@kernel
def _valid_normals(x, start, twin, spoke, normals):
    """Set normals (V, 3) that no incident face looks away from; zero where there is none."""
    for v in range(len(spoke)):
        e = spoke[v]
        nx, ny, nz = fan_normal(x, start, twin, e)
        worst = -1.0
        for _ in range(20):
            worst = 1.0
            while True:
                b, c = start[after(e)], start[before(e)]
                ux, uy, uz = x[b, 0] - x[v, 0], x[b, 1] - x[v, 1], x[b, 2] - x[v, 2]
                wx, wy, wz = x[c, 0] - x[v, 0], x[c, 1] - x[v, 1], x[c, 2] - x[v, 2]
                fx, fy, fz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
                square = fx * fx + fy * fy + fz * fz
                dot = nx * fx + ny * fy + nz * fz
                if dot < 0.0:
                    nx, ny, nz = nx - dot / square * fx, ny - dot / square * fy, nz - dot / square * fz
                    worst = min(worst, dot / np.sqrt(square))
                e = turn(twin, e)
                if e == spoke[v]:
                    break
            if worst >= 0.0:
                break
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        if worst < -1e-9 or length < 1e-6:
            nx, ny, nz, length = 0.0, 0.0, 0.0, 1.0
        normals[v, 0], normals[v, 1], normals[v, 2] = nx / length, ny / length, nz / length


@kernel
def _constraints(x, normals, start, twin, e, rows, limits):
    """Fill the half-spaces a . D <= limit of moves of the start of e; return their number."""
    v, first, count = start[e], e, 0
    while True:
        b, c = start[after(e)], start[before(e)]
        ux, uy, uz = x[c, 0] - x[b, 0], x[c, 1] - x[b, 1], x[c, 2] - x[b, 2]
        px, py, pz = x[b, 0] - x[v, 0], x[b, 1] - x[v, 1], x[b, 2] - x[v, 2]
        for corner in range(3):
            w = v if corner == 0 else (b if corner == 1 else c)
            nx, ny, nz = normals[w, 0], normals[w, 1], normals[w, 2]
            ax, ay, az = uy * nz - uz * ny, uz * nx - ux * nz, ux * ny - uy * nx
            length = np.sqrt(ax * ax + ay * ay + az * az)
            if length > 1e-12:
                rows[count, 0], rows[count, 1], rows[count, 2] = ax / length, ay / length, az / length
                limits[count] = max(0.0, (1.0 - KEEP) * (ax * px + ay * py + az * pz) / length)
                count += 1
        e = turn(twin, e)
        if e == first:
            return count


@kernel
def _allowed(rows, limits, dual, count, gx, gy, gz):
    """Return the move nearest to g that meets the constraints: dual coordinate ascent, then scaled back."""
    dx, dy, dz = gx, gy, gz
    for i in range(count):
        dual[i] = 0.0
    for _ in range(SWEEPS):
        change = 0.0
        for i in range(count):
            step = rows[i, 0] * dx + rows[i, 1] * dy + rows[i, 2] * dz - limits[i]
            step = max(step, -dual[i])
            if step != 0.0:
                dual[i] += step
                dx, dy, dz = dx - step * rows[i, 0], dy - step * rows[i, 1], dz - step * rows[i, 2]
                change = max(change, abs(step))
        if change < 1e-6:
            break
    scale = 1.0
    for i in range(count):
        along = rows[i, 0] * dx + rows[i, 1] * dy + rows[i, 2] * dz
        if along > limits[i]:
            scale = min(scale, limits[i] / along)
    return scale * dx, scale * dy, scale * dz


@kernel
def turn_normal(x, normals, start, twin, e):
    """Turn the normal at the start of e toward the angle-weighted one as far as its faces allow."""
    v, first = start[e], e
    nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
    mx, my, mz = fan_normal(x, start, twin, e)
    share = 1.0
    while True:
        b, c = start[after(e)], start[before(e)]
        new = face_dot(x, v, b, c, mx, my, mz)
        if new < 0.0:
            old = max(0.0, face_dot(x, v, b, c, nx, ny, nz))
            share = min(share, old / (old - new))
        e = turn(twin, e)
        if e == first:
            break
    nx, ny, nz = nx + share * (mx - nx), ny + share * (my - ny), nz + share * (mz - nz)
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    if length > 1e-6:
        normals[v, 0], normals[v, 1], normals[v, 2] = nx / length, ny / length, nz / length


@kernel
def seek(tree, x, target, square, row, active):
    """Query the nearest input point of the active vertices."""
    stack, bound = np.empty(128, np.int64), np.empty(128)
    for v in active:
        square[v], target[v, 0], target[v, 1], target[v, 2], row[v] = nearest(tree, x[v, 0], x[v, 1], x[v, 2], row[v], stack, bound)


@kernel
def project(tree, x, normals, target, square, row, pinned, start, twin, spoke, active, sweeps, most):  # noqa: PLR0912
    """Move the active vertices (in ascending order), and those around what moves, to their nearest input points.

    `pinned` vertices keep their target. All arrays are changed in place.
    Returns the number of moves that were tried, about `most` at most.
    """
    widest = largest_valence(twin, spoke, len(spoke))
    rows, limits, dual = np.empty((3 * widest, 3)), np.empty(3 * widest), np.empty(3 * widest)
    stack, bound = np.empty(128, np.int64), np.empty(128)
    mark = np.zeros(len(spoke), np.int64)
    tried, most = 0, min(most, 5 * len(spoke))
    for sweep in range(1, sweeps + 1):
        keys = np.empty(len(active))
        for i in range(len(active)):
            keys[i] = -square[active[i]]
        changed, count = np.empty(len(active), np.int64), 0
        for place in ascending(keys):
            v = active[place]
            gx, gy, gz = target[v, 0] - x[v, 0], target[v, 1] - x[v, 1], target[v, 2] - x[v, 2]
            if gx * gx + gy * gy + gz * gz <= STILL * STILL:
                continue
            if normals[v, 0] == 0.0 and normals[v, 1] == 0.0 and normals[v, 2] == 0.0:
                continue
            e = spoke[v]
            dx, dy, dz = _allowed(rows, limits, dual, _constraints(x, normals, start, twin, e, rows, limits), gx, gy, gz)
            tried += 1
            if dx * dx + dy * dy + dz * dz <= STILL * STILL:
                continue
            x[v, 0], x[v, 1], x[v, 2] = x[v, 0] + dx, x[v, 1] + dy, x[v, 2] + dz
            turn_normal(x, normals, start, twin, e)
            if pinned[v]:
                square[v] = (x[v, 0] - target[v, 0]) ** 2 + (x[v, 1] - target[v, 1]) ** 2 + (x[v, 2] - target[v, 2]) ** 2
            else:
                square[v], target[v, 0], target[v, 1], target[v, 2], row[v] = nearest(tree, x[v, 0], x[v, 1], x[v, 2], row[v], stack, bound)
            changed[count] = v
            count += 1
        if count == 0 or tried >= most:
            break
        for i in range(count):
            e = spoke[changed[i]]
            mark[changed[i]] = sweep
            while True:
                mark[start[after(e)]] = sweep
                e = turn(twin, e)
                if e == spoke[changed[i]]:
                    break
        size = 0
        for v in range(len(spoke)):
            size += mark[v] == sweep
        active, size = np.empty(size, np.int64), 0
        for v in range(len(spoke)):
            if mark[v] == sweep:
                active[size] = v
                size += 1
                turn_normal(x, normals, start, twin, spoke[v])
    return tried


@kernel
def smooth(x, normals, start, twin, spoke, chosen, sweeps):
    """Move the chosen vertices to the mean of their neighbours as far as no face turns over."""
    widest = largest_valence(twin, spoke, len(spoke))
    rows, limits, dual = np.empty((3 * widest, 3)), np.empty(3 * widest), np.empty(3 * widest)
    for _ in range(sweeps):
        for v in chosen:
            if normals[v, 0] == 0.0 and normals[v, 1] == 0.0 and normals[v, 2] == 0.0:
                continue
            e, count = spoke[v], 0
            gx, gy, gz = 0.0, 0.0, 0.0
            while True:
                w = start[after(e)]
                gx, gy, gz, count = gx + x[w, 0], gy + x[w, 1], gz + x[w, 2], count + 1
                e = turn(twin, e)
                if e == spoke[v]:
                    break
            gx, gy, gz = gx / count - x[v, 0], gy / count - x[v, 1], gz / count - x[v, 2]
            dx, dy, dz = _allowed(rows, limits, dual, _constraints(x, normals, start, twin, e, rows, limits), gx, gy, gz)
            x[v, 0], x[v, 1], x[v, 2] = x[v, 0] + dx, x[v, 1] + dy, x[v, 2] + dz
            turn_normal(x, normals, start, twin, e)
