"""Vessels and other turned things, made by hand with random proportions: z up, front +y."""

from __future__ import annotations

import numpy as np
import trimesh
from trimesh.creation import box, cone, torus

from handmade.pieces import block, joined, moved, rod, turned


def mug(r):
    radius = r.uniform(0.03, 0.05)
    h = r.uniform(0.07, 0.13)
    t = 0.004
    k = r.uniform(0.85, 1.25)
    body = turned([[0, 0], [radius, 0], [radius * k, h], [radius * k - t, h], [radius - t, t], [0, t]])
    hd = torus(h * 0.3, 0.006)
    hd.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
    hd.apply_scale([1, 0.8, 1])
    return joined(body, moved(hd, 0, radius * (1 + k) / 2 + 0.008, h * 0.5))


def bowl(r):
    radius = r.uniform(0.06, 0.14)
    h = radius * r.uniform(0.35, 0.8)
    f = radius * r.uniform(0.3, 0.5)
    t = 0.004
    s = np.linspace(0, 1, 8)
    prof = [[0, 0], [f, 0]] + [[f + (radius - f) * np.sin(a * np.pi / 2), 0.005 + h * (1 - np.cos(a * np.pi / 2))] for a in s]
    inn = [[max(x - t, 0), z + t] for x, z in prof[::-1]]
    inn[-1][0] = 0
    return turned(prof + inn)


def plate(r):
    radius = r.uniform(0.09, 0.14)
    h = r.uniform(0.015, 0.03)
    f = radius * 0.6
    t = 0.003
    return turned([[0, 0], [f, 0], [radius, h], [radius, h + t], [f, t], [0, t]])


def vase(r):
    n = 7
    radius = np.array(
        [
            r.uniform(0.04, 0.06),
            *r.uniform(0.05, 0.1, 2),
            r.uniform(0.05, 0.09),
            r.uniform(0.02, 0.05),
            r.uniform(0.02, 0.05),
            r.uniform(0.03, 0.06),
        ]
    )
    h = r.uniform(0.18, 0.35)
    z = np.linspace(0, h, n)
    from scipy.interpolate import PchipInterpolator as P

    zz = np.linspace(0, h, 24)
    rr = P(z, radius)(zz)
    o = np.stack([rr, zz], 1)
    i = np.stack([rr - 0.004, np.maximum(zz, 0.004)], 1)[::-1]
    return turned(np.vstack([[[0, 0]], o, i, [[0, 0.004]]]))


def jar(r):
    radius = r.uniform(0.03, 0.06)
    h = r.uniform(0.06, 0.14)
    n = radius * r.uniform(0.75, 0.95)
    c = r.uniform(0.01, 0.025)
    return joined(
        turned([[0, 0], [radius * 0.95, 0], [radius, 0.005], [radius, h * 0.85], [n, h * 0.95], [n, h], [0, h]]), rod(0, 0, h, n * 1.05, c)
    )


def kettle(r):
    radius = r.uniform(0.07, 0.1)
    h = r.uniform(0.12, 0.2)
    k = r.uniform(0.55, 0.85)
    body = turned([[0, 0], [radius, 0], [radius * 1.02, 0.02], [radius * k, h], [0, h * 1.05]])
    sp = cone(0.025, 0.1, sections=16)
    sp.apply_transform(trimesh.transformations.rotation_matrix(-0.9, [1, 0, 0]))
    sp = moved(sp, 0, radius * 0.8, h * 0.5)
    hd = torus(0.06, 0.01)
    hd.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
    return joined(
        body,
        sp,
        moved(hd, 0, -radius * 0.95, h * 0.55) if r.random() < 0.5 else moved(hd, 0, 0, h * 1.05),
        rod(0, 0, h * 1.04, 0.012, 0.02),
    )


def bucket(r):
    radius = r.uniform(0.1, 0.15)
    h = r.uniform(0.2, 0.35)
    k = r.uniform(1.1, 1.4)
    hd = torus(radius * k, 0.006)
    hd.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    body = turned([[0, 0], [radius, 0], [radius * k, h], [radius * k - 0.003, h], [radius - 0.003, 0.003], [0, 0.003]])
    if r.random() < 0.5:
        return body
    hd.update_faces(hd.triangles_center[:, 2] > 0)
    return joined(body, moved(hd, 0, 0, h))


def wineglass(r):
    b = r.uniform(0.03, 0.04)
    radius = r.uniform(0.03, 0.045)
    s = r.uniform(0.07, 0.1)
    h = r.uniform(0.07, 0.11)
    t = 0.002
    return turned(
        [
            [0, 0],
            [b, 0],
            [b, 0.003],
            [0.005, 0.008],
            [0.004, s],
            [radius, s + h * 0.4],
            [radius * 0.85, s + h],
            [radius * 0.85 - t, s + h],
            [radius - t, s + h * 0.4],
            [0, s + 0.006],
        ]
    )


def pan(r):
    radius = r.uniform(0.1, 0.15)
    h = r.uniform(0.04, 0.1)
    t = 0.003
    return joined(
        turned([[0, 0], [radius * 0.85, 0], [radius, h], [radius - t, h], [radius * 0.85 - t, t], [0, t]]),
        block(0, radius + 0.09, h * 0.7, 0.025, 0.2, 0.015),
    )


def can(r):
    radius = r.uniform(0.03, 0.04)
    h = r.uniform(0.09, 0.16)
    return turned(
        [
            [0, 0.003],
            [radius * 0.75, 0.003],
            [radius * 0.8, 0],
            [radius, 0.008],
            [radius, h - 0.012],
            [radius * 0.82, h],
            [radius * 0.8, h - 0.003],
            [0, h - 0.003],
        ]
    )


def trophy(r):
    b = r.uniform(0.04, 0.06)
    radius = r.uniform(0.04, 0.07)
    p = [
        block(0, 0, 0, 2 * b, 2 * b, 0.04),
        turned(
            [[0, 0.04], [b * 0.7, 0.04], [0.01, 0.06], [0.01, 0.1], [radius * 0.6, 0.12], [radius, 0.22], [radius - 0.004, 0.22], [0, 0.13]]
        ),
    ]
    for x in (-1, 1):
        t = torus(0.03, 0.005)
        t.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
        p.append(moved(t, x * radius * 0.95, 0, 0.18))
    return joined(*p)


def plant(r):
    b = r.uniform(0.07, 0.1)
    h = r.uniform(0.12, 0.2)
    p = [turned([[0, 0], [b * 0.75, 0], [b, h], [b * 0.93, h], [b * 0.9, h - 0.02], [0, h - 0.02]])]
    for a in np.linspace(0, 2 * np.pi, r.integers(5, 9), endpoint=False):
        m = box([0.05, 0.004, r.uniform(0.2, 0.35)])
        m.apply_translation([0, 0, 0.15])
        m.apply_transform(trimesh.transformations.rotation_matrix(r.uniform(0.2, 0.8), [1, 0, 0]))
        m.apply_transform(trimesh.transformations.rotation_matrix(a, [0, 0, 1]))
        p.append(moved(m, 0, 0, h - 0.02))
    return joined(*p)
