"""Mirror symmetry of a category: measured on its meshes, and used softly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.shapes.clouds import frame
from renderfit.shapes.correspondence import barycentrics

Floats = NDArray[np.float64]

CLEAR, NONE = 0.02, 0.07
"""Mirror error / RMS radius below which a category counts as symmetric, and above which as not symmetric at all."""


@dataclass(frozen=True)
class Mirror:
    """One mirror plane through the canonical, or a product of two.

    Attributes
    ----------
    signs : tuple of three
        Factor per axis: (-1, 1, 1) mirrors left and right.
    offset : tuple of three
        The map is x -> signs * x + offset [m].
    error : float
        Mean distance of mirrored vertices to the surface, over the RMS radius; median over the meshes.
    weight : float
        1: symmetric, 0: not at all.
    """

    signs: tuple[float, float, float]
    offset: tuple[float, float, float]
    error: float
    weight: float

    def apply(self, points: Floats) -> Floats:
        """Mirror points (..., 3)."""
        return points * np.array(self.signs) + np.array(self.offset)


def mirror_error(mesh: Mesh, axis: int) -> tuple[float, float]:
    """Return how far `mesh` is from mirror symmetry across `axis`, over its RMS radius, and the plane's position [m]."""
    vertices, faces = mesh.numpy()
    if not len(faces):
        return np.inf, 0.0
    tree, radius = TriangleTree(vertices, faces), frame(vertices)[1]
    position = 0.5 * float(vertices[:, axis].min() + vertices[:, axis].max())
    best = (np.inf, position)
    for step in (0.0, *np.linspace(-0.06, 0.06, 7)):
        plane = position + step * radius
        mirrored = vertices.copy()
        mirrored[:, axis] = 2 * plane - mirrored[:, axis]
        error = float(tree.query(mirrored)[0].mean()) / radius
        if error < best[0] - 1e-6:
            best = (error, plane)
    return best


def find_mirrors(canonical: Mesh, instances: Sequence[Mesh]) -> list[Mirror]:
    """Measure the mirror planes x and y of a category; the vertical axis is no candidate.

    The product of two planes is a member of the group with the product of their weights.
    """
    found = []
    for axis in (0, 1):
        own, plane = mirror_error(canonical, axis)
        errors = [error for error in (mirror_error(mesh, axis)[0] for mesh in instances) if np.isfinite(error)]
        error = float(np.median([own, *errors]))
        weight = float(np.clip((NONE - max(error, own)) / (NONE - CLEAR), 0.0, 1.0))
        signs, offset = [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]
        signs[axis], offset[axis] = -1.0, 2 * plane
        found.append(Mirror(tuple(signs), tuple(offset), error, weight))  # type: ignore[arg-type]
    x, y = found
    product = Mirror((-1.0, -1.0, 1.0), (x.offset[0], y.offset[1], 0.0), max(x.error, y.error), x.weight * y.weight)
    return [x, y, product]


def mirror_map(mirror: Mirror, vertices: Floats, faces: NDArray[np.int64]) -> csr_array:
    """Return S (V, V): (S f)_i is the field f, given at the vertices, at the surface point nearest to the mirrored vertex i."""
    _, nearest, face = TriangleTree(vertices, faces).query(mirror.apply(vertices))
    corners = faces[face]
    weights = barycentrics(nearest, vertices[corners])
    rows = np.repeat(np.arange(len(vertices)), 3)
    return csr_array((weights.ravel(), (rows, corners.ravel())), shape=(len(vertices), len(vertices)))


def symmetrise(fields: Floats, vertices: Floats, faces: NDArray[np.int64], mirrors: Sequence[Mirror]) -> Floats:
    """Return displacement fields (n, V, 3) made as symmetric as the mirrors' weights say."""
    total, share = fields.copy(), 1.0
    for mirror in mirrors:
        if mirror.weight > 0:
            moved = mirror_map(mirror, vertices, faces)
            total += mirror.weight * np.stack([moved @ field for field in fields]) * np.array(mirror.signs)
            share += mirror.weight
    return total / share
