# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""Passes of isotropic remeshing on half-edges: split, collapse, flip, relax.

Every operation keeps the mesh closed and manifold; none turns a face over. `source` holds the tree
of the surface that the vertices stay on and the normals of its triangles, `row` the triangle of each.

References
----------
Botsch, Kobbelt 2004, A remeshing approach to multiresolution modeling
"""

from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel
from renderfit.geometry.triangle_tree import nearest
from renderfit.watertight.halfedge import after, before, flip, joined, split, turn, valence
from renderfit.watertight.order import ascending
from renderfit.watertight.projection import face_dot, fan_normal

FACING = 0.3  # least cosine between the normals of a face before and after
FLAT = 0.9  # least cosine across an edge that may be flipped
NOBODY = np.int64(-1)  # no literal, for which numba would compile all again


@kernel
def _square(x, a, b):
    return (x[a, 0] - x[b, 0]) ** 2 + (x[a, 1] - x[b, 1]) ** 2 + (x[a, 2] - x[b, 2]) ** 2


@kernel
def _cross(x, a, b, c):
    """Return the unit normal of the face (a, b, c), zero without area, and twice its area."""
    ux, uy, uz = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
    wx, wy, wz = x[c, 0] - x[a, 0], x[c, 1] - x[a, 1], x[c, 2] - x[a, 2]
    fx, fy, fz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
    length = np.sqrt(fx * fx + fy * fy + fz * fz)
    if length < 1e-14:
        return 0.0, 0.0, 0.0, 0.0
    return fx / length, fy / length, fz / length, length


@kernel
def _edges(x, start, twin, low, high):
    """Return the live edges with low < square length < high, shortest first."""
    found, keys, count = np.empty(len(start) // 2 + 1, np.int64), np.empty(len(start) // 2 + 1), 0
    for e in range(len(start)):
        if start[e] >= 0 and e < twin[e]:
            square = _square(x, start[e], start[after(e)])
            if low < square < high:
                found[count], keys[count] = e, square
                count += 1
    return found[:count][ascending(keys[:count])]


@kernel
def _faces_stay(x, start, twin, e, other, px, py, pz):
    """Return whether no face around the start of e, except those with vertex `other`, turns when it moves to p."""
    v, first = start[e], e
    ox, oy, oz = x[v, 0], x[v, 1], x[v, 2]
    fine = True
    while True:
        b, c = start[after(e)], start[before(e)]
        if other not in (b, c):
            nx, ny, nz, area = _cross(x, v, b, c)
            x[v, 0], x[v, 1], x[v, 2] = px, py, pz
            mx, my, mz, new = _cross(x, v, b, c)
            x[v, 0], x[v, 1], x[v, 2] = ox, oy, oz
            longest = max(_square(x, b, c), 1e-30)
            if area > 1e-3 * longest and nx * mx + ny * my + nz * mz < FACING:
                fine = False
                break
            if new < 1e-2 * longest and new < area:
                fine = False
                break
        e = turn(twin, e)
        if e == first:
            break
    return fine


@kernel
def split_long(x, row, start, twin, spoke, source, vertices, edges, limit, most):
    """Halve up to `most` edges longer than `limit`, longest first; return the new counts."""
    stack, bound = np.empty(128, np.int64), np.empty(128)
    long = _edges(x, start[:edges], twin, limit * limit, np.inf)[::-1]
    for e in long[:most]:
        a, b = start[e], start[after(e)]
        mx, my, mz = 0.5 * (x[a, 0] + x[b, 0]), 0.5 * (x[a, 1] + x[b, 1]), 0.5 * (x[a, 2] + x[b, 2])
        x[vertices, 0], x[vertices, 1], x[vertices, 2], row[vertices] = mx, my, mz, row[a]
        split(start, twin, spoke, e, vertices, edges)
        _, qx, qy, qz, triangle = nearest(source[0], mx, my, mz, row[a], stack, bound)
        if _on_this_side(x, start, twin, spoke[vertices], source, triangle) and _faces_stay(
            x, start, twin, spoke[vertices], NOBODY, qx, qy, qz
        ):
            x[vertices, 0], x[vertices, 1], x[vertices, 2], row[vertices] = qx, qy, qz, triangle
        vertices += 1
        edges += 6
    return vertices, edges


@kernel
def _on_this_side(x, start, twin, e, source, triangle):
    """Return whether the source triangle looks the same way as the fan at the start of e."""
    nx, ny, nz = fan_normal(x, start, twin, e)
    normal = source[1][triangle]
    return normal[0] * nx + normal[1] * ny + normal[2] * nz > 0.0


@kernel
def _linked_right(start, twin, spoke, a, b):
    """Return whether a and b have exactly two common neighbours, and these more than three faces."""
    common, e = 0, spoke[a]
    while True:
        w = start[after(e)]
        if w != b and joined(start, twin, spoke, w, b):
            common += 1
            if valence(twin, spoke[w]) <= 3:
                return False
        e = turn(twin, e)
        if e == spoke[a]:
            break
    return common == 2


@kernel
def _collapse(start, twin, spoke, e):
    """Merge the end of e into its start and delete its two faces."""
    o = twin[e]
    a, b, p, q = start[e], start[o], start[before(e)], start[before(o)]
    t1, t2, s1, s2 = twin[after(e)], twin[before(e)], twin[after(o)], twin[before(o)]
    other = turn(twin, o)
    while other != o:
        start[other] = a
        other = turn(twin, other)
    twin[t1], twin[t2], twin[s1], twin[s2] = t2, t1, s2, s1
    spoke[a], spoke[p], spoke[q], spoke[b] = s2, t1, s1, -1
    for half in (e, after(e), before(e), o, after(o), before(o)):
        start[half] = -1


@kernel
def collapse_short(x, row, start, twin, spoke, source, vertices, short, longest, least):  # noqa: PLR0912
    """Collapse edges shorter than `short`, shortest first, while more than `least` vertices are left.

    No edge longer than `longest` is made. Returns the number of live vertices.
    """
    stack, bound = np.empty(128, np.int64), np.empty(128)
    for e in _edges(x, start, twin, -1.0, short * short):
        if vertices <= max(least, 4):
            break
        if start[e] < 0:
            continue
        a, b = start[e], start[after(e)]
        if _square(x, a, b) >= short * short or not _linked_right(start, twin, spoke, a, b):
            continue
        kept = -1
        qx, qy, qz, triangle = 0.0, 0.0, 0.0, -1
        for choice in range(3):  # the midpoint on the source, else one of the ends
            if choice == 0:
                _, px, py, pz, hit = nearest(
                    source[0], 0.5 * (x[a, 0] + x[b, 0]), 0.5 * (x[a, 1] + x[b, 1]), 0.5 * (x[a, 2] + x[b, 2]), row[a], stack, bound
                )
                if not (_on_this_side(x, start, twin, spoke[a], source, hit) and _on_this_side(x, start, twin, spoke[b], source, hit)):
                    continue
            else:
                w = a if choice == 1 else b
                px, py, pz, hit = x[w, 0], x[w, 1], x[w, 2], row[w]
            reach = 0.0
            for v in (a, b):
                f = spoke[v]
                while True:
                    w = start[after(f)]
                    reach = max(reach, (x[w, 0] - px) ** 2 + (x[w, 1] - py) ** 2 + (x[w, 2] - pz) ** 2)
                    f = turn(twin, f)
                    if f == spoke[v]:
                        break
            if reach > longest * longest:
                continue
            if _faces_stay(x, start, twin, spoke[a], b, px, py, pz) and _faces_stay(x, start, twin, spoke[b], a, px, py, pz):
                kept, qx, qy, qz, triangle = choice, px, py, pz, hit
                break
        if kept >= 0:
            _collapse(start, twin, spoke, e)
            x[a, 0], x[a, 1], x[a, 2], row[a] = qx, qy, qz, triangle
            vertices -= 1
    return vertices


@kernel
def flip_to_six(x, start, twin, spoke):
    """Flip edges between nearly coplanar faces where that brings four valences nearer to six."""
    changed = 0
    for e in range(len(start)):
        o = twin[e]
        if start[e] < 0 or o < e:
            continue
        a, b, p, q = start[e], start[o], start[before(e)], start[before(o)]
        va, vb = valence(twin, spoke[a]) - 6, valence(twin, spoke[b]) - 6
        vp, vq = valence(twin, spoke[p]) - 6, valence(twin, spoke[q]) - 6
        if va <= -3 or vb <= -3:
            continue
        if (va - 1) ** 2 + (vb - 1) ** 2 + (vp + 1) ** 2 + (vq + 1) ** 2 >= va * va + vb * vb + vp * vp + vq * vq:
            continue
        nx, ny, nz, one = _cross(x, a, b, p)
        mx, my, mz, two = _cross(x, b, a, q)
        if one == 0.0 or two == 0.0 or nx * mx + ny * my + nz * mz < FLAT or joined(start, twin, spoke, p, q):
            continue
        nx, ny, nz = nx + mx, ny + my, nz + mz
        if face_dot(x, q, p, a, nx, ny, nz) < 1.0 or face_dot(x, p, q, b, nx, ny, nz) < 1.0:
            continue
        flip(start, twin, spoke, e)
        changed += 1
    return changed


@kernel
def relax(x, row, start, twin, spoke, source):
    """Move each vertex toward the mean of its neighbours, along the surface, and back onto the source."""
    stack, bound = np.empty(128, np.int64), np.empty(128)
    for v in range(len(spoke)):
        if spoke[v] < 0:
            continue
        e, count = spoke[v], 0
        cx, cy, cz = 0.0, 0.0, 0.0
        while True:
            w = start[after(e)]
            cx, cy, cz, count = cx + x[w, 0], cy + x[w, 1], cz + x[w, 2], count + 1
            e = turn(twin, e)
            if e == spoke[v]:
                break
        dx, dy, dz = cx / count - x[v, 0], cy / count - x[v, 1], cz / count - x[v, 2]
        nx, ny, nz = fan_normal(x, start, twin, e)
        dot = dx * nx + dy * ny + dz * nz
        px, py, pz = x[v, 0] + dx - dot * nx, x[v, 1] + dy - dot * ny, x[v, 2] + dz - dot * nz
        _, qx, qy, qz, triangle = nearest(source[0], px, py, pz, row[v], stack, bound)
        if _on_this_side(x, start, twin, e, source, triangle) and _faces_stay(x, start, twin, e, NOBODY, qx, qy, qz):
            x[v, 0], x[v, 1], x[v, 2], row[v] = qx, qy, qz, triangle
