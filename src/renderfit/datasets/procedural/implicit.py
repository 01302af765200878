"""Solids as signed distances, blended smoothly, and their surface as a regular mesh."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from renderfit.datasets.procedural.curves import Array
from renderfit.datasets.procedural.solids import Part

Field = Callable[[Array], Array]


def box(points: Array, centre: ArrayLike, half: ArrayLike, radius: float) -> Array:
    """Return the signed distance (N,) to a box of half size `half` (3,) whose edges are rounded by `radius` [m]."""
    q = np.abs(points - np.asarray(centre)) - (np.asarray(half) - radius)
    return _corner(q[:, 0], q[:, 1], q[:, 2]) - radius


def _corner(a: Array, b: Array, c: Array | None = None) -> Array:
    """Return the distance to the corner where the half spaces of two or three distances meet."""
    squares = np.maximum(a, 0) ** 2 + np.maximum(b, 0) ** 2
    highest = np.maximum(a, b)
    if c is not None:
        squares += np.maximum(c, 0) ** 2
        highest = np.maximum(highest, c)
    return np.sqrt(squares) + np.minimum(highest, 0)


def _length(rows: Array) -> Array:
    return np.sqrt(np.einsum("nk,nk->n", rows, rows))


def capsule(points: Array, a: ArrayLike, b: ArrayLike, radius: float, radius_end: float | None = None, squash: float = 1.0) -> Array:
    """Return the distance (N,) to a capsule from `a` to `b`, its radius going over to `radius_end`; x is squashed."""
    scale = np.array([1.0 / squash, 1.0, 1.0])
    start, axis = np.asarray(a) * scale, (np.asarray(b) - np.asarray(a)) * scale
    offset = points * scale - start
    t = np.clip(offset @ axis / (axis @ axis), 0, 1)
    grow = radius + ((radius_end if radius_end is not None else radius) - radius) * t
    return (_length(offset - t[..., None] * axis) - grow) * min(squash, 1.0)


def cylinder(points: Array, a: ArrayLike, b: ArrayLike, radius: float, edge: float, radius_end: float | None = None) -> Array:
    """Return the distance (N,) to a (conical) cylinder from `a` to `b` with its rims rounded by `edge` [m]."""
    start, axis = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    length = np.linalg.norm(axis)
    along = (points - start) @ (axis / length)
    across = _length(points - start - along[..., None] * (axis / length))
    grow = radius + ((radius_end if radius_end is not None else radius) - radius) * np.clip(along / length, 0, 1)
    return _corner(across - grow + edge, np.abs(along - 0.5 * length) - 0.5 * length + edge) - edge


@numba.njit(cache=True)
def _polygon(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    result = np.empty(len(points))
    for i in range(len(points)):
        px, py = points[i, 0], points[i, 1]
        best, inside = np.inf, False
        j = len(corners) - 1
        for k in range(len(corners)):
            ax, ay, bx, by = corners[j, 0], corners[j, 1], corners[k, 0], corners[k, 1]
            ex, ey, wx, wy = bx - ax, by - ay, px - ax, py - ay
            t = min(1.0, max(0.0, (wx * ex + wy * ey) / (ex * ex + ey * ey + 1e-30)))
            best = min(best, (wx - t * ex) ** 2 + (wy - t * ey) ** 2)
            if (ay > py) != (by > py) and px < ax + (py - ay) / (by - ay) * ex:
                inside = not inside
            j = k
        result[i] = -np.sqrt(best) if inside else np.sqrt(best)
    return result


def polygon(points: Array, corners: Array) -> Array:
    """Return the signed distance (N,) of points (N, 2) to a closed polygon (K, 2), negative inside."""
    return _polygon(np.ascontiguousarray(points, dtype=np.float64), np.ascontiguousarray(corners, dtype=np.float64))


def slab(outline: Array, thickness: Array | float, across: Array, radius: float) -> Array:
    """Extrude: combine a distance in the plane with |across| <= `thickness` [m], edges rounded by `radius`."""
    return _corner(outline + radius, np.abs(across) - thickness + radius) - radius


def union(a: Array, b: Array, blend: float = 0.0) -> Array:
    """Unite two distances with a fillet of about `blend` [m]."""
    if blend <= 0:
        return np.minimum(a, b)
    h = np.maximum(blend - np.abs(a - b), 0) / blend
    return np.minimum(a, b) - h * h * h * blend / 6.0


def intersection(a: Array, b: Array, blend: float = 0.0) -> Array:
    """Intersect two distances, the edge rounded over about `blend` [m]."""
    return -union(-a, -b, blend)


def cut(a: Array, b: Array, blend: float = 0.0) -> Array:
    """Take `b` away from `a`, the edge rounded over about `blend` [m]."""
    return -union(-a, b, blend)


def step(values: Array, width: float) -> Array:
    """Return a smooth step (N,) from 1 where `values` << 0 to 0 where >> 0, over +- `width`."""
    t = np.clip(0.5 - 0.5 * values / width, 0, 1)
    return t * t * (3 - 2 * t)


def surface(field: Field, low: ArrayLike, high: ArrayLike, cell: float) -> Part:
    """Mesh the zero level of `field` inside a box: one vertex per crossed cell, pulled onto the level.

    Parameters
    ----------
    field : callable
        Signed distance of points (N, 3) [m], negative inside.
    low, high : (3,) arrays
        Box that holds the whole solid [m].
    cell : float
        Edge of the sampling grid [m].
    """
    low = np.asarray(low, dtype=np.float64) - 0.37 * cell
    shape = np.ceil((np.asarray(high) - low) / cell).astype(int) + 2
    axes = [low[k] + cell * np.arange(shape[k]) for k in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = field(grid.reshape(-1, 3)).reshape(shape)
    inside = values < 0
    corners = [inside[x : shape[0] - 1 + x, y : shape[1] - 1 + y, z : shape[2] - 1 + z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    total = np.sum(corners, axis=0, dtype=np.int64)
    crossed = (total > 0) & (total < 8)
    index = np.full(crossed.shape, -1, dtype=np.int64)
    index[crossed] = np.arange(int(crossed.sum()))
    vertices = low + cell * (np.argwhere(crossed) + 0.5)
    vertices = _pulled(field, vertices, _quads(inside, index), cell)
    quads = _quads(inside, index)
    a, b, c, d = quads.T
    first = np.linalg.norm(vertices[a] - vertices[c], axis=1) <= np.linalg.norm(vertices[b] - vertices[d], axis=1)
    one = np.where(first[:, None], np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    two = np.where(first[:, None], np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    return vertices, np.stack([one, two], axis=1).reshape(-1, 3)


def _quads(inside: NDArray[np.bool_], index: NDArray[np.int64]) -> NDArray[np.int64]:
    pieces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        here, there = [slice(1, -1)] * 3, [slice(1, -1)] * 3
        here[axis], there[axis] = slice(0, -1), slice(1, None)
        out, into = inside[tuple(here)] & ~inside[tuple(there)], ~inside[tuple(here)] & inside[tuple(there)]
        for mask, flip in ((out, False), (into, True)):
            base = np.argwhere(mask)
            base[:, u] += 1
            base[:, v] += 1
            back_u, back_v = np.eye(3, dtype=int)[u], np.eye(3, dtype=int)[v]
            ring = [base - back_u - back_v, base - back_v, base, base - back_u]
            quad = np.stack([index[tuple(cells.T)] for cells in ring], axis=1)
            pieces.append(quad[:, ::-1] if flip else quad)
    return np.concatenate(pieces)


def _pulled(field: Field, vertices: Array, quads: NDArray[np.int64], cell: float) -> Array:
    edges = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    degree = np.bincount(edges.reshape(-1), minlength=len(vertices)).astype(np.float64)[:, None]
    for smoothing in (0.5, 0.5, 0.4, 0.2, 0.0):
        if smoothing:
            total = np.zeros_like(vertices)
            for axis in range(3):
                total[:, axis] = np.bincount(edges[:, 0], vertices[edges[:, 1], axis], len(vertices))
                total[:, axis] += np.bincount(edges[:, 1], vertices[edges[:, 0], axis], len(vertices))
            vertices = vertices + smoothing * (total / np.maximum(degree, 1) - vertices) * (degree > 0)
        h = 0.05 * cell
        value = field(vertices)
        gradient = np.stack([(field(vertices + h * e) - value) / h for e in np.eye(3)], axis=1)
        square = np.maximum((gradient**2).sum(axis=1), 0.05)
        move = -(value / square)[:, None] * gradient
        length = np.linalg.norm(move, axis=1, keepdims=True)
        vertices = vertices + move * np.minimum(1.0, cell / np.maximum(length, 1e-12))
    return vertices
