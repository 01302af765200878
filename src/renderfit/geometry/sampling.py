"""Points on surfaces and subsets of points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit.compiled import kernel
from renderfit.geometry.mesh import Mesh


def sample_surface(mesh: Mesh, count: int, seed: int = 0) -> NDArray[np.float64]:
    """Return `count` points (count, 3) [m] spread uniformly at random over the surface."""
    vertices, faces = mesh.numpy()
    generator = np.random.default_rng(seed)
    areas = mesh.face_areas().detach().cpu().numpy().astype(np.float64)
    face = generator.choice(len(faces), size=count, p=areas / areas.sum())
    u, v = np.sqrt(generator.random(count)), generator.random(count)
    weights = np.stack([1 - u, u * (1 - v), u * v], axis=1)
    return np.einsum("nk,nkd->nd", weights, vertices[faces[face]])


@kernel
def _farthest(points: NDArray[np.float64], count: int, first: int) -> NDArray[np.int64]:
    chosen = np.empty(count, np.int64)
    nearest = np.full(len(points), np.inf)
    chosen[0] = first
    for k in range(1, count):
        last = points[chosen[k - 1]]
        best = 0
        for i in range(len(points)):
            d = (points[i, 0] - last[0]) ** 2 + (points[i, 1] - last[1]) ** 2 + (points[i, 2] - last[2]) ** 2
            nearest[i] = min(nearest[i], d)
            if nearest[i] > nearest[best]:
                best = i
        chosen[k] = best
    return chosen


def farthest_points(points: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return indices (count,) of points chosen greedily far apart, starting from the one nearest the mean."""
    points = np.ascontiguousarray(points, dtype=np.float64)
    count = min(count, len(points))
    first = int(((points - points.mean(0)) ** 2).sum(1).argmin())
    return _farthest(points, count, first)
