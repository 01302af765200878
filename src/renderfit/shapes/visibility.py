"""Which vertices of a mesh one viewpoint sees, without a renderer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull

from renderfit.geometry import Mesh


def visible_vertices(mesh: Mesh, eye: ArrayLike, reach: float = 300.0) -> NDArray[np.bool_]:
    """Return a mask (V,) of vertices that face `eye` (3,) [m] and are not hidden.

    Points are flipped about a sphere around the eye; those on the convex hull of the result are seen.

    Parameters
    ----------
    mesh : Mesh
        Closed surface [m], object frame; of a cloud, which has no normals, only what hides it counts.
    eye : (3,) array
        Viewpoint [m].
    reach : float
        Radius of the sphere over the largest distance; larger keeps more points of concave regions.

    References
    ----------
    Katz, Tal and Basri, "Direct visibility of point sets", 2007.
    """
    vertices = mesh.numpy()[0]
    away = vertices - np.asarray(eye, dtype=np.float64)
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    flipped = away + 2 * (reach * distance.max() - distance) * away / distance
    seen = np.zeros(len(vertices), dtype=bool)
    hull = ConvexHull(np.concatenate([flipped, np.zeros((1, 3))])).vertices
    seen[hull[hull < len(vertices)]] = True
    if not len(mesh.faces):
        return seen
    return np.asarray(seen & ((mesh.vertex_normals().numpy() * away).sum(1) < 0))
