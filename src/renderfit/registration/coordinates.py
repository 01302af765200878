"""Evidence from predicted object coordinates: every pixel names the surface point it shows.

A predicted point X must lie on its pixel's ray (two residuals across the ray: the pose) and where that ray
meets the model (one residual along the ray: pose and shape). To first order a surface point under a fixed pixel
moves along the ray d by (n . m) / (n . d), where m is the motion of the material there and n the face's normal.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SLANT = 0.3
"""Below this cosine between ray and normal the residual along the ray counts less: it changes too fast there."""
GRAZING = 0.05
"""Below this cosine it does not count at all."""


@numba.njit(cache=True)
def residuals(
    points: Array,
    frames: Array,
    scale: Array,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    face_id: NDArray[np.int32],
    faces: NDArray[np.int64],
    turned: Array,
    offset: Array,
    rotation: Array,
    centre: Array,
) -> tuple[Array, Array, NDArray[np.int64], Array, Array]:
    """Compare predicted points with the rendering.

    Parameters
    ----------
    points, frames, scale : (N, 3), (N, 3, 3), (N,) arrays
        See `Samples`.
    rows, columns : (N,) int64 arrays
        Their pixels in the rendered image.
    face_id, faces : (H, W), (F, 3) arrays
        The rendered image and the triangles.
    turned, offset : (V, 3), (3,) arrays
        ``turned + offset`` are the vertices in the camera frame [m].
    rotation : (3, 3) array
    centre : (3,) array
        About which a common turn of all points is counted, object frame [m].

    Returns
    -------
    residual : (N, 3) array
        In standard deviations: two across the ray, one along it (0 where nothing was rendered).
    common : (N, 3, 6) array
        Derivative by a common rotation [rad] and shift [m] of all predicted points, object frame.
    hit : (N,) int64 array
        The face met, -1 for none.
    barycentrics : (N, 3) array
        Where the ray meets the face's plane.
    normals : (N, 4) array
        Face normal, camera frame, divided by its cosine to the ray; and the factor (attenuation / scale) of the third residual.
    """
    n = len(points)
    residual, common = np.zeros((n, 3)), np.zeros((n, 3, 6))
    hit, barycentrics, normals = np.full(n, -1, np.int64), np.zeros((n, 3)), np.zeros((n, 4))
    for i in range(n):
        y = np.zeros(3)
        for d in range(3):
            y[d] = offset[d]
            for k in range(3):
                y[d] += rotation[d, k] * points[i, k]
        face = face_id[rows[i], columns[i]]
        along = 0.0
        factor = 0.0
        if face >= 0:
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            u, v, w = turned[b] - turned[a], turned[c] - turned[a], turned[a] + offset
            normal = np.array([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])
            square = (normal**2).sum()
            slope = (normal * frames[i, 2]).sum()
            cosine = abs(slope) / max(np.sqrt(square), 1e-30)
            if cosine > GRAZING:
                hit[i] = face
                along = (normal * w).sum() / slope
                e = along * frames[i, 2] - w
                p = np.array([e[1] * v[2] - e[2] * v[1], e[2] * v[0] - e[0] * v[2], e[0] * v[1] - e[1] * v[0]])
                q = np.array([u[1] * e[2] - u[2] * e[1], u[2] * e[0] - u[0] * e[2], u[0] * e[1] - u[1] * e[0]])
                barycentrics[i, 1] = (p * normal).sum() / square
                barycentrics[i, 2] = (q * normal).sum() / square
                barycentrics[i, 0] = 1 - barycentrics[i, 1] - barycentrics[i, 2]
                factor = min(1.0, cosine / SLANT) / scale[i]
                normals[i, :3] = normal / slope
                normals[i, 3] = factor
        for r in range(3):
            g = 1.0 / scale[i] if r < 2 else factor
            value = 0.0
            for d in range(3):
                value += frames[i, r, d] * y[d]
            residual[i, r] = g * (value - along) if r == 2 else g * value
            h = np.zeros(3)
            for d in range(3):
                for k in range(3):
                    h[d] += rotation[k, d] * frames[i, r, k]
            x = points[i] - centre
            common[i, r, 0] = g * (x[1] * h[2] - x[2] * h[1])
            common[i, r, 1] = g * (x[2] * h[0] - x[0] * h[2])
            common[i, r, 2] = g * (x[0] * h[1] - x[1] * h[0])
            common[i, r, 3:] = g * h
    return residual, common, hit, barycentrics, normals


@numba.njit(cache=True)
def jacobian(
    points: Array,
    frames: Array,
    scale: Array,
    hit: NDArray[np.int64],
    barycentrics: Array,
    normals: Array,
    faces: NDArray[np.int64],
    vertices: Array,
    basis: Array,
    rotation: Array,
    twist: Array,
) -> Array:
    """Return the derivative (N, 3, K + 6) of the residuals by shape, rotation vector and translation.

    `vertices` (V, 3) are in the object frame, `basis` is (V, 3, K), `twist` (3, 3) the right Jacobian of the
    rotation vector; the other arguments are those and the results of `residuals`.
    """
    n, count = len(points), basis.shape[2]
    found = np.zeros((n, 3, count + 6))
    for i in range(n):
        for r in range(3):
            g = 1.0 / scale[i] if r < 2 else normals[i, 3]
            if r == 2 and hit[i] < 0:
                continue
            _moves(found[i, r], points[i], g * frames[i, r], rotation, twist, count)
        if hit[i] < 0:
            continue
        across = -normals[i, 3] * normals[i, :3]
        place, h = np.zeros(3), np.zeros(3)
        for d in range(3):
            for k in range(3):
                h[d] += rotation[k, d] * across[k]
        for corner in range(3):
            b, v = barycentrics[i, corner], faces[hit[i], corner]
            for d in range(3):
                place[d] += b * vertices[v, d]
                weight = b * h[d]
                for k in range(count):
                    found[i, 2, k] += weight * basis[v, d, k]
        _moves(found[i, 2], place, across, rotation, twist, count)
    return found


@numba.njit(cache=True)
def _moves(row: Array, point: Array, direction: Array, rotation: Array, twist: Array, first: int) -> None:
    """Add the motion of an object point along a camera direction, by rotation vector and translation."""
    h = np.zeros(3)
    for d in range(3):
        for k in range(3):
            h[d] += rotation[k, d] * direction[k]
    turn = np.array([point[1] * h[2] - point[2] * h[1], point[2] * h[0] - point[0] * h[2], point[0] * h[1] - point[1] * h[0]])
    for k in range(3):
        for d in range(3):
            row[first + k] += turn[d] * twist[d, k]
        row[first + 3 + k] += direction[k]
