"""Kernels of the bounding-volume tree over triangles (compiled once, cached on disk).

A tree is a tuple of arrays ``(boxes, link, count, corners, order)``: node boxes (N, 6) low and high;
``count`` 0 for an inner node, whose left child follows it and whose right child is ``link``; a leaf
has ``count`` triangles from row ``link`` of ``corners`` (F, 9); ``order`` (F,) are their face numbers.
"""

# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel

LEAF = 4
FLAT = 1e-20  # squared sine below which a triangle counts as a segment


@kernel
def _select(keys, index, low, high, middle):
    """Reorder index[low:high] so that position `middle` holds the element it has in sorted order."""
    high -= 1
    while low < high:
        pivot = keys[index[(low + high) // 2]]
        i, j = low, high
        while i <= j:
            while keys[index[i]] < pivot:
                i += 1
            while keys[index[j]] > pivot:
                j -= 1
            if i <= j:
                index[i], index[j] = index[j], index[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@kernel
def build(vertices, faces):
    """Build the tree of triangles: median splits along the longest axis of the centroids."""
    total = len(faces)
    centres = np.empty((3, total))
    for f in range(total):
        for k in range(3):
            a, b, c = vertices[faces[f, 0], k], vertices[faces[f, 1], k], vertices[faces[f, 2], k]
            centres[k, f] = min(a, b, c) + max(a, b, c)
    order = np.arange(total)
    nodes = 2 * total + 1
    boxes, link, count = np.empty((nodes, 6)), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    stack = np.empty((128, 3), np.int64)  # low, high, parent whose right child this is (-1: none)
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, total, -1
    top, used = 1, 0
    while top > 0:
        top -= 1
        low, high, parent = stack[top]
        node = used
        used += 1
        if parent >= 0:
            link[parent] = node
        axis, widest = 0, -1.0
        for k in range(3):
            small, large, first, last = np.inf, -np.inf, np.inf, -np.inf
            for i in range(low, high):
                f = order[i]
                for corner in range(3):
                    x = vertices[faces[f, corner], k]
                    small, large = min(small, x), max(large, x)
                first, last = min(first, centres[k, f]), max(last, centres[k, f])
            boxes[node, k], boxes[node, 3 + k] = small, large
            if last - first > widest:
                axis, widest = k, last - first
        if high - low <= LEAF:
            link[node], count[node] = low, high - low
            continue
        middle = (low + high) // 2
        _select(centres[axis], order, low, high, middle)
        stack[top, 0], stack[top, 1], stack[top, 2] = middle, high, node
        stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2] = low, middle, -1
        top += 2
    corners = np.empty((total, 9))
    for i in range(total):
        for corner in range(3):
            for k in range(3):
                corners[i, 3 * corner + k] = vertices[faces[order[i], corner], k]
    return boxes[:used].copy(), link[:used].copy(), count[:used].copy(), corners, order


@kernel
def _on_segment(px, py, pz, ax, ay, az, bx, by, bz):
    ux, uy, uz = bx - ax, by - ay, bz - az
    square = ux * ux + uy * uy + uz * uz
    t = 0.0
    if square > 0.0:
        t = min(1.0, max(0.0, ((px - ax) * ux + (py - ay) * uy + (pz - az) * uz) / square))
    return ax + t * ux, ay + t * uy, az + t * uz


@kernel
def closest_on_triangle(px, py, pz, row):
    """Return the point of the triangle `row` (9,) nearest to p; flat triangles are segments."""
    ax, ay, az, bx, by, bz, cx, cy, cz = row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]
    ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    square = nx * nx + ny * ny + nz * nz
    wx, wy, wz = px - ax, py - ay, pz - az
    if square > FLAT * (ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz):
        s = ((wy * vz - wz * vy) * nx + (wz * vx - wx * vz) * ny + (wx * vy - wy * vx) * nz) / square
        t = ((uy * wz - uz * wy) * nx + (uz * wx - ux * wz) * ny + (ux * wy - uy * wx) * nz) / square
        if s >= 0.0 and t >= 0.0 and s + t <= 1.0:
            return ax + s * ux + t * vx, ay + s * uy + t * vy, az + s * uz + t * vz
        outside_ab, outside_ca, outside_bc = t < 0.0, s < 0.0, s + t > 1.0
    else:
        outside_ab, outside_ca, outside_bc = True, True, True
    best, qx, qy, qz = np.inf, ax, ay, az
    if outside_ab:
        x, y, z = _on_segment(px, py, pz, ax, ay, az, bx, by, bz)
        best, qx, qy, qz = (x - px) ** 2 + (y - py) ** 2 + (z - pz) ** 2, x, y, z
    if outside_bc:
        x, y, z = _on_segment(px, py, pz, bx, by, bz, cx, cy, cz)
        square = (x - px) ** 2 + (y - py) ** 2 + (z - pz) ** 2
        if square < best:
            best, qx, qy, qz = square, x, y, z
    if outside_ca:
        x, y, z = _on_segment(px, py, pz, cx, cy, cz, ax, ay, az)
        if (x - px) ** 2 + (y - py) ** 2 + (z - pz) ** 2 < best:
            qx, qy, qz = x, y, z
    return qx, qy, qz


@kernel
def _box_square(px, py, pz, boxes, node):
    x = max(boxes[node, 0] - px, px - boxes[node, 3], 0.0)
    y = max(boxes[node, 1] - py, py - boxes[node, 4], 0.0)
    z = max(boxes[node, 2] - pz, pz - boxes[node, 5], 0.0)
    return x * x + y * y + z * z


@kernel
def nearest(tree, px, py, pz, seed, stack, bound):
    """Return (square distance, x, y, z, row) of the nearest triangle point.

    `seed` is a row of `corners` to start from (-1: none), `stack` and `bound` are scratch (128,).
    """
    boxes, link, count, corners, _ = tree
    best, qx, qy, qz, row = np.inf, 0.0, 0.0, 0.0, -1
    if seed >= 0:
        qx, qy, qz = closest_on_triangle(px, py, pz, corners[seed])
        best, row = (qx - px) ** 2 + (qy - py) ** 2 + (qz - pz) ** 2, seed
    stack[0] = 0
    bound[0] = _box_square(px, py, pz, boxes, stack[0])
    top = 1
    while top > 0:
        top -= 1
        if bound[top] >= best:
            continue
        node = stack[top]
        while count[node] == 0:
            left, right = node + 1, np.int64(link[node])  # one type of number, or numba compiles the box for each
            near, far = _box_square(px, py, pz, boxes, left), _box_square(px, py, pz, boxes, right)
            if far < near:
                left, right, near, far = right, left, far, near
            if far < best:
                stack[top], bound[top] = right, far
                top += 1
            node = left
            if near >= best:
                break
        if count[node] == 0:
            continue
        for i in range(link[node], link[node] + count[node]):
            x, y, z = closest_on_triangle(px, py, pz, corners[i])
            square = (x - px) ** 2 + (y - py) ** 2 + (z - pz) ** 2
            if square < best:
                best, qx, qy, qz, row = square, x, y, z, i
    return best, qx, qy, qz, row


@kernel
def nearest_many(tree, points):
    """Query all points (N, 3); return distances (N,), points (N, 3), face numbers (N,)."""
    total = len(points)
    distance, where, face = np.empty(total), np.empty((total, 3)), np.empty(total, np.int64)
    stack, bound = np.empty(128, np.int64), np.empty(128)
    seed = np.int64(-1)  # no literal, for which numba would compile the search again
    for i in range(total):
        square, x, y, z, row = nearest(tree, points[i, 0], points[i, 1], points[i, 2], seed, stack, bound)
        distance[i], where[i, 0], where[i, 1], where[i, 2], face[i] = np.sqrt(square), x, y, z, tree[4][row]
        seed = row
    return distance, where, face
