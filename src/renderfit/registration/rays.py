"""Where the rays of chosen pixels meet the rendered surface."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit import rendering
from renderfit.geometry import Camera
from renderfit.registration.coordinates import GRAZING

Array = NDArray[np.float64]


def through(pixels: Array, camera: Camera) -> Array:
    """Return the unit rays (N, 3), camera frame, through `pixels` (N, 2): column and row [px]."""
    rays = np.stack([(pixels[:, 0] - camera.cx) / camera.fx, (pixels[:, 1] - camera.cy) / camera.fy, np.ones(len(pixels))], axis=1)
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


def faces_under(pixels: Array, fragments: rendering.Fragments, fine: Camera, full: Camera) -> NDArray[np.int64]:
    """Return the face (N,) drawn at `pixels` (N, 2) of the `full` image, -1 for none; `fine` is the camera it was drawn with."""
    placed = (pixels * [fine.width / full.width, fine.height / full.height]).astype(np.int64)
    column, row = np.minimum(placed[:, 0], fine.width - 1), np.minimum(placed[:, 1], fine.height - 1)
    return np.asarray(fragments.face_id)[row, column].astype(np.int64)


@numba.njit(cache=True)
def met(
    rays: Array, face: NDArray[np.int64], faces: NDArray[np.int64], turned: Array, offset: Array
) -> tuple[NDArray[np.int64], Array, Array]:
    """Intersect each ray with the plane of its face.

    Parameters
    ----------
    rays : (N, 3) array
        Unit, camera frame.
    face : (N,) int64 array
        The face drawn there, -1 for none.
    faces : (F, 3) array
    turned, offset : (V, 3), (3,) arrays
        ``turned + offset`` are the vertices in the camera frame [m].

    Returns
    -------
    hit : (N,) int64 array
        The face, -1 where there is none or the ray grazes it.
    barycentrics : (N, 3) array
        Where the ray meets the face's plane.
    across : (N, 3) array
        Face normal, camera frame, divided by its product with the ray.
    """
    n = len(rays)
    hit, barycentrics, across = np.full(n, -1, np.int64), np.zeros((n, 3)), np.zeros((n, 3))
    for i in range(n):
        if face[i] < 0:
            continue
        a, b, c = faces[face[i], 0], faces[face[i], 1], faces[face[i], 2]
        u, v, w = turned[b] - turned[a], turned[c] - turned[a], turned[a] + offset
        normal = np.array([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])
        square = (normal**2).sum()
        slope = (normal * rays[i]).sum()
        if abs(slope) <= GRAZING * np.sqrt(square):
            continue
        e = (normal * w).sum() / slope * rays[i] - w
        p = np.array([e[1] * v[2] - e[2] * v[1], e[2] * v[0] - e[0] * v[2], e[0] * v[1] - e[1] * v[0]])
        q = np.array([u[1] * e[2] - u[2] * e[1], u[2] * e[0] - u[0] * e[2], u[0] * e[1] - u[1] * e[0]])
        hit[i] = face[i]
        barycentrics[i, 1] = (p * normal).sum() / square
        barycentrics[i, 2] = (q * normal).sum() / square
        barycentrics[i, 0] = 1 - barycentrics[i, 1] - barycentrics[i, 2]
        across[i] = normal / slope
    return hit, barycentrics, across
