"""Furniture and what stands on it, made by hand with random proportions: z up, front +y."""

from __future__ import annotations

import numpy as np
import trimesh
from trimesh.creation import box, torus

from handmade.pieces import block, joined, moved, rod, turned


def chair(r):
    w = r.uniform(0.38, 0.5)
    d = r.uniform(0.38, 0.5)
    h = r.uniform(0.4, 0.48)
    t = r.uniform(0.02, 0.08)
    b = r.uniform(0.3, 0.6)
    leg = r.uniform(0.02, 0.05)
    p = [block(0, 0, h, w, d, t)]
    kind = r.integers(4)
    if kind < 3:
        for sx in (-1, 1):
            for sy in (-1, 1):
                p.append(block(sx * (w - leg) / 2, sy * (d - leg) / 2, 0, leg, leg, h))
    else:
        p += [rod(0, 0, 0.03, 0.03, h - 0.03), block(0, 0, 0, 0.5, 0.05, 0.03), block(0, 0, 0, 0.05, 0.5, 0.03)]
    if kind == 1:
        for sx in (-1, 0, 1):
            p.append(block(sx * (w - leg) / 2, -(d - leg) / 2, h + t, leg, leg, b))
        p.append(block(0, -(d - leg) / 2, h + t + b - 0.08, w, leg, 0.08))
    else:
        p.append(block(0, -(d - leg) / 2, h + t, w, leg, b))
    if kind == 2 or r.random() < 0.3:
        for sx in (-1, 1):
            p += [block(sx * (w / 2), 0, h + t + 0.18, 0.05, d, 0.03), block(sx * (w / 2), d / 2 - 0.03, h + t, 0.03, 0.03, 0.18)]
    return joined(*p)


def table(r):
    w = r.uniform(0.6, 1.6)
    d = r.uniform(0.5, 0.9)
    h = r.uniform(0.4, 0.8)
    t = r.uniform(0.02, 0.05)
    leg = r.uniform(0.04, 0.08)
    p = [block(0, 0, h, w, d, t)]
    k = r.integers(3)
    if k < 2:
        for sx in (-1, 1):
            for sy in (-1, 1):
                p.append(block(sx * (w - leg) / 2 * 0.95, sy * (d - leg) / 2 * 0.95, 0, leg, leg, h))
        if k == 1:
            p.append(block(0, 0, 0.15, w * 0.9, d * 0.9, 0.02))
    else:
        p = [rod(0, 0, h, d / 2, t), rod(0, 0, 0.02, 0.04, h), rod(0, 0, 0, d / 3.5, 0.03)]
    return joined(*p)


def stool(r):
    h = r.uniform(0.4, 0.7)
    radius = r.uniform(0.15, 0.2)
    p = [rod(0, 0, h, radius, 0.04)]
    n = r.integers(3, 5)
    for a in np.arange(n) * 2 * np.pi / n:
        p.append(rod(radius * 0.8 * np.cos(a), radius * 0.8 * np.sin(a), 0, 0.015, h))
    if r.random() < 0.5:
        p.append(moved(torus(radius * 0.8, 0.01), 0, 0, h * 0.4))
    return joined(*p)


def sofa(r):
    w = r.uniform(1.2, 2.2)
    d = r.uniform(0.8, 0.95)
    s = r.uniform(0.35, 0.45)
    b = r.uniform(0.35, 0.5)
    a = r.uniform(0.1, 0.22)
    p = [block(0, 0, 0.08, w, d, s), block(0, -d / 2 + 0.1, 0.08 + s, w, 0.2, b)] + [
        block(x * (w / 2 - a / 2), 0, 0.08 + s, a, d, 0.2) for x in (-1, 1)
    ]
    p += [block(x * w * 0.45, y * d * 0.42, 0, 0.06, 0.06, 0.08) for x in (-1, 1) for y in (-1, 1)]
    return joined(*p)


def bed(r):
    w = r.uniform(0.9, 1.8)
    d = 2.0
    h = r.uniform(0.3, 0.5)
    p = [block(0, 0, 0.15, w, d, h - 0.15), block(0, -d / 2, 0, w, 0.06, h + r.uniform(0.3, 0.6))] + [
        block(x * w * 0.46, y * d * 0.46, 0, 0.07, 0.07, 0.15) for x in (-1, 1) for y in (-1, 1)
    ]
    p += [block(x * w * 0.22, -d * 0.36, h, w * 0.35, 0.35, 0.1) for x in (-1, 1)]
    return joined(*p)


def shelf(r):
    w = r.uniform(0.6, 1.2)
    d = r.uniform(0.25, 0.4)
    h = r.uniform(0.8, 2)
    n = r.integers(3, 6)
    t = 0.025
    p = [block(x * (w / 2), 0, 0, t, d, h) for x in (-1, 1)] + [block(0, 0, 0.05 + k * (h - 0.08) / (n - 1), w, d, t) for k in range(n)]
    if r.random() < 0.6:
        p.append(block(0, -d / 2, 0, w, 0.01, h))
    return joined(*p)


def cabinet(r):
    w = r.uniform(0.4, 1.2)
    d = r.uniform(0.35, 0.6)
    h = r.uniform(0.5, 1.0)
    g = r.uniform(0.05, 0.15)
    n = r.integers(2, 5)
    p = [block(0, 0, g, w, d, h)] + [block(x * w * 0.45, y * d * 0.45, 0, 0.04, 0.04, g) for x in (-1, 1) for y in (-1, 1)]
    p += [block(0, d / 2 + 0.01, g + (k + 0.5) * h / n, 0.12, 0.02, 0.02) for k in range(n)]
    p.append(block(0, 0.01, g + h, w * 1.05, d * 1.05, 0.025))
    return joined(*p)


def lamp(r):
    h = r.uniform(0.3, 0.6)
    b = r.uniform(0.06, 0.1)
    s = r.uniform(0.08, 0.16)
    sh = r.uniform(0.12, 0.22)
    top = s * r.uniform(0.4, 1)
    p = [rod(0, 0, 0, b, 0.02), rod(0, 0, 0.02, 0.01, h)]
    p.append(turned([[s, h - 0.03], [top, h + sh - 0.03], [top - 0.003, h + sh - 0.03], [s - 0.003, h - 0.03], [s, h - 0.03]]))
    return joined(*p)


def desklamp(r):
    b = r.uniform(0.07, 0.1)
    a = r.uniform(0.2, 0.3)
    p = [rod(0, 0, 0, b, 0.02)]
    p.append(block(0, -0.02, 0.02, 0.02, 0.02, a))
    m = box([0.02, a, 0.02])
    m.apply_transform(trimesh.transformations.rotation_matrix(r.uniform(0.1, 0.6), [1, 0, 0]))
    p.append(moved(m, 0, a * 0.45, a + 0.06))
    hd = turned([[0.06, 0], [0.02, 0.08], [0.015, 0.08], [0.055, 0], [0.06, 0]])
    p.append(moved(hd, 0, a * 0.9, a + 0.02))
    return joined(*p)


def monitor(r):
    w = r.uniform(0.4, 0.7)
    h = w * r.uniform(0.5, 0.7)
    s = r.uniform(0.08, 0.18)
    return joined(block(0, 0, s, w, 0.03, h), block(0, -0.02, 0.01, 0.05, 0.03, s + h * 0.3), block(0, 0, 0, w * 0.4, 0.18, 0.015))


def fan(r):
    b = r.uniform(0.1, 0.16)
    h = r.uniform(0.25, 0.9)
    radius = r.uniform(0.14, 0.22)
    p = [
        rod(0, 0, 0, b, 0.025),
        rod(0, 0, 0.025, 0.015, h),
        rod(0, 0.0, h + radius, radius, 0.1, 24, "y"),
        rod(0, -0.08, h + radius, 0.05, 0.1, 16, "y"),
    ]
    return joined(*p)
