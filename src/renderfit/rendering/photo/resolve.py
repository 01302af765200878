"""Deferred shading of a whole picture with supersampling where surfaces meet (numba)."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.photo.backdrop import hit
from renderfit.rendering.photo.lighting import lamp_window, sky_radiance
from renderfit.rendering.photo.shading import shade
from renderfit.rendering.photo.shadows import ambient_visibility


@numba.njit(cache=True, error_model="numpy")
def resolve(  # noqa: PLR0912, PLR0915 - one loop over pixels, fused for speed
    face_id: NDArray[np.int32],
    barycentrics: NDArray[np.float64],
    depth: NDArray[np.float64],
    normals: NDArray[np.float64],
    face_material: NDArray[np.int64],
    object_faces: int,
    materials: Any,
    backdrop_first: int,
    eye: NDArray[np.float64],
    rotation: NDArray[np.float64],
    lens: tuple[float, float, float, float],
    table: bool,
    floor: float,
    wall: NDArray[np.float64],
    patches: Any,
    sky: NDArray[np.float64],
    lamps: Any,
    shadow: NDArray[np.float32],
    shadow_closest: NDArray[np.float32],
    shadow_transform: NDArray[np.float64],
    dome: NDArray[np.float32],
    dome_closest: NDArray[np.float32],
    dome_transform: NDArray[np.float64],
    dome_directions: NDArray[np.float64],
    bias: float,
    skirt: float,
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Shade a picture of H x W pixels from a G-buffer of 2H x 2W samples.

    A pixel whose four samples lie on one smooth surface is shaded once, else four times.

    Returns
    -------
    image : (H, W, 3) float32 array
        Linear radiance.
    coverage : (H, W) array
        Part of the pixel the object covers.
    distance : (H, W) array
        Depth [m] of the shaded surface, 0 for the open sky.
    """
    height, width = face_id.shape[0] // 2, face_id.shape[1] // 2
    image, coverage, distance = np.zeros((height, width, 3), np.float32), np.zeros((height, width)), np.zeros((height, width))
    color, kinds, rays, spans = np.zeros(3), np.zeros(4, np.int64), np.zeros((4, 3)), np.zeros(4)
    for i in range(height):
        for j in range(width):
            same = True
            for s in range(4):
                row, column = 2 * i + s // 2, 2 * j + s % 2
                cx, cy = ((column + 0.5) / 2 - lens[2]) / lens[0], ((row + 0.5) / 2 - lens[3]) / lens[1]
                for k in range(3):
                    rays[s, k] = rotation[0, k] * cx + rotation[1, k] * cy + rotation[2, k]
                face = face_id[row, column]
                if face >= 0:
                    kinds[s], spans[s] = face_material[face], depth[row, column]
                    coverage[i, j] += 0.25 if face < object_faces else 0.0
                else:
                    found, span = hit(eye, rays[s, 0], rays[s, 1], rays[s, 2], table, floor, wall, patches)
                    kinds[s], spans[s] = (backdrop_first + found if found >= 0 else -1), span
                if s > 0:
                    first = face_id[2 * i, 2 * j]
                    same &= kinds[s] == kinds[0] and abs(spans[s] - spans[0]) < 0.01 * spans[0]
                    if same and face >= 0 and first >= 0 and face != first:
                        dot = 0.0
                        for k in range(3):
                            dot += normals[face, 0, k] * normals[first, 0, k]
                        same &= dot > 0.9
            samples = 1 if same else 4
            for s in range(samples):
                row, column = 2 * i + s // 2, 2 * j + s % 2
                dx, dy, dz = rays[s, 0], rays[s, 1], rays[s, 2]
                length = math.sqrt(dx * dx + dy * dy + dz * dz)
                v = (-dx / length, -dy / length, -dz / length)
                if kinds[s] < 0:
                    for k in range(3):
                        color[k] = sky_radiance(sky, -v[2], 0.1, k)
                        for lamp in lamps:
                            color[k] += lamp.radiance[k] * lamp_window(lamp, -v[0], -v[1], -v[2], 0.1)
                else:
                    p = (eye[0] + spans[s] * dx, eye[1] + spans[s] * dy, eye[2] + spans[s] * dz)
                    face = face_id[row, column]
                    if face >= 0:
                        nx, ny, nz = 0.0, 0.0, 0.0
                        for corner in range(3):
                            w = barycentrics[row, column, corner]
                            nx += w * normals[face, corner, 0]
                            ny += w * normals[face, corner, 1]
                            nz += w * normals[face, corner, 2]
                        size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
                        if nx * v[0] + ny * v[1] + nz * v[2] < 0:
                            size = -size
                        n = (nx / size, ny / size, nz / size)
                    elif (kinds[s] == backdrop_first and table) or (table and kinds[s] > backdrop_first + 1 and abs(p[2] - floor) < 1e-9):
                        n = (0.0, 0.0, 1.0)
                    else:
                        n = (-wall[0], -wall[1], -wall[2])
                    footprint = spans[s] / lens[0] / max(0.15, n[0] * v[0] + n[1] * v[1] + n[2] * v[2])
                    lifted = (p[0] + bias * n[0], p[1] + bias * n[1], p[2] + bias * n[2])
                    occlusion = ambient_visibility(dome, dome_closest, dome_transform, dome_directions, lifted, n, bias)
                    if table and n[2] < 0.7:
                        occlusion *= 0.55 + 0.45 * min(1.0, max(0.0, (p[2] - floor) / skirt + 0.5 * (n[2] + 1)))
                    shade(
                        materials[kinds[s]],
                        lifted,
                        n,
                        v,
                        footprint,
                        occlusion,
                        sky,
                        lamps,
                        shadow,
                        shadow_closest,
                        shadow_transform,
                        bias,
                        color,
                    )
                for k in range(3):
                    image[i, j, k] += np.float32(color[k] / samples)
                distance[i, j] += spans[s] / samples
    return image, coverage, distance
