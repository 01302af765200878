"""What `make_watertight` does, step by step, for figures and for looking into a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry.mesh import Mesh
from renderfit.watertight.fitting import ROUNDS, Fit
from renderfit.watertight.solid import Frame, enclosed
from renderfit.watertight.surface import extract


@dataclass(frozen=True)
class Steps:
    """The intermediate results, object frame [m].

    Attributes
    ----------
    origin : (3,) array
        Corner of cell (0, 0, 0) [m].
    cell : float
        Side of a cell [m].
    occupied, solid : (X, Y, Z) bool arrays
        Cells that triangles touch; cells that the outside does not reach.
    surface, projected, refined : Mesh
        Boundary of the solid cells; drawn onto the input; refined at creases: the result.
    """

    origin: NDArray[np.float64]
    cell: float
    occupied: NDArray[np.bool_]
    solid: NDArray[np.bool_]
    surface: Mesh
    projected: Mesh
    refined: Mesh


def steps(mesh: Mesh, depth: int = 7, seal: int = 0, ratio: float = 0.01) -> Steps:
    """Do what `make_watertight` does and keep every intermediate result.

    Raises
    ------
    DataError
        If the mesh has no faces or no extent.
    """
    frame, tree = Frame.of(mesh, depth).planted()
    occupied = frame.occupied()
    solid = enclosed(occupied, tree, seal)
    x, faces = extract(solid)
    state = Fit(x, faces, tree)
    shown = [frame.back(x, faces)]
    state.project(np.arange(len(x)))
    state.smooth_lids()
    state.loosen()
    shown.append(frame.back(state.x, state.faces))
    for _ in range(ROUNDS):
        state.refine(ratio)
    state.part(solid)
    shown.append(frame.back(state.x, state.faces))
    return Steps(frame.low - frame.pad * frame.cell, frame.cell, occupied, solid, *shown)


def cut(mesh: Mesh, axis: int, position: float) -> NDArray[np.float64]:
    """Return the segments (S, 2, 3) [m] in which a mesh meets the plane ``x[axis] = position``."""
    points, faces = mesh.numpy()
    height = points[faces][..., axis] - position
    over = height > 0
    crossing = over.any(axis=1) & ~over.all(axis=1)
    corners, height, over = points[faces[crossing]], height[crossing], over[crossing]
    lone = np.where(over.sum(axis=1) == 1, over.argmax(axis=1), (~over).argmax(axis=1))
    rows = np.arange(len(corners))
    ends = []
    for step in (1, 2):
        other = (lone + step) % 3
        share = (height[rows, lone] / (height[rows, lone] - height[rows, other]))[:, None]
        ends.append((1 - share) * corners[rows, lone] + share * corners[rows, other])
    return np.stack(ends, axis=1)
