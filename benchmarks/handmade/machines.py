"""Vehicles, appliances and creatures, made by hand with random proportions: z up, front +y."""

from __future__ import annotations

import trimesh
from trimesh.creation import box, icosphere

from handmade.pieces import block, joined, moved, rod


def car(r):
    length = r.uniform(3.6, 4.8)
    w = r.uniform(1.6, 1.9)
    h = r.uniform(0.5, 0.7)
    c = r.uniform(0.4, 0.6)
    wr = r.uniform(0.28, 0.36)
    g = wr * 0.6
    p = [block(0, 0, g, w, length, h)]
    cab = box([w * 0.88, length * r.uniform(0.4, 0.6), c])
    v = cab.vertices.copy()
    v[v[:, 2] > 0, 1] *= 0.75
    v[v[:, 2] > 0, 0] *= 0.9
    cab.vertices = v
    p.append(moved(cab, 0, -length * r.uniform(0, 0.1), g + h + c / 2))
    for sx in (-1, 1):
        for sy in (-1, 1):
            p.append(rod(sx * (w / 2 - 0.1), sy * length * 0.32, wr, wr, 0.22, 20, "x"))
    return joined(*p)


def truck(r):
    length = r.uniform(5, 8)
    w = 2.0
    wr = 0.45
    p = [
        block(0, -length * 0.1, 0.8, w, length * 0.75, r.uniform(0.3, 2)),
        block(0, length * 0.38, 0.5, w, length * 0.2, 1.9),
        block(0, 0, 0.5, w * 0.4, length, 0.3),
    ]
    for sx in (-1, 1):
        for y in (-0.35, -0.2, 0.38):
            p.append(rod(sx * (w / 2 - 0.15), y * length, wr, wr, 0.3, 20, "x"))
    return joined(*p)


def plane(r):
    length = r.uniform(8, 12)
    p = [
        rod(0, 0, 1.5, 0.6, length, 20, "y"),
        block(0, 0.5, 1.2, length * 0.95, 1.4, 0.12),
        block(0, -length * 0.45, 1.7, length * 0.32, 0.7, 0.08),
        block(0, -length * 0.46, 1.8, 0.08, 0.8, 1.4),
    ]
    p += [rod(x, y, 0.3, 0.3, 0.15, 16, "x") for x, y in ((-1, -0.2), (1, -0.2), (0, length * 0.38))] + [
        rod(x, y, 0.3, 0.06, 1.0) for x, y in ((-1, -0.2), (1, -0.2), (0, length * 0.38))
    ]
    return joined(*p)


def laptop(r):
    w = r.uniform(0.3, 0.38)
    d = w * 0.68
    a = r.uniform(-0.1, 0.5)
    m = box([w, 0.008, d])
    m.apply_translation([0, 0, d / 2])
    m.apply_transform(trimesh.transformations.rotation_matrix(a, [1, 0, 0]))
    return joined(block(0, 0, 0, w, d, 0.018), moved(m, 0, -d / 2, 0.018))


def toaster(r):
    w = r.uniform(0.16, 0.2)
    length = r.uniform(0.26, 0.32)
    h = r.uniform(0.17, 0.21)
    return joined(
        block(0, 0, 0.015, w, length, h),
        *[block(x * w * 0.38, y * length * 0.4, 0, 0.03, 0.03, 0.015) for x in (-1, 1) for y in (-1, 1)],
        block(0, length / 2 + 0.01, h * 0.6, 0.04, 0.03, 0.015),
        *[block(x * w * 0.2, 0, h + 0.012, 0.03, length * 0.7, 0.008) for x in (-1, 1)],
    )


def telephone(r):
    w = r.uniform(0.15, 0.2)
    b = box([w, w, 0.08])
    v = b.vertices
    v[(v[:, 2] > 0) & (v[:, 1] > 0), 2] -= 0.05
    b.vertices = v
    return joined(
        moved(b, 0, 0, 0.04),
        block(0, -w * 0.25, 0.085, w * 1.1, 0.04, 0.03),
        block(-w * 0.5, -w * 0.25, 0.07, 0.05, 0.05, 0.03),
        block(w * 0.5, -w * 0.25, 0.07, 0.05, 0.05, 0.03),
    )


def figure(r):
    # standing toy figure
    h = r.uniform(0.8, 1.2)
    p = (
        [block(x * 0.1, 0.02, 0, 0.1, 0.2, 0.06) for x in (-1, 1)]
        + [rod(x * 0.1, 0, 0.06, 0.06, 0.4 * h) for x in (-1, 1)]
        + [block(0, 0, 0.06 + 0.4 * h, 0.36, 0.2, 0.4 * h)]
    )
    s = icosphere(2, 0.12)
    p.append(moved(s, 0, 0, 0.06 + 0.8 * h + 0.13))
    p += [rod(x * 0.23, 0, 0.06 + 0.45 * h, 0.045, 0.35 * h) for x in (-1, 1)]
    return joined(*p)


def animal(r):
    length = r.uniform(0.6, 1.0)
    leg = r.uniform(0.25, 0.5)
    p = [block(0, 0, leg, 0.3, length, 0.32)] + [rod(x * 0.1, y * length * 0.4, 0, 0.04, leg) for x in (-1, 1) for y in (-1, 1)]
    p += [
        block(0, length * 0.55, leg + 0.25, 0.16, 0.25, 0.2),
        block(0, length * 0.42, leg + 0.2, 0.12, 0.15, 0.2),
        block(0, -length * 0.52, leg + 0.15, 0.03, 0.12, 0.03),
    ]
    return joined(*p)
