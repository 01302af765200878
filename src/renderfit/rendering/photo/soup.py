"""Loops over the vertices and faces of what is photographed (numba)."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, error_model="numpy")
def bent(
    vertices: NDArray[np.float64],
    centre: NDArray[np.float64],
    size: float,
    stretch: NDArray[np.float64],
    waves: NDArray[np.float64],
    pushes: NDArray[np.float64],
    phases: NDArray[np.float64],
    floor: float,
) -> NDArray[np.float64]:
    """Stretch vertices (V, 3) and push them along waves, then set the lowest one on `floor`."""
    moved = np.empty_like(vertices)
    lowest = np.inf
    for n in range(len(vertices)):
        x, y, z = (vertices[n, 0] - centre[0]) / size, (vertices[n, 1] - centre[1]) / size, (vertices[n, 2] - centre[2]) / size
        a, b, c = x * stretch[0], y * stretch[1], z * stretch[2]
        for k in range(len(waves)):
            swing = math.sin(x * waves[k, 0] + y * waves[k, 1] + z * waves[k, 2] + phases[k])
            a, b, c = a + swing * pushes[k, 0], b + swing * pushes[k, 1], c + swing * pushes[k, 2]
        moved[n, 0], moved[n, 1], moved[n, 2] = a * size + centre[0], b * size + centre[1], c * size + centre[2]
        lowest = min(lowest, moved[n, 2])
    for n in range(len(vertices)):
        moved[n, 2] += floor - lowest
    return moved


@numba.njit(cache=True, error_model="numpy")
def points_at(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], chosen: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return points (S, 3) on the `chosen` faces (S,) at barycentrics `weights` (S, 3)."""
    found = np.zeros((len(chosen), 3))
    for n in range(len(chosen)):
        for corner in range(3):
            v = faces[chosen[n], corner]
            for k in range(3):
                found[n, k] += weights[n, corner] * vertices[v, k]
    return found


@numba.njit(cache=True, error_model="numpy")
def span(vertices: NDArray[np.float64], pose: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the greatest x / z and y / z (2,) of vertices (V, 3) under an object-to-camera matrix (4, 4)."""
    least, most = np.full(2, np.inf), np.full(2, -np.inf)
    for n in range(len(vertices)):
        x, y, z = vertices[n, 0], vertices[n, 1], vertices[n, 2]
        depth = pose[2, 0] * x + pose[2, 1] * y + pose[2, 2] * z + pose[2, 3]
        for k in range(2):
            value = (pose[k, 0] * x + pose[k, 1] * y + pose[k, 2] * z + pose[k, 3]) / depth
            least[k], most[k] = min(least[k], value), max(most[k], value)
    return least, most


@numba.njit(cache=True, error_model="numpy")
def box_of(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lowest and highest coordinates (2, 3) of vertices (V, 3)."""
    found = np.empty((2, 3))
    found[0], found[1] = np.inf, -np.inf
    for n in range(len(vertices)):
        for k in range(3):
            found[0, k], found[1, k] = min(found[0, k], vertices[n, k]), max(found[1, k], vertices[n, k])
    return found


@numba.njit(cache=True, error_model="numpy")
def corner_normals(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    ring_start: NDArray[np.int64],
    ring: NDArray[np.int64],
    crease: float,
) -> NDArray[np.float64]:
    """Return unit normals (F, 3, 3): area-weighted over the faces at a corner whose cosine to it exceeds `crease`."""
    count = len(faces)
    cross, area = np.zeros((count, 3)), np.zeros(count)
    for f in range(count):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        cross[f, 0], cross[f, 1], cross[f, 2] = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        area[f] = np.sqrt(cross[f, 0] ** 2 + cross[f, 1] ** 2 + cross[f, 2] ** 2)
    normals = np.zeros((count, 3, 3))
    for f in range(count):
        for k in range(3):
            v = faces[f, k]
            x, y, z = 0.0, 0.0, 0.0
            for r in range(ring_start[v], ring_start[v + 1]):
                g = ring[r]
                dot = cross[f, 0] * cross[g, 0] + cross[f, 1] * cross[g, 1] + cross[f, 2] * cross[g, 2]
                if dot >= crease * area[f] * area[g]:
                    x, y, z = x + cross[g, 0], y + cross[g, 1], z + cross[g, 2]
            length = np.sqrt(x * x + y * y + z * z)
            if length < 1e-30:
                x, y, z, length = 0.0, 0.0, 1.0, 1.0
            normals[f, k, 0], normals[f, k, 1], normals[f, k, 2] = x / length, y / length, z / length
    return normals
