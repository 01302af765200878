# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""Half-edges of closed triangle meshes: three to a face, in the order of its corners.

Half-edge e = 3 f + k runs from ``start[e]``, the corner k of face f, to ``start[after(e)]``;
``twin[e]`` runs the other way in the neighbouring face; ``spoke[v]`` is one that starts at v.
"""

from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel


@kernel
def after(e):
    """Return the next half-edge of the same face."""
    return e - 2 if e % 3 == 2 else e + 1


@kernel
def before(e):
    """Return the previous half-edge of the same face."""
    return e + 2 if e % 3 == 0 else e - 1


@kernel
def turn(twin, e):
    """Return the next half-edge, counter-clockwise, with the same start."""
    return twin[before(e)]


@kernel
def connect(faces, vertices):
    """Return start, twin (3 F,) and spoke (V,) of faces (F, 3) over a number of vertices."""
    total = 3 * len(faces)
    start, twin = np.empty(total, np.int64), np.full(total, -1)
    spoke, chain = np.full(vertices, -1), np.full(total, -1)
    for e in range(total):
        start[e] = faces[e // 3, e % 3]
        chain[e], spoke[start[e]] = spoke[start[e]], e
    for e in range(total):
        if twin[e] >= 0:
            continue
        other = spoke[start[after(e)]]
        while other >= 0:
            if start[after(other)] == start[e]:
                twin[e], twin[other] = other, e
                break
            other = chain[other]
    return start, twin, spoke


@kernel
def valence(twin, e):
    """Return the number of faces around the start of e."""
    count, other = 1, turn(twin, e)
    while other != e:
        other = turn(twin, other)
        count += 1
    return count


@kernel
def largest_valence(twin, spoke, count):
    """Return the largest number of faces around one of the first `count` vertices."""
    largest = 0
    for v in range(count):
        if spoke[v] >= 0:
            largest = max(largest, valence(twin, spoke[v]))
    return largest


@kernel
def joined(start, twin, spoke, a, b):
    """Return whether an edge joins vertices a and b."""
    e = spoke[a]
    while True:
        if start[after(e)] == b:
            return True
        e = turn(twin, e)
        if e == spoke[a]:
            return False


@kernel
def _link(twin, a, b):
    twin[a], twin[b] = b, a


@kernel
def flip(start, twin, spoke, e):
    """Turn the edge e between its two faces; the caller has checked that this is allowed."""
    o = twin[e]
    e1, e2, o1, o2 = after(e), before(e), after(o), before(o)
    a, b, p, q = start[e], start[o], start[e2], start[o2]
    t1, t2, s1, s2 = twin[e1], twin[e2], twin[o1], twin[o2]
    start[e], start[e1], start[e2] = q, p, a  # face (q, p, a)
    start[o], start[o1], start[o2] = p, q, b  # face (p, q, b)
    _link(twin, e1, t2)
    _link(twin, e2, s1)
    _link(twin, o1, s2)
    _link(twin, o2, t1)
    spoke[a], spoke[b], spoke[p], spoke[q] = e2, o2, o, e


@kernel
def split(start, twin, spoke, e, vertex, edges):
    """Put `vertex` on the edge e, using half-edges `edges`..`edges` + 5 for the two new faces."""
    o = twin[e]
    e1, e2, o2 = after(e), before(e), before(o)
    b, p, q = start[o], start[e2], start[o2]
    t1, s2 = twin[e1], twin[o2]
    n, m = edges, edges + 3
    # old faces become (a, v, p) and (v, a, q); new ones are (v, b, p) and (b, v, q)
    start[e1], start[o] = vertex, vertex
    start[n], start[n + 1], start[n + 2] = vertex, b, p
    start[m], start[m + 1], start[m + 2] = b, vertex, q
    _link(twin, n, m)
    _link(twin, n + 1, t1)
    _link(twin, n + 2, e1)
    _link(twin, m + 1, o2)
    _link(twin, m + 2, s2)
    spoke[vertex], spoke[b], spoke[p], spoke[q] = n, m, e2, o2
