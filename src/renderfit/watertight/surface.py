# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""The surface of a set of solid cells as a mesh that is manifold by construction.

Each pair (solid cell, empty neighbour) gives one quad, looking out. Quads are joined edge by edge
with a local rule that keeps solids apart which only share an edge; a vertex is one closed fan of
quad corners, so no edge and no vertex is shared by more than one sheet.

References
----------
Huang, Zhou, Guibas 2020, ManifoldPlus, section 3.1
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit.compiled import kernel

# Directions: +x, -x, +y, -y, +z, -z. d ^ 1 is the opposite of d.
STEP = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Corner offsets (6, 4, 3), in-plane direction of each edge (6, 4), and its inverse (6, 6)."""
    corners, edges, inverse = np.zeros((6, 4, 3), int), np.zeros((6, 4), int), np.full((6, 6), -1)
    for d in range(6):
        a, positive = d // 2, d % 2 == 0
        b, c = (a + 1) % 3, (a + 2) % 3
        ring = [(0, 0), (1, 0), (1, 1), (0, 1)] if positive else [(0, 0), (0, 1), (1, 1), (1, 0)]
        edges[d] = [2 * c + 1, 2 * b, 2 * c, 2 * b + 1] if positive else [2 * b + 1, 2 * c, 2 * b, 2 * c + 1]
        for k, (p, q) in enumerate(ring):
            corners[d, k, a], corners[d, k, b], corners[d, k, c] = int(positive), p, q
            inverse[d, edges[d, k]] = k
    return corners, edges, inverse


CORNERS, EDGES, INVERSE = _tables()


@kernel
def _quads(solid, first):
    """Return cell and direction of each quad; `first` gets the number of each cell's first quad."""
    nx, ny, nz = solid.shape
    total = 0
    for sweep in range(2):
        if sweep == 1:
            cells, ways = np.empty((total, 3), np.int32), np.empty(total, np.int8)
            total = 0
        for i in range(1, nx - 1):
            for j in range(1, ny - 1):
                for k in range(1, nz - 1):
                    if not solid[i, j, k]:
                        continue
                    first[i, j, k] = total
                    for d in range(6):
                        if not solid[i + STEP[d, 0], j + STEP[d, 1], k + STEP[d, 2]]:
                            if sweep == 1:
                                cells[total, 0], cells[total, 1], cells[total, 2], ways[total] = i, j, k, d
                            total += 1
    return cells, ways


@kernel
def _number(solid, first, i, j, k, way):
    """Return the number of the quad (cell, way)."""
    number = first[i, j, k]
    for d in range(way):
        if not solid[i + STEP[d, 0], j + STEP[d, 1], k + STEP[d, 2]]:
            number += 1
    return number


@kernel
def _join(solid, first, cells, ways):
    """Pair quad edges; return the partner 4 * quad + edge of each, and of ambiguous ones the other copy."""
    total = len(cells)
    partner, rival = np.empty(4 * total, np.int64), np.full(4 * total, -1)
    for q in range(total):
        i, j, k, d = np.int64(cells[q, 0]), np.int64(cells[q, 1]), np.int64(cells[q, 2]), np.int64(ways[q])
        for edge in range(4):
            u = EDGES[d, edge]
            si, sj, sk = i + STEP[u, 0], j + STEP[u, 1], k + STEP[u, 2]
            ti, tj, tk = si + STEP[d, 0], sj + STEP[d, 1], sk + STEP[d, 2]
            beside, beyond = solid[si, sj, sk], solid[ti, tj, tk]
            across = 4 * _number(solid, first, ti, tj, tk, u ^ 1) + INVERSE[u ^ 1, d ^ 1] if beyond else -1
            if not beside:
                partner[4 * q + edge] = 4 * _number(solid, first, i, j, k, u) + INVERSE[u, d]
                rival[4 * q + edge] = across
            elif beyond:
                partner[4 * q + edge] = across
            else:
                partner[4 * q + edge] = 4 * _number(solid, first, si, sj, sk, d) + INVERSE[d, u ^ 1]
    return partner, rival


@kernel
def _vertices(cells, ways, partner, rival):
    """Walk the fan of each corner; return vertex of each corner, midpoint of each edge, positions."""
    total = len(partner)
    corner, middle, points = np.full(total, -1), np.full(total, -1), np.empty((2 * total, 3))
    count = 0
    for start in range(total):
        if corner[start] >= 0:
            continue
        q, k = start // 4, start % 4
        for axis in range(3):
            points[count, axis] = cells[q, axis] + CORNERS[ways[q], k, axis]
        here = start
        while corner[here] < 0:
            corner[here] = count
            across = partner[here]
            here = across - across % 4 + (across + 1) % 4
        count += 1
    for edge in range(total):
        if rival[edge] < 0 or middle[edge] >= 0:
            continue
        other = rival[edge]
        a, b = corner[edge], corner[edge - edge % 4 + (edge + 1) % 4]
        c, d = corner[other], corner[other - other % 4 + (other + 1) % 4]
        if (a == c and b == d) or (a == d and b == c):
            for axis in range(3):
                points[count, axis] = 0.5 * (points[a, axis] + points[b, axis])
            middle[edge] = middle[partner[edge]] = count
            count += 1
    return corner, middle, points[:count].copy()


@kernel
def _triangles(corner, middle):
    """Triangulate the quads; one with inserted midpoints is a fan around the first of them."""
    total = len(corner) // 4
    faces, ring, count = np.empty((6 * total, 3), np.int32), np.empty(8, np.int64), 0
    for q in range(total):
        size, start = 0, -1
        for k in range(4):
            ring[size] = corner[4 * q + k]
            size += 1
            if middle[4 * q + k] >= 0:
                if start < 0:
                    start = size
                ring[size] = middle[4 * q + k]
                size += 1
        start = max(start, 0)
        for k in range(1, size - 1):
            faces[count, 0] = ring[start]
            faces[count, 1] = ring[(start + k) % size]
            faces[count, 2] = ring[(start + k + 1) % size]
            count += 1
    return faces[:count].copy()


@kernel
def _extract(solid, first):
    """Return points and faces; one kernel for all steps, as each costs the same again to load."""
    cells, ways = _quads(solid, first)
    partner, rival = _join(solid, first, cells, ways)
    corner, middle, points = _vertices(cells, ways, partner, rival)
    return points, _triangles(corner, middle)


def extract(solid: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the boundary of the solid cells as a closed, edge- and vertex-manifold mesh.

    Parameters
    ----------
    solid : (X, Y, Z) bool array
        The outermost layer of cells must be empty.

    Returns
    -------
    vertices : (V, 3) array
        Positions in cells; several vertices may share a position.
    faces : (F, 3) int32 array
        Counter-clockwise seen from outside.
    """
    points, faces = _extract(np.ascontiguousarray(solid), np.full(solid.shape, -1, dtype=np.int32))
    return points, faces
