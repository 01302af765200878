"""How far a registered mesh is from the object it should be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from renderfit.errors import ShapeError
from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree


@dataclass(frozen=True)
class VertexError:
    """Distances from the reference to a mesh.

    Attributes
    ----------
    mean : float
        Mean distance [m] from a reference vertex to the nearest vertex of the mesh (section 4's metric).
    mean_square : float
        Mean of its square [m^2].
    to_surface : float
        Mean distance [m] from a reference vertex to the nearest point of the mesh's surface.
    hausdorff : float
        Largest distance [m] from a vertex of either to the other's surface (or vertices, for clouds).
    """

    mean: float
    mean_square: float
    to_surface: float
    hausdorff: float


def vertex_error(mesh: Mesh, reference: Mesh) -> VertexError:
    """Compare `mesh` with `reference`, both in the same frame [m].

    Vertices no face uses count only in point clouds. A cloud without faces is its own surface.

    Raises
    ------
    ShapeError
        If either has no vertices.

    Examples
    --------
    >>> import renderfit as rf
    >>> triangle = rf.Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> lifted = triangle.with_vertices(triangle.vertices + triangle.vertices.new_tensor([0, 0, 0.5]))
    >>> rf.vertex_error(lifted, triangle).mean
    0.5
    """
    ours, theirs = _points(mesh, "mesh"), _points(reference, "reference")
    nearest, _ = cKDTree(ours).query(theirs)
    to_surface = _to_surface(mesh, ours, theirs)
    back = _to_surface(reference, theirs, ours)
    return VertexError(
        float(nearest.mean()), float((nearest**2).mean()), float(to_surface.mean()), float(max(to_surface.max(), back.max()))
    )


def _points(mesh: Mesh, name: str) -> np.ndarray:
    vertices, faces = mesh.numpy()
    points = vertices[np.unique(faces)] if len(faces) else vertices
    if not len(points):
        raise ShapeError(f"{name} has no vertices; expected a mesh or a point cloud")
    return points


def _to_surface(mesh: Mesh, points: np.ndarray, queries: np.ndarray) -> np.ndarray:
    vertices, faces = mesh.numpy()
    if not len(faces):
        return cKDTree(points).query(queries)[0]
    return TriangleTree(vertices, faces).query(queries)[0]
