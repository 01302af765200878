# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""Faces that pierce each other are drawn apart.

Where the outside reaches both sides of a sheet without thickness, both layers of the result lie on the sheet,
each with triangles of its own, and wherever the sheet is not flat these triangles cross. So the vertices of faces
that do are moved outward by some hundredths of a cell, as far as no face turns over, until none cross or the
rounds are over. Only thin walls and narrow gaps are looked at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit.compiled import kernel

THIN = 1.2  # how far behind and before a vertex of a thin wall or a narrow gap the other side is looked for [cells]
DEEP = 2e-4  # faces that cross less deeply only touch [cells]
APART = (0.01, 0.02, 0.04, 0.04)  # outward moves of the vertices of faces that cross, round by round [cells]


def thin(x: NDArray[np.float64], normals: NDArray[np.float64], solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which vertices (V,) [cells] have the outside close behind them or solid cells close before them."""

    def inside(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        cells = np.clip(np.floor(points).astype(np.int64), 0, np.array(solid.shape) - 1)
        return solid[cells[:, 0], cells[:, 1], cells[:, 2]]

    return ~inside(x - THIN * normals) | inside(x + THIN * normals)


@kernel
def _height(p, a, nx, ny, nz):
    return nx * (p[0] - a[0]) + ny * (p[1] - a[1]) + nz * (p[2] - a[2])


@kernel
def _pierces(p, q, a, b, c, deep):
    """Return whether the segment p q goes through the inside of the triangle a b c, by more than `deep` on all sides."""
    ux, uy, uz, vx, vy, vz = b[0] - a[0], b[1] - a[1], b[2] - a[2], c[0] - a[0], c[1] - a[1], c[2] - a[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    if length == 0.0:
        return False
    nx, ny, nz = nx / length, ny / length, nz / length
    over, under = _height(p, a, nx, ny, nz), _height(q, a, nx, ny, nz)
    if not (min(over, under) < -deep and max(over, under) > deep):
        return False
    share = over / (over - under)
    x, y, z = p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1]), p[2] + share * (q[2] - p[2])
    for side in range(3):
        s, e = (a, b) if side == 0 else ((b, c) if side == 1 else (c, a))
        ex, ey, ez = e[0] - s[0], e[1] - s[1], e[2] - s[2]
        ix, iy, iz = ny * ez - nz * ey, nz * ex - nx * ez, nx * ey - ny * ex  # inward
        if ix * (x - s[0]) + iy * (y - s[1]) + iz * (z - s[2]) <= deep * np.sqrt(ix * ix + iy * iy + iz * iz):
            return False
    return True


@kernel
def _meet(vertices, one, two, deep):
    """Return whether an edge of one face pierces the other; edges with a corner of the other face do not count."""
    for turn in range(2):
        s, o = (one, two) if turn == 0 else (two, one)
        for k in range(3):
            u, v = s[k], s[(k + 1) % 3]
            if u in (o[0], o[1], o[2]) or v in (o[0], o[1], o[2]):
                continue
            if _pierces(vertices[u], vertices[v], vertices[o[0]], vertices[o[1]], vertices[o[2]], deep):
                return True
    return False


@kernel
def _beside(corners, low, high):
    """Return whether the box of a triangle (9,) and that from low to high are apart."""
    for k in range(3):
        a, b, c = corners[k], corners[3 + k], corners[6 + k]
        if min(a, b, c) > high[k] or max(a, b, c) < low[k]:
            return True
    return False


@kernel
def pierced(vertices, faces, tree, deep, asked):
    """Return which faces (F,) pierce another or are pierced, of pairs with a face that is `asked` (F,); the tree holds them all."""
    boxes, link, count, corners, order = tree
    found, stack = np.zeros(len(faces), np.bool_), np.empty(256, np.int64)
    low, high = np.empty(3), np.empty(3)
    for place in range(len(order)):  # in the order of the tree, so that what one face needs is at hand for the next
        i = order[place]
        if not asked[i]:
            continue
        for k in range(3):
            a, b, c = vertices[faces[i, 0], k], vertices[faces[i, 1], k], vertices[faces[i, 2], k]
            low[k], high[k] = min(a, b, c), max(a, b, c)
        stack[0], top = 0, 1
        while top > 0:
            top -= 1
            node = stack[top]
            apart = False
            for k in range(3):
                apart |= boxes[node, k] > high[k] or boxes[node, 3 + k] < low[k]
            if apart:
                continue
            if count[node] == 0:
                stack[top], stack[top + 1] = node + 1, link[node]
                top += 2
                continue
            for row in range(link[node], link[node] + count[node]):
                j = order[row]
                if (asked[j] and row <= place) or (found[i] and found[j]) or _beside(corners[row], low, high):
                    continue
                if _meet(vertices, faces[i], faces[j], deep):
                    found[i] = found[j] = True
    return found
