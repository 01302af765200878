"""Triangle soups to watertight, manifold meshes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import ConfigError, DataError, ShapeError
from renderfit.geometry.crowds import plant
from renderfit.geometry.mesh import Mesh
from renderfit.watertight.fitting import fit
from renderfit.watertight.gaps import open_gaps
from renderfit.watertight.occupancy import occupy
from renderfit.watertight.sealing import choose_seal, solid_cells
from renderfit.watertight.surface import extract

CELLS = 1.39  # the longest side of the input is 2^depth / 1.39 cells
OFFSET = np.array([0.381966, 0.236068, 0.427051])  # [cells], so that no grid plane meets a plane of the input
GRAIN = 2.0**-18  # [cells]; input coordinates are rounded to it, so that moving the input changes nothing
HOLLOW = 0.8  # below this volume ratio the input is examined for holes
SHEETS = 0.1  # below this one the result is a double shell
COARSE, FINE = 6, 7  # depths of that examination: wide holes, then narrow ones
MARGIN = 2  # empty cells around the input

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Solid:
    """A watertight mesh and how it came about.

    Attributes
    ----------
    mesh : Mesh
        Object frame [m].
    seal : int
        Holes up to about twice this many cells were closed [cells].
    suggested_seal : int
        The seal that would enclose more (equal to `seal` where none would).
    volume_ratio : float
        Volume of the mesh / volume of its solid cells: near 1 for a body, near 0 for a double shell.
    cell : float
        Side of a cell [m].
    """

    mesh: Mesh
    seal: int
    suggested_seal: int
    volume_ratio: float
    cell: float


SMALLEST, LARGEST = 1e-90, 1e90
"""Lengths [m] between which volumes are still numbers."""


@dataclass(frozen=True)
class Frame:
    """The input in cells, and the way back.

    Attributes
    ----------
    x : (V, 3) array
        Vertices [cells]; unreferenced ones are 0.
    faces : (F, 3) integer array
    low : (3,) array
        Lowest corner of the bounding box [m], which lies `pad` [cells] into the grid.
    cell : float
        Side of a cell [m].
    pad : (3,) array
    shape : tuple of int
        Cells along each axis.
    """

    x: NDArray[np.float64]
    faces: NDArray[np.int64]
    low: NDArray[np.float64]
    cell: float
    pad: NDArray[np.float64]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, mesh: Mesh, depth: int) -> Frame:
        """Lay a grid of the given depth around a mesh."""
        if not isinstance(mesh, Mesh):
            raise ShapeError(f"got a {type(mesh).__name__}; expected a Mesh: Mesh(vertices, faces)")
        points, faces = mesh.numpy()
        if not len(faces):
            raise DataError("the mesh has no faces; expected triangles: reconstruct a surface from a point cloud first")
        low, high = points[faces].min(axis=(0, 1)), points[faces].max(axis=(0, 1))
        with np.errstate(over="ignore"):  # refused below
            longest = float((high - low).max())
        if not longest > 0:
            raise DataError("all faces lie in one point; expected triangles with an extent")
        if not SMALLEST < longest < LARGEST:
            raise DataError(f"the mesh is {longest:.3g} m long; expected {SMALLEST:g} to {LARGEST:g} m: scale it to metres")
        cell, pad = CELLS * longest / 2**depth, MARGIN + OFFSET
        shape = np.ceil((high - low) / cell + pad).astype(int) + MARGIN + 1
        used = np.zeros(len(points), dtype=bool)
        used[faces] = True
        x = np.where(used[:, None], np.round((points - low) / cell / GRAIN) * GRAIN + pad, 0.0)
        return cls(x, faces, low, cell, pad, tuple(shape))

    def occupied(self) -> NDArray[np.bool_]:
        """Return the cells (X, Y, Z) that triangles touch."""
        grid = np.zeros(self.shape, dtype=np.uint8)
        occupy(self.x, self.faces, grid)
        return grid.astype(bool)

    def planted(self) -> tuple[Frame, tuple[NDArray[Any], ...]]:
        """Return the frame without the faces that lie on others in a crowd, and its triangles [cells] for nearest points."""
        tree = plant(self.x, self.faces)
        if len(tree[4]) == len(self.faces):
            return self, tree
        return replace(self, faces=self.faces[np.unique(tree[4])]), tree

    def back(self, x: NDArray[np.float64], faces: NDArray) -> Mesh:
        """Return a mesh over vertices [cells] in the object frame [m]."""
        return Mesh(torch.as_tensor((x - self.pad) * self.cell + self.low), torch.as_tensor(faces.astype(np.int64)))


def enclosed(occupied: NDArray[np.bool_], tree: tuple[NDArray[Any], ...], seal: int) -> NDArray[np.bool_]:
    """Return the solid cells (X, Y, Z): closed up to the seal, or without one open in every gap that is wider than a cell."""
    solid = solid_cells(occupied, seal)
    return solid if seal else open_gaps(solid, occupied, tree)


def require_settings(depth: object, seal: object = None, ratio: object = 1.0) -> None:
    """Raise `ConfigError` unless depth, seal and ratio are what `solidify` takes."""
    known = isinstance(depth, int | np.integer) and 4 <= depth <= 10
    known &= seal is None or (isinstance(seal, int | np.integer) and 0 <= seal <= 512)
    if not (known and isinstance(ratio, float | int | np.number) and 0 < ratio <= 1):
        raise ConfigError(f"got depth {depth}, seal {seal}, ratio {ratio}; expected depth 4..10, seal 0..512 and ratio in (0, 1]")


def seal_for(mesh: Mesh, depth: int = 7) -> int:
    """Return the smallest seal [cells] at which all cavities of the mesh are closed; 0 if it has no large hole.

    Examples
    --------
    >>> box = Mesh([[x, y, z] for x in (0.0, 4) for y in (0.0, 1) for z in (0.0, 1)],
    ...            [[0, 1, 3], [0, 3, 2], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])
    >>> seal_for(box, depth=5)  # one of its short sides is missing
    2
    """
    require_settings(depth)
    coarse, fine = min(depth, COARSE), min(depth, FINE)
    wide = choose_seal(Frame.of(mesh, coarse).occupied())
    if wide or fine == coarse:
        return wide * 2 ** (depth - coarse)
    return choose_seal(Frame.of(mesh, fine).occupied(), (0, 1, 2)) * 2 ** (depth - fine)


def solidify(mesh: Mesh, depth: int = 7, seal: int | None = 0, ratio: float = 0.01) -> Solid:
    """Do what `make_watertight` does and tell more; ``seal=None`` chooses the seal with `seal_for`.

    Raises
    ------
    ConfigError
        If depth, seal or ratio is out of range.
    DataError
        If the mesh has no faces or no extent, or its triangles overlap beyond measure.
    ShapeError
        If it is no `Mesh`.
    """
    require_settings(depth, seal, ratio)
    frame, tree = Frame.of(mesh, depth).planted()
    if len(frame.faces) < len(mesh.faces):  # a crowd
        mesh = Mesh(mesh.vertices, torch.as_tensor(frame.faces))
    chosen = seal_for(mesh, depth) if seal is None else seal
    solid = enclosed(frame.occupied(), tree, chosen)
    x, faces = fit(solid, *extract(solid), tree, ratio)
    made = frame.back(x, faces)
    volume_ratio = made.volume() / (float(solid.sum()) * frame.cell**3)
    suggested = chosen
    if seal is not None and volume_ratio < HOLLOW:
        suggested = max(seal, seal_for(mesh, depth))
    if suggested > chosen:
        log.warning(
            "the mesh fills only %.0f %% of its cells: the outside reaches in through holes wider than %d cells (%.3g m) and leaves "
            "double shells; seal=%d would close them",
            100 * volume_ratio, 2 * chosen + 1, (2 * chosen + 1) * frame.cell, suggested,
        )  # fmt: skip
    elif volume_ratio < SHEETS:
        log.warning(
            "the mesh fills only %.2g %% of its cells: its sheets became double shells, and no seal would close them: "
            "they enclose nothing, or their openings are about as wide as the space behind", 100 * volume_ratio,
        )  # fmt: skip
    return Solid(made, chosen, suggested, volume_ratio, frame.cell)


def make_watertight(mesh: Mesh, depth: int = 7, seal: int | None = 0, ratio: float = 0.01) -> Mesh:
    """Turn any set of triangles into a watertight, edge- and vertex-manifold mesh close to it.

    Inner cavities vanish and gaps narrower than a cell merge.

    Parameters
    ----------
    mesh : Mesh
        Triangles [m] in any orientation, with holes, doubles and intersections.
    depth : int
        Resolution, 4 to 10: a cell has side 1.39 L / 2^depth, L the longest side of the bounding box.
    seal : int or None
        Holes up to about twice this many cells are closed; None: as many as needed (`seal_for`).
        A hole that stays open lets the outside in: the result is a double shell, and a warning says so.
    ratio : float
        Edges farther from the input than this share of their length are refined.

    Returns
    -------
    Mesh
        Object frame [m], float64, outward faces, no colours. `solidify` returns more.

    Raises
    ------
    ConfigError
        If depth, seal or ratio is out of range.
    DataError
        If the mesh has no faces or no extent, or its triangles overlap beyond measure.

    References
    ----------
    Huang, Zhou, Guibas 2020, ManifoldPlus

    Examples
    --------
    >>> import trimesh
    >>> import renderfit as rf
    >>> box = trimesh.creation.box([0.1, 0.1, 0.4])
    >>> without_lid = rf.Mesh(box.vertices, box.faces[box.triangles_center[:, 2] < 0.19])
    >>> solid = rf.make_watertight(without_lid, depth=5, seal=None)
    >>> trimesh.Trimesh(*solid.numpy(), process=False).is_watertight, round(solid.volume() * 1000, 2)  # litres
    (True, 4.0)
    """
    return solidify(mesh, depth, seal, ratio).mesh
