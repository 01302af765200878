"""Table, wall and flat things lying on them: drawn at random, hit by rays analytically (numba)."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.photo.materials import surface_materials

PATCH = np.dtype(
    [
        ("on_wall", "i8"),
        ("centre", "f8", 2),  # [m] in the plane
        ("turn", "f8", 2),  # cosine and sine
        ("half", "f8", 2),  # half sizes [m]
        ("round", "i8"),
    ]
)
TABLE, WALL = 0, 1
"""Material indices of a backdrop; patch k has material 2 + k."""


def draw_backdrop(
    generator: np.random.Generator, forward: NDArray[np.float64], size: float, kinds: tuple[str, ...]
) -> tuple[NDArray[np.void], NDArray[np.float64], NDArray[np.void]]:
    """Draw what lies behind and below an object.

    Parameters
    ----------
    generator : numpy Generator
        Source of the draw.
    forward : (3,) array
        Viewing direction in the object frame.
    size : float
        Bounding box diagonal of the object [m].
    kinds : tuple of str
        Patterns to choose from.

    Returns
    -------
    patches : (K,) record array
    wall : (4,) array
        Unit normal (pointing away from the camera) and distance from the object's centre [m].
    materials : (2 + K,) record array
        Table, wall, patches.
    """
    flat = np.array([forward[0], forward[1], 0.0])
    horizontal = np.linalg.norm(flat) > 0.2 and forward[2] < 0.05
    normal = flat if horizontal else forward.copy()
    yaw = generator.uniform(-0.5, 0.5)
    turn = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    normal = turn @ (normal / np.linalg.norm(normal))
    wall = np.append(normal, size * np.exp(generator.uniform(np.log(0.9), np.log(8.0))))
    patches = np.zeros(int(generator.integers(0, 6)), PATCH)
    for patch in patches:
        patch["on_wall"] = generator.random() < 0.3
        angle = generator.uniform(0, 6.28)
        patch["turn"] = math.cos(angle), math.sin(angle)
        patch["centre"] = generator.uniform(-1.6, 1.6, 2) * size
        patch["half"] = size * np.exp(generator.uniform(np.log(0.12), np.log(1.0), 2))
        patch["round"] = generator.random() < 0.25
    materials = surface_materials(generator, kinds, 2 + len(patches))
    if generator.random() < 0.15:  # a seamless studio sweep
        materials[WALL] = materials[TABLE]
    return patches, wall, materials


@numba.njit(cache=True, error_model="numpy")
def hit(
    eye: NDArray[np.float64],
    dx: float,
    dy: float,
    dz: float,
    table: bool,
    table_height: float,
    wall: NDArray[np.float64],
    patches: Any,
) -> tuple[int, float]:
    """Return the material index and the ray parameter of the backdrop along ``eye + t d``; (-1, 0) for the open sky."""
    nearest, kind = 1e9, -1
    if table and dz < -1e-6:
        nearest, kind = (table_height - eye[2]) / dz, TABLE
    ahead = dx * wall[0] + dy * wall[1] + dz * wall[2]
    if ahead > 1e-6:
        t = (wall[3] - eye[0] * wall[0] - eye[1] * wall[1] - eye[2] * wall[2]) / ahead
        if 0 < t < nearest:
            nearest, kind = t, WALL
    if kind < 0:
        return -1, 0.0
    x, y = eye[0] + nearest * dx, eye[1] + nearest * dy
    if kind == WALL:
        x, y = x * wall[1] - y * wall[0], eye[2] + nearest * dz
    for k in range(len(patches)):
        patch = patches[k]
        if (patch.on_wall == 1) != (kind == WALL):
            continue
        u, v = x - patch.centre[0], y - patch.centre[1]
        u, v = (u * patch.turn[0] - v * patch.turn[1]) / patch.half[0], (u * patch.turn[1] + v * patch.turn[0]) / patch.half[1]
        inside = u * u + v * v < 1 if patch.round == 1 else (abs(u) < 1 and abs(v) < 1)
        if inside:
            return 2 + k, nearest
    return kind, nearest
