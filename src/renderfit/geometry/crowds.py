"""Trees over triangles that overlap so much that their boxes tell nothing apart.

A million triangles on one line, or thousands of needles across the whole box: each box holds nearly every query,
and a search for the nearest triangle looks at all of them. Such a crowd is thinned: triangles that lie on another
one are left out, and the others are filed under the boxes of their pieces. What the search returns stays the same.
"""

# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit import collector
from renderfit.compiled import kernel
from renderfit.errors import DataError
from renderfit.geometry.triangle_tree import build, closest_on_triangle, nearest

FEW = 2000  # triangles that are never a crowd
PROBES = 64  # searches that tell a crowd
ASIDE = 2.0**-7 * np.array([0.48, 0.6, 0.64])  # [longest sides of the box] every other probe is so far from its triangle
CROWDED, MOST = 500, 50_000  # triangles that a search looks at: of a crowd, and at most
SLACK = 2.0**-21  # [longest sides] a triangle nearer than this to another one lies on it
PASSES, IDLE = 256, 32  # large triangles that others are compared with; so many in vain end it
FINEST = 64  # pieces are no longer than this part of the longest side, or twice, four times ... as long
PIECES, MORE = 64, 8_000_000  # for each triangle on average, and more than there are triangles, at most

log = logging.getLogger(__name__)
Tree = tuple[NDArray[Any], ...]


@kernel
def looked_at(tree, points, slack):
    """Return how many triangles (N,) share a leaf whose box is no farther from each point (N, 3) than the nearest one."""
    boxes, link, count, _, _ = tree
    stack, bound = np.empty(128, np.int64), np.empty(128)
    found = np.zeros(len(points), np.int64)
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        reach = (np.sqrt(nearest(tree, x, y, z, np.int64(-1), stack, bound)[0]) + slack) ** 2
        stack[0], top = 0, 1
        while top > 0:
            top -= 1
            node = stack[top]
            p = max(boxes[node, 0] - x, x - boxes[node, 3], 0.0)
            q = max(boxes[node, 1] - y, y - boxes[node, 4], 0.0)
            r = max(boxes[node, 2] - z, z - boxes[node, 5], 0.0)
            if p * p + q * q + r * r > reach:
                continue
            found[i] += count[node]
            if count[node] == 0:
                stack[top], stack[top + 1] = node + 1, link[node]
                top += 2
    return found


@kernel
def _uncovered(corners, order, slack, passes, idle):
    """Return which triangles (F,) stay when those on one of the first of `order` are left out."""
    stays, vain = np.ones(len(corners), np.bool_), 0
    for i in range(len(order)):
        if passes == 0 or vain == idle:
            break
        large = corners[order[i]]
        if not stays[order[i]]:
            continue
        passes, vain = passes - 1, vain + 1
        for j in range(i + 1, len(order)):
            small, inside = corners[order[j]], stays[order[j]]
            for k in range(3):
                if inside:
                    x, y, z = small[3 * k], small[3 * k + 1], small[3 * k + 2]
                    p, q, r = closest_on_triangle(x, y, z, large)
                    inside = (p - x) ** 2 + (q - y) ** 2 + (r - z) ** 2 <= slack * slack
            if inside:
                stays[order[j]], vain = False, 0
    return stays


@kernel
def _cut(corners, side, most, pieces, owner):
    """Halve triangles at their longest edge until no box is longer than `side`; return the number of pieces.

    They are written as far as `pieces` (N, 9) and `owner` (N,) go; counting ends beyond `most`.
    """
    stack, total = np.empty((64, 9)), 0
    for row in range(len(corners)):
        stack[0], top = corners[row], 1
        while top > 0:
            top -= 1
            piece, widest, longest, edge = stack[top].copy(), 0.0, -1.0, 0
            for k in range(3):
                small, large, square = min(piece[k], piece[3 + k], piece[6 + k]), max(piece[k], piece[3 + k], piece[6 + k]), 0.0
                widest = max(widest, large - small)
                for axis in range(3):
                    square += (piece[3 * ((k + 1) % 3) + axis] - piece[3 * k + axis]) ** 2
                if square > longest:
                    longest, edge = square, k
            if widest <= side or top > 61:
                if total < len(owner):
                    pieces[total], owner[total] = piece, row
                total += 1
                if total > most:
                    return total
                continue
            one, two = 3 * edge, 3 * ((edge + 1) % 3)
            stack[top], stack[top + 1] = piece, piece
            for axis in range(3):
                middle = 0.5 * (piece[one + axis] + piece[two + axis])
                stack[top, one + axis] = stack[top + 1, two + axis] = middle
            top += 2
    return total


def plant(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> Tree:
    """Build the tree of triangles (`renderfit.geometry.triangle_tree`), thinned if they are a crowd.

    Parameters
    ----------
    vertices : (V, 3) array
        Finite where a face names them; any unit.
    faces : (F, 3) integer array
        At least one.

    Raises
    ------
    DataError
        If a search for the nearest triangle would still look at more than 50,000 of them, not in one corner only.
    """
    with collector.paused():  # the first kernel of whoever closes a mesh or looks for near points
        tree = build(vertices, faces)
    if len(faces) < FEW or crowding(tree) <= CROWDED:
        return tree
    corners, names = tree[3], tree[4]
    slack = SLACK * _longest(tree)
    rows = _distinct(corners)
    longest = np.linalg.norm(corners[rows].reshape(-1, 3, 3) - np.roll(corners[rows].reshape(-1, 3, 3), 1, axis=1), axis=2).max(axis=1)
    rows = rows[_uncovered(corners[rows], np.argsort(-longest, kind="stable"), slack, PASSES, IDLE)]
    tree = _split(corners[rows], names[rows])
    left = crowding(tree)
    log.warning(
        "%d of %d triangles lie on others and count once; a search for the nearest one looks at about %d",
        len(faces) - len(rows), len(faces), left,
    )  # fmt: skip
    if left > MOST and crowding(tree, apart=True) > MOST:
        raise DataError(
            f"{len(rows)} triangles overlap so much that a search for the nearest one looks at about {left:.0f} of them; "
            f"expected at most {MOST}: remove layers that lie on each other, or convert parts of the mesh one by one"
        )
    return tree


def crowding(tree: Tree, apart: bool = False) -> float:
    """Return the mean number of triangles that a search for the nearest one looks at.

    With `apart`, probes at one place count once: a crowd in one corner of a mesh is met by few searches.
    """
    rows = np.linspace(0, len(tree[3]) - 1, PROBES).astype(np.int64)
    points = tree[3][rows].reshape(-1, 3, 3).mean(axis=1)
    points[::2] += _longest(tree) * ASIDE
    if apart:
        points = points[np.unique(np.floor(points * (FINEST / _longest(tree))), axis=0, return_index=True)[1]]
    return float(looked_at(tree, points, SLACK * _longest(tree)).sum() / PROBES)


def _longest(tree: Tree) -> float:
    return float((tree[0][0, 3:] - tree[0][0, :3]).max())


def _distinct(corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows of triangles (F, 9) without those that repeat the corners of an earlier one in any order."""
    points = corners.reshape(-1, 3, 3) + 0.0  # no negative zeros
    order = np.lexsort((points[..., 2], points[..., 1], points[..., 0]), axis=1)
    keys = np.take_along_axis(points, order[..., None], axis=1).reshape(-1, 9)
    rows = np.lexsort(keys.T[::-1])
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (keys[rows[1:]] != keys[rows[:-1]]).any(axis=1)
    return np.sort(rows[new])


def _split(corners: NDArray[np.float64], names: NDArray[np.int64]) -> Tree:
    """Return a tree of whole triangles (F, 9), each filed under the boxes of its pieces where that helps."""
    tree = _leaves(corners, corners, names, np.arange(len(corners)))
    if len(corners) < FEW or crowding(tree) <= CROWDED:
        return tree
    side, most = _longest(tree) / FINEST, min(PIECES * len(corners), len(corners) + MORE)
    nothing = np.empty((0, 9)), np.empty(0, np.int64)
    while (total := _cut(corners, side, most, *nothing)) > most:
        side *= 2
    pieces, owner = np.empty((total, 9)), np.empty(total, np.int64)
    _cut(corners, side, most, pieces, owner)
    return _leaves(pieces, corners, names, owner)


def _leaves(pieces: NDArray[np.float64], corners: NDArray[np.float64], names: NDArray[np.int64], owner: NDArray[np.int64]) -> Tree:
    """Return the tree of the pieces (N, 9) that holds the triangles (F, 9) of which they are: `owner` (N,)."""
    boxes, link, count, _, order = build(pieces.reshape(-1, 3), np.arange(3 * len(pieces)).reshape(-1, 3))
    return boxes, link, count, corners[owner[order]], names[owner[order]]
