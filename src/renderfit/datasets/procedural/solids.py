"""Surfaces from sections: lofts, lathes, sweeps, rounded boxes; each returns (vertices, faces)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renderfit.datasets.procedural.curves import Array, rounded, superellipse

Faces = NDArray[np.int64]
Part = tuple[Array, Faces]


def loft(sections: Array, *, start: bool = True, end: bool = True) -> Part:
    """Join closed sections by quads.

    Parameters
    ----------
    sections : (S, N, 3) array
        Closed rings [m], counter-clockwise seen against the direction of travel.
    start, end : bool
        Close the first and last ring by a flat fan of its own vertices (a hard edge).
    """
    count, ring = sections.shape[:2]
    i, j = np.meshgrid(np.arange(count - 1), np.arange(ring), indexing="ij")
    a, b = i * ring + j, i * ring + (j + 1) % ring
    faces = np.stack([np.stack([a, b, b + ring], -1), np.stack([a, b + ring, a + ring], -1)], 2).reshape(-1, 3)
    parts = [(sections.reshape(-1, 3), faces.astype(np.int64))]
    if start:
        parts.append(fan(sections[0][::-1]))
    if end:
        parts.append(fan(sections[-1]))
    return join(*parts)


def fan(ring: Array) -> Part:
    """Close a ring (N, 3) by triangles around its mean."""
    index = np.arange(len(ring))
    faces = np.stack([index, np.roll(index, -1), np.full(len(ring), len(ring))], axis=1)
    return np.concatenate([ring, ring.mean(axis=0, keepdims=True)]), faces.astype(np.int64)


def join(*parts: Part) -> Part:
    """Put parts side by side; vertices are not merged."""
    offsets = np.cumsum([0, *(len(vertices) for vertices, _ in parts[:-1])])
    faces = [faces + offset for (_, faces), offset in zip(parts, offsets, strict=True)]
    return np.concatenate([vertices for vertices, _ in parts]), np.concatenate(faces)


def lathe(profile: ArrayLike, segments: int = 48, *, ribs: int = 0, depth: ArrayLike = 0.0, start: bool = True, end: bool = True) -> Part:
    """Turn a profile (K, 2) of radius and height [m], from low to high, about the z axis.

    `ribs` grooves of relative `depth` (scalar or one per profile point) run along the axis.
    """
    curve = np.asarray(profile, dtype=np.float64)
    theta = 2 * np.pi * np.arange(segments) / segments
    depths = np.broadcast_to(np.asarray(depth, dtype=np.float64), len(curve))[:, None]
    wave = 0.5 - 0.5 * np.cos(ribs * theta)[None] if ribs else np.zeros((1, segments))
    radius = curve[:, :1] * (1 - depths * wave)
    height = np.repeat(curve[:, 1:], segments, axis=1)
    return loft(np.stack([radius * np.cos(theta), radius * np.sin(theta), height], axis=-1), start=start, end=end)


def stations(table: Array, ring: int = 48, *, start: bool = True, end: bool = True) -> Part:
    """Loft superellipses along z.

    Parameters
    ----------
    table : (S, 6) array
        Rows of centre x, centre y, height z, half width x, half depth y [m], exponent (2: ellipse, 4+: rounded square).
    """
    rings = []
    for x, y, z, width, depth, exponent in table:
        section = superellipse(ring, exponent)
        rings.append(np.stack([x + width * section[:, 0], y + depth * section[:, 1], np.full(ring, z)], axis=1))
    return loft(np.stack(rings), start=start, end=end)


def sweep(path: Array, sizes: ArrayLike, ring: int = 16, exponent: float = 2.0, side: ArrayLike = (1.0, 0.0, 0.0)) -> Part:
    """Carry a superellipse along a path (S, 3); `sizes` (S, 2) or (2,): half size along `side` and across it [m].

    The ends are rounded off by shrinking the last rings.
    """
    size = np.broadcast_to(np.asarray(sizes, dtype=np.float64), (len(path), 2))
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    first = np.asarray(side, dtype=np.float64) - (tangent @ np.asarray(side, dtype=np.float64))[:, None] * tangent
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(tangent, first)
    section = superellipse(ring, exponent)
    rings = (
        path[:, None]
        + size[:, :1, None] * section[None, :, :1] * first[:, None]
        + size[:, 1:, None] * section[None, :, 1:] * second[:, None]
    )
    return loft(rings)


def rounded_box(size: ArrayLike, radius: float, exponent: float = 5.0, ring: int = 24, steps: int = 3) -> Part:
    """Return a box, base at z = 0, edges rounded by `radius`.

    Parameters
    ----------
    size : (3,) array
        Full size [m].
    radius : float
        Rounding of the top and bottom edges [m].
    exponent : float
        Superellipse of the outline: the higher, the sharper its corners.
    ring, steps : int
        Vertices around the outline and along each rounding.
    """
    x, y, z = np.asarray(size, dtype=np.float64)
    r = min(radius, 0.49 * z, 0.49 * min(x, y))
    profile = rounded([(1.2 * r, 0.0), (0.0, 0.0), (0.0, z), (1.2 * r, z)], 1.15 * r, spacing=max(z, r), steps=steps)
    table = np.zeros((len(profile), 6))
    table[:, 2] = profile[:, 1]
    table[:, 3], table[:, 4], table[:, 5] = 0.5 * x - profile[:, 0], 0.5 * y - profile[:, 0], exponent
    return stations(table, ring)


def turned(part: Part, axis: str) -> Part:
    """Turn a part whose axis is +z so that it points along `axis`: '+x', '-x', '+y', '-y' or '-z'."""
    matrices = {
        "+y": [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
        "-y": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
        "+x": [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],
        "-x": [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
        "-z": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    }
    return part[0] @ np.asarray(matrices[axis], dtype=np.float64).T, part[1]


def tilted(part: Part, angle: float, about: str = "x") -> Part:
    """Rotate a part by `angle` [degree] about a coordinate axis."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    matrices = {"x": [[1, 0, 0], [0, c, -s], [0, s, c]], "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]], "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]]}
    return part[0] @ np.asarray(matrices[about]).T, part[1]


def moved(part: Part, offset: ArrayLike) -> Part:
    """Shift a part by `offset` (3,) [m]."""
    return part[0] + np.asarray(offset, dtype=np.float64), part[1]


def mirrored(part: Part) -> Part:
    """Mirror a part at x = 0; faces keep facing outward."""
    return part[0] * np.array([-1.0, 1.0, 1.0]), part[1][:, ::-1]
