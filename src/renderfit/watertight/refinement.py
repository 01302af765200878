# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""Edges that leave the input are flipped or split, on the crease where there is one.

References
----------
Huang, Zhou, Guibas 2020, ManifoldPlus, section 3.3 (sharp features)
"""

from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel
from renderfit.geometry.triangle_tree import nearest
from renderfit.watertight.halfedge import after, before, flip, joined, split, turn, valence
from renderfit.watertight.projection import STILL, face_dot

NEARER = 0.7  # a flip must bring the midpoint this much nearer
ROUND = 0.04  # least height over base, squared sine like, of a face made by a flip
REACH = 3.0  # how far the crease may be, in distances of the midpoint
ON_INPUT = 0.05  # how far the crease may be from the input [cells] ...
ON_SHARE = 0.1  # ... and as a share of the distance of the midpoint, so that round parts stay round
FOLD = 0.94  # largest cosine between the planes of a crease
THIN = 0.1  # height over base below which a face counts as a sliver ...
SHALLOW = 0.02  # ... if its height is below this [cells], so that turning its longest edge moves hardly anything
ENDS = 0.05  # share of the base at either end over which the apex of such a sliver may not stand


@kernel
def _between(start, twin, spoke, a, b):
    """Return the half-edge from a to b, -1 if there is none."""
    e = spoke[a]
    while True:
        if start[after(e)] == b:
            return e
        e = turn(twin, e)
        if e == spoke[a]:
            return -1


@kernel
def far_edges(tree, x, row, free, start, twin, ratio):
    """Return ends (N, 2) and midpoint distances (N,) of the edges that leave the input."""
    ends, far, count = np.empty((len(start) // 2, 2), np.int64), np.empty(len(start) // 2), 0
    stack, bound = np.empty(128, np.int64), np.empty(128)
    for e in range(len(start)):
        if e > twin[e]:
            continue
        a, b = start[e], start[after(e)]
        if free[a] or free[b]:
            continue
        mx, my, mz = 0.5 * (x[a, 0] + x[b, 0]), 0.5 * (x[a, 1] + x[b, 1]), 0.5 * (x[a, 2] + x[b, 2])
        square, _, _, _, _ = nearest(tree, mx, my, mz, row[a], stack, bound)
        length = (x[a, 0] - x[b, 0]) ** 2 + (x[a, 1] - x[b, 1]) ** 2 + (x[a, 2] - x[b, 2]) ** 2
        if square > max(ratio * ratio * length, 4 * STILL * STILL):
            ends[count, 0], ends[count, 1], far[count] = a, b, np.sqrt(square)
            count += 1
    return ends[:count], far[:count]


@kernel
def _flip_helps(tree, x, normals, row, start, twin, spoke, e, far, stack, bound):
    """Return whether turning the edge e is allowed and brings it clearly nearer to the input."""
    o = twin[e]
    a, b, p, q = start[e], start[o], start[before(e)], start[before(o)]
    mx, my, mz = 0.5 * (x[p, 0] + x[q, 0]), 0.5 * (x[p, 1] + x[q, 1]), 0.5 * (x[p, 2] + x[q, 2])
    square, _, _, _, _ = nearest(tree, mx, my, mz, row[p], stack, bound)
    if square > (NEARER * far) ** 2 or valence(twin, spoke[a]) <= 3 or valence(twin, spoke[b]) <= 3:
        return False
    for side in range(2):
        i, j, k = (q, p, a) if side == 0 else (p, q, b)
        ux, uy, uz = x[j, 0] - x[i, 0], x[j, 1] - x[i, 1], x[j, 2] - x[i, 2]
        wx, wy, wz = x[k, 0] - x[i, 0], x[k, 1] - x[i, 1], x[k, 2] - x[i, 2]
        cx, cy, cz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        base = max(ux * ux + uy * uy + uz * uz, wx * wx + wy * wy + wz * wz)
        if cx * cx + cy * cy + cz * cz < ROUND * base * base:
            return False
        for corner in range(3):
            w = i if corner == 0 else (j if corner == 1 else k)
            if face_dot(x, i, j, k, normals[w, 0], normals[w, 1], normals[w, 2]) <= 0.0:
                return False
    return not joined(start, twin, spoke, p, q)


@kernel
def _crease(planes, target, row, a, b, mx, my, mz):
    """Return the point nearest m on the line where the planes at the input points of a and b meet."""
    n, m, s, t = planes[row[a]], planes[row[b]], target[a], target[b]
    cosine = n[0] * m[0] + n[1] * m[1] + n[2] * m[2]
    known = n[0] != 0.0 or n[1] != 0.0 or n[2] != 0.0
    if abs(cosine) > FOLD or not known or (m[0] == 0.0 and m[1] == 0.0 and m[2] == 0.0):
        return False, mx, my, mz
    r = n[0] * (s[0] - mx) + n[1] * (s[1] - my) + n[2] * (s[2] - mz)
    q = m[0] * (t[0] - mx) + m[1] * (t[1] - my) + m[2] * (t[2] - mz)
    f, g = (r - cosine * q) / (1 - cosine * cosine), (q - cosine * r) / (1 - cosine * cosine)
    return True, mx + f * n[0] + g * m[0], my + f * n[1] + g * m[1], mz + f * n[2] + g * m[2]


@kernel
def refine(tree, planes, ends, far, x, normals, target, square, row, pinned, start, twin, spoke, vertices, edges):
    """Flip or split the given edges; new vertices go behind `vertices`, new half-edges behind `edges`.

    Returns the new counts. A new vertex lies on its edge and has a target, on the crease if there is one.
    """
    stack, bound = np.empty(128, np.int64), np.empty(128)
    for i in range(len(ends)):
        a, b = ends[i, 0], ends[i, 1]
        e = _between(start, twin, spoke, a, b)
        if e < 0:
            continue
        if _flip_helps(tree, x, normals, row, start, twin, spoke, e, far[i], stack, bound):
            flip(start, twin, spoke, e)
            continue
        mx, my, mz = 0.5 * (x[a, 0] + x[b, 0]), 0.5 * (x[a, 1] + x[b, 1]), 0.5 * (x[a, 2] + x[b, 2])
        v = vertices
        x[v, 0], x[v, 1], x[v, 2] = mx, my, mz
        length = 0.0
        for k in range(3):
            normals[v, k] = normals[a, k] + normals[b, k]
            length += normals[v, k] ** 2
        if length < 1e-12:
            continue
        for k in range(3):
            normals[v, k] /= np.sqrt(length)
        square[v], target[v, 0], target[v, 1], target[v, 2], row[v] = nearest(tree, mx, my, mz, row[a], stack, bound)
        pinned[v] = False
        found, cx, cy, cz = _crease(planes, target, row, a, b, mx, my, mz)
        if found:
            reach = (cx - mx) ** 2 + (cy - my) ** 2 + (cz - mz) ** 2
            off, _, _, _, hit = nearest(tree, cx, cy, cz, row[v], stack, bound)
            if reach < (REACH * far[i]) ** 2 and off < min(ON_INPUT, ON_SHARE * far[i]) ** 2:
                square[v], target[v, 0], target[v, 1], target[v, 2], row[v] = reach, cx, cy, cz, hit
                pinned[v] = True
        split(start, twin, spoke, e, v, edges)
        vertices += 1
        edges += 6
    return vertices, edges


@kernel
def _slimness(x, a, b, c):
    """Return (height over longest side)^2 of a triangle."""
    ux, uy, uz = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
    wx, wy, wz = x[c, 0] - x[a, 0], x[c, 1] - x[a, 1], x[c, 2] - x[a, 2]
    cx, cy, cz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
    third = (ux - wx) ** 2 + (uy - wy) ** 2 + (uz - wz) ** 2
    base = max(ux * ux + uy * uy + uz * uz, wx * wx + wy * wy + wz * wz, third)
    return (cx * cx + cy * cy + cz * cz) / (base * base) if base > 0.0 else 0.0


@kernel
def turn_slivers(x, normals, start, twin, spoke):
    """Flip the longest edge of flat, obtuse faces: along a crease such a face has a normal of chance."""
    for e in range(len(start)):
        o = twin[e]
        a, b, p, q = start[e], start[o], start[before(e)], start[before(o)]
        length, along = 0.0, 0.0
        for k in range(3):
            length += (x[b, k] - x[a, k]) ** 2
            along += (x[b, k] - x[a, k]) * (x[p, k] - x[a, k])
        if along <= ENDS * length or along >= (1 - ENDS) * length:
            continue
        slim = _slimness(x, a, b, p)
        if slim > THIN * THIN or slim * length > SHALLOW * SHALLOW or valence(twin, e) <= 3 or valence(twin, o) <= 3:
            continue
        if min(_slimness(x, q, p, a), _slimness(x, p, q, b)) <= 4 * slim or joined(start, twin, spoke, p, q):
            continue
        fine = True
        for side in range(2):
            i, j, k = (q, p, a) if side == 0 else (p, q, b)
            for w in (i, j, k):
                fine &= face_dot(x, i, j, k, normals[w, 0], normals[w, 1], normals[w, 2]) > 0.0
        if fine:
            flip(start, twin, spoke, e)
