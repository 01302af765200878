"""Nearest points on triangle meshes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renderfit.errors import ShapeError
from renderfit.geometry import triangle_tree
from renderfit.geometry.crowds import plant


class TriangleTree:
    """A bounding-volume tree that finds the nearest point on a set of triangles.

    Parameters
    ----------
    vertices : (V, 3) array
        Positions, any unit.
    faces : (F, 3) integer array
        Vertex indices; triangles without area count as segments or points.

    Raises
    ------
    ShapeError
        If there is no face, a shape is wrong, a face names a missing vertex or a used vertex is not finite.
    DataError
        If the triangles overlap so much that a search has to look at thousands of them.

    Examples
    --------
    >>> tree = TriangleTree([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> distance, nearest, face = tree.query([[0.2, 0.2, 3.0]])
    >>> float(distance[0]), int(face[0])
    (3.0, 0)
    """

    def __init__(self, vertices: ArrayLike, faces: ArrayLike) -> None:
        points = np.ascontiguousarray(vertices, dtype=np.float64)
        triangles = np.ascontiguousarray(faces, dtype=np.int64)
        if points.ndim != 2 or points.shape[1] != 3 or triangles.ndim != 2 or triangles.shape[1] != 3:
            raise ShapeError(f"got vertices {points.shape} and faces {triangles.shape}; expected (V, 3) and (F, 3)")
        if not len(triangles):
            raise ShapeError("got no faces; expected at least one triangle: for point clouds use scipy.spatial.KDTree")
        if triangles.min() < 0 or triangles.max() >= len(points):
            raise ShapeError(f"faces name vertices {triangles.min()}..{triangles.max()}; expected 0..{len(points) - 1}")
        if not np.isfinite(points[triangles]).all():
            raise ShapeError("a vertex of a face is NaN or infinite; expected finite coordinates")
        self.arrays = plant(points, triangles)

    def query(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Find the nearest point of the triangles for each query.

        Parameters
        ----------
        points : (N, 3) array
            Positions in the frame and unit of the vertices.

        Returns
        -------
        distance : (N,) array
        nearest : (N, 3) array
        face : (N,) integer array

        Raises
        ------
        ShapeError
            If `points` is not (N, 3) or not finite.
        """
        queries = np.ascontiguousarray(points, dtype=np.float64)
        if queries.ndim != 2 or queries.shape[1] != 3:
            raise ShapeError(f"points has shape {queries.shape}; expected (N, 3)")
        if not np.isfinite(queries).all():
            raise ShapeError("points holds NaN or infinity; expected finite coordinates")
        return triangle_tree.nearest_many(self.arrays, queries)
