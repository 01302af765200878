"""Shadow maps through the rasteriser: a lamp that throws a shadow and a dome for ambient occlusion."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import Camera
from renderfit.rendering.photo.filters import least_around
from renderfit.rendering.raster import rasterize

TAPS = 12
_ANGLE = 2.39996 * np.arange(TAPS)
SPIRAL = np.sqrt((np.arange(TAPS) + 0.5) / TAPS)[:, None] * np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)
"""Points spread evenly over the unit disc."""


Maps = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]
"""Depths (D, S, S) along the light's axis [m], infinite where nothing is; the least depth around each
pixel (D, S, S); world point to map pixel x, y and depth (D, 3, 4)."""


@numba.njit(cache=True, error_model="numpy")
def light_axes(direction: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the world-to-light transform (3, 4) that looks at the centre of a box (2, 3) along `-direction`."""
    x, y, z = direction
    a, b, c = (0.0, -z, y) if abs(z) > 0.9 else (-y, x, 0.0)  # the x or z axis times the direction
    length = math.sqrt(a * a + b * b + c * c)
    a, b, c = a / length, b / length, c / length
    frame = np.array([[a, b, c, 0], [z * b - y * c, x * c - z * a, y * a - x * b, 0], [-x, -y, -z, 0]])
    for k in range(3):
        for axis in range(3):
            frame[k, 3] -= frame[k, axis] * (bounds[0, axis] + bounds[1, axis]) / 2
    frame[2, 3] += 2 * light_radius(bounds)
    return frame


@numba.njit(cache=True, error_model="numpy")
def light_radius(bounds: NDArray[np.float64]) -> float:
    """Return the radius of the ball around a box (2, 3) [m]."""
    x, y, z = bounds[1] - bounds[0]
    return math.sqrt(x * x + y * y + z * z) / 2 + 1e-6


def light_frame(direction: NDArray[np.float64], bounds: NDArray[np.float64], size: int) -> tuple[NDArray[np.float64], Camera]:
    """Return the world-to-light transform (3, 4) and the orthographic camera that sees a box (2, 3) along `-direction`."""
    scale = size / (2.04 * light_radius(bounds))
    camera = Camera(size, size, scale, scale, size / 2, size / 2, near=1e-3, orthographic=True)
    return light_axes(direction, bounds), camera


def _maps(depths: NDArray[np.float32], frames: NDArray[np.float64], camera: Camera, reach: int) -> Maps:
    transforms = frames.copy()
    transforms[:, :2] *= camera.fx
    transforms[:, :2, 3] += camera.width / 2
    return depths, least_around(depths, reach), transforms


def lamp_map(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    bounds: NDArray[np.float64],
    direction: NDArray[np.float64],
    size: int,
    reach: int,
) -> Maps:
    """Render the depth of the nearest surface towards a lamp through the rasteriser.

    Parameters
    ----------
    vertices, faces : (V, 3), (F, 3) arrays
        Everything that throws shadows, object frame [m].
    bounds : (2, 3) array
        Their box.
    direction : (3,) array
        Unit vector to the lamp.
    size, reach : int
        Side of the map and how far lookups stray [px].
    """
    frame, camera = light_frame(direction, bounds, size)
    depth = rasterize(vertices @ frame[:, :3].T + frame[:, 3], faces, camera, backend="cpu").depth
    return _maps(np.where(depth > 0, depth, np.inf).astype(np.float32)[None], frame[None], camera, reach)


def dome_maps(points: NDArray[np.float64], bounds: NDArray[np.float64], directions: NDArray[np.float64], size: int, reach: int) -> Maps:
    """Splat points (S, 3) on the surface into depth maps towards every direction (D, 3): many, coarse and cheap."""
    camera = light_frame(np.array([0, 0, 1.0]), bounds, size)[1]
    transforms = np.empty((len(directions), 3, 4))
    for transform, direction in zip(transforms, directions, strict=True):
        transform[:] = light_axes(direction, bounds)
    transforms[:, :2] *= camera.fx
    transforms[:, :2, 3] += size / 2
    depths = np.full((len(directions), size, size), np.inf, np.float32)
    _splat(points, transforms, depths)
    return depths, least_around(depths, reach), transforms


@numba.njit(cache=True, error_model="numpy")
def _splat(points: NDArray[np.float64], transforms: NDArray[np.float64], depths: NDArray[np.float32]) -> None:
    for k in range(len(transforms)):
        t = transforms[k]
        for n in range(len(points)):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            j = int(t[0, 0] * x + t[0, 1] * y + t[0, 2] * z + t[0, 3])
            i = int(t[1, 0] * x + t[1, 1] * y + t[1, 2] * z + t[1, 3])
            if 0 <= i < depths.shape[1] and 0 <= j < depths.shape[2]:
                depths[k, i, j] = min(depths[k, i, j], np.float32(t[2, 0] * x + t[2, 1] * y + t[2, 2] * z + t[2, 3]))


def dome(count: int, turn: float) -> NDArray[np.float64]:
    """Return `count` unit vectors (count, 3) spread over the upper half sphere."""
    index = np.arange(count) + 0.5
    up = np.sqrt(1 - 0.93 * index / count)
    angle = index * math.pi * (3 - math.sqrt(5)) + turn
    flat = np.sqrt(1 - up * up)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), up], axis=1)


@numba.njit(cache=True, error_model="numpy")
def search_radius(size: int, width: float) -> float:
    """Return how far around a point blockers are looked for in a map of `size` px under a lamp of half size `width`."""
    return 1.0 + 0.08 * size * min(1.0, 2 * width)


@numba.njit(cache=True, error_model="numpy")
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


@numba.njit(cache=True, error_model="numpy")
def _lit(depths: NDArray[np.float32], u: float, v: float, d: float) -> float:
    size = depths.shape[0]
    j, i = math.floor(u - 0.5), math.floor(v - 0.5)
    if j < 0 or i < 0 or j >= size - 1 or i >= size - 1:
        return 1.0
    a, b = u - 0.5 - j, v - 0.5 - i
    top = (1 - a if depths[i, j] >= d else 0.0) + (a if depths[i, j + 1] >= d else 0.0)
    below = (1 - a if depths[i + 1, j] >= d else 0.0) + (a if depths[i + 1, j + 1] >= d else 0.0)
    return (1 - b) * top + b * below


@numba.njit(cache=True, error_model="numpy")
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
