"""Shadow maps through the rasteriser: a lamp that throws a shadow and a dome for ambient occlusion."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from renderfit.geometry import Camera
from renderfit.rendering.rasterize import rasterize

TAPS = 12
_ANGLE = 2.39996 * np.arange(TAPS)
SPIRAL = np.sqrt((np.arange(TAPS) + 0.5) / TAPS)[:, None] * np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)
"""Points spread evenly over the unit disc."""


def shadow_maps(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], directions: NDArray[np.float64], size: int, reach: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Render the depth of the nearest surface towards each light.

    Parameters
    ----------
    vertices, faces : (V, 3), (F, 3) arrays
        Everything that throws shadows, object frame [m].
    directions : (D, 3) array
        Unit vectors to the lights.
    size : int
        Side of a map [px].
    reach : int
        How far lookups stray from the pixel of a point [px].

    Returns
    -------
    maps : (D, size, size) float32 array
        Depth along the light's axis [m], infinite where nothing is.
    closest : (D, size, size) float32 array
        Least depth within `reach` pixels.
    transforms : (D, 3, 4) array
        World point to map pixel x, y and depth [m].
    """
    maps = np.full((len(directions), size, size), np.inf, np.float32)
    transforms = np.zeros((len(directions), 3, 4))
    low, high = vertices.min(0), vertices.max(0)
    centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2 + 1e-6
    scale = size / (2.04 * radius)
    camera = Camera(size, size, scale, scale, size / 2, size / 2, near=1e-3, orthographic=True)
    for index, direction in enumerate(directions):
        helper = np.array([1.0, 0, 0]) if abs(direction[2]) > 0.9 else np.array([0, 0, 1.0])
        right = np.cross(helper, direction)
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(-direction, right), -direction])
        shift = -rotation @ centre + np.array([0, 0, 2 * radius])
        depth = rasterize(vertices @ rotation.T + shift, faces, camera, backend="cpu").depth
        maps[index] = np.where(depth > 0, depth, np.inf)
        transforms[index, :2, :3], transforms[index, :2, 3] = scale * rotation[:2], scale * shift[:2] + size / 2
        transforms[index, 2, :3], transforms[index, 2, 3] = rotation[2], shift[2]
    return maps, minimum_filter(maps, size=(1, 2 * reach + 1, 2 * reach + 1), mode="nearest"), transforms


def dome(count: int, turn: float) -> NDArray[np.float64]:
    """Return `count` unit vectors (count, 3) spread over the upper half sphere."""
    index = np.arange(count) + 0.5
    up = np.sqrt(1 - 0.93 * index / count)
    angle = index * math.pi * (3 - math.sqrt(5)) + turn
    flat = np.sqrt(1 - up * up)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), up], axis=1)


@numba.njit(cache=True)
def search_radius(size: int, width: float) -> float:
    """Return how far around a point blockers are looked for in a map of `size` px under a lamp of half size `width`."""
    return 1.0 + 0.08 * size * min(1.0, 2 * width)


@numba.njit(cache=True)
def soft_shadow(
    depths: NDArray[np.float32],
    closest: NDArray[np.float32],
    transform: NDArray[np.float64],
    x: float,
    y: float,
    z: float,
    width: float,
    bias: float,
) -> float:
    """Return the visible part of a lamp in [0, 1]; shadows are sharp at contact and soften with distance.

    `closest` is the least depth around each pixel of the map: where it lies behind the point nothing needs a search.
    """
    size = depths.shape[0]
    u = transform[0, 0] * x + transform[0, 1] * y + transform[0, 2] * z + transform[0, 3]
    v = transform[1, 0] * x + transform[1, 1] * y + transform[1, 2] * z + transform[1, 3]
    d = transform[2, 0] * x + transform[2, 1] * y + transform[2, 2] * z + transform[2, 3] - bias
    scale = math.sqrt(transform[0, 0] ** 2 + transform[0, 1] ** 2 + transform[0, 2] ** 2)
    search = search_radius(size, width)
    i, j = math.floor(v), math.floor(u)
    if i < 0 or j < 0 or i >= size or j >= size or closest[i, j] >= d:
        return 1.0
    blockers, found = 0.0, 0
    for tap in range(TAPS):
        i, j = math.floor(v + search * SPIRAL[tap, 1]), math.floor(u + search * SPIRAL[tap, 0])
        if 0 <= i < size and 0 <= j < size and depths[i, j] < d:
            blockers += depths[i, j]
            found += 1
    if found == 0:
        return 1.0
    reach = min(search, max(0.8, width * (d - blockers / found) * scale))
    lit = 0.0
    for tap in range(TAPS):
        lit += _lit(depths, u + reach * SPIRAL[tap, 0], v + reach * SPIRAL[tap, 1], d)
    return lit / TAPS


@numba.njit(cache=True)
def _lit(depths: NDArray[np.float32], u: float, v: float, d: float) -> float:
    size = depths.shape[0]
    j, i = math.floor(u - 0.5), math.floor(v - 0.5)
    if j < 0 or i < 0 or j >= size - 1 or i >= size - 1:
        return 1.0
    a, b = u - 0.5 - j, v - 0.5 - i
    top = (1 - a if depths[i, j] >= d else 0.0) + (a if depths[i, j + 1] >= d else 0.0)
    below = (1 - a if depths[i + 1, j] >= d else 0.0) + (a if depths[i + 1, j + 1] >= d else 0.0)
    return (1 - b) * top + b * below


@numba.njit(cache=True)
def ambient_visibility(
    maps: NDArray[np.float32],
    closest: NDArray[np.float32],
    transforms: NDArray[np.float64],
    directions: NDArray[np.float64],
    p: tuple[float, float, float],
    n: tuple[float, float, float],
    bias: float,
) -> float:
    """Return the cosine-weighted part of the upper sky that point `p` with normal `n` sees, in [0, 1]."""
    seen, total = 0.0, 1e-9
    for k in range(len(maps)):
        weight = n[0] * directions[k, 0] + n[1] * directions[k, 1] + n[2] * directions[k, 2]
        if weight <= 0:
            continue
        t = transforms[k]
        u = t[0, 0] * p[0] + t[0, 1] * p[1] + t[0, 2] * p[2] + t[0, 3]
        v = t[1, 0] * p[0] + t[1, 1] * p[1] + t[1, 2] * p[2] + t[1, 3]
        total += weight
        d = t[2, 0] * p[0] + t[2, 1] * p[1] + t[2, 2] * p[2] + t[2, 3] - bias
        i, j = math.floor(v), math.floor(u)
        if i < 0 or j < 0 or i >= maps.shape[1] or j >= maps.shape[2] or closest[k, i, j] >= d:
            seen += weight
            continue
        lit = _lit(maps[k], u - 0.9, v - 0.5, d) + _lit(maps[k], u + 0.9, v - 0.1, d) + _lit(maps[k], u, v + 0.9, d)
        seen += weight * lit / 3
    return seen / total
