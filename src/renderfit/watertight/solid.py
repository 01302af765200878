"""Triangle soups to watertight, manifold meshes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import ConfigError, DataError
from renderfit.geometry import triangle_tree
from renderfit.geometry.mesh import Mesh
from renderfit.watertight import halfedge, occupancy, projection
from renderfit.watertight.surface import extract

CELLS = 1.39  # the longest side of the input is 2^depth / 1.39 cells
OFFSET = np.array([0.381966, 0.236068, 0.427051])  # [cells], so that no grid plane meets a plane of the input


def make_watertight(mesh: Mesh, depth: int = 7, seal: int = 0, ratio: float = 0.01) -> Mesh:
    """Turn any set of triangles into a watertight, edge- and vertex-manifold mesh close to it.

    Parameters
    ----------
    mesh : Mesh
        Triangles [m] in any orientation, with holes, doubles and intersections.
    depth : int
        Resolution, 4 to 10: a cell has side 1.39 L / 2^depth, L the longest side of the bounding box.
    seal : int
        Holes up to about twice this many cells are closed.
    ratio : float
        Edges farther from the input than this share of their length are refined.

    Returns
    -------
    Mesh
        Object frame [m], float64, outward faces, no colours.

    Raises
    ------
    ConfigError
        If depth, seal or ratio is out of range.
    DataError
        If the mesh has no faces or no extent.

    References
    ----------
    Huang, Zhou, Guibas 2020, ManifoldPlus
    """
    if not (4 <= depth <= 10 and 0 <= seal <= 16 and 0 < ratio <= 1):
        raise ConfigError(f"got depth {depth}, seal {seal}, ratio {ratio}; expected 4..10, 0..16 and 0..1")
    points, faces = mesh.numpy()
    if not len(faces):
        raise DataError("the mesh has no faces; expected triangles: reconstruct a surface from a point cloud first")
    low, high = points[faces].min(axis=(0, 1)), points[faces].max(axis=(0, 1))
    longest = float((high - low).max())
    if not longest > 0:
        raise DataError("all faces lie in one point; expected triangles with an extent")
    cell = CELLS * longest / 2**depth
    pad = 2 + seal + OFFSET
    x = (points - low) / cell + pad
    grid = np.zeros(np.ceil((high - low) / cell + pad).astype(int) + 3 + seal, dtype=np.uint8)
    occupancy.occupy(x, faces, grid)
    occupancy.flood(grid)
    moved, triangles = _project(extract(grid != occupancy.OUTSIDE), triangle_tree.build(x, faces))
    return Mesh(torch.as_tensor((moved - pad) * cell + low), torch.as_tensor(triangles.astype(np.int64)))


def _project(surface: tuple[NDArray, NDArray], tree: tuple) -> tuple[NDArray, NDArray]:
    x, faces = surface
    start, twin, spoke = halfedge.connect(faces, len(x))
    normals, target, square = np.empty_like(x), np.empty_like(x), np.empty(len(x))
    row, pinned, active = np.full(len(x), -1), np.zeros(len(x), dtype=bool), np.arange(len(x))
    projection.valid_normals(x, start, twin, spoke, normals)
    projection.seek(tree, x, target, square, row, active)
    widest = halfedge.largest_valence(twin, spoke, len(spoke))
    projection.project(tree, x, normals, target, square, row, pinned, start, twin, spoke, active, 60, widest)
    return x, start.reshape(-1, 3)
