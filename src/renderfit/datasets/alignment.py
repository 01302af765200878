"""Unit and axes of unknown meshes: found from their shapes, reported, and turned into the common frame."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.datasets.roles import points_of
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh

Array = NDArray[np.float64]
UNITS = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "inch": 0.0254}
HANDHELD = (0.04, 0.8)
"""Longest side [m] of objects one can hold: what units are judged by."""
AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True)
class Aligned:
    """One mesh in the common frame (metres, z up, base at z = 0, centred in x and y) and what was done to it."""

    mesh: Mesh
    unit: str
    up: str
    heading: float
    residual: float
    """Mean nearest distance [m] to the reference instance afterwards."""


def unit_of(longest: float) -> str:
    """Return the unit in which an object of that longest side is as large as things one holds: m, mm, cm, inch in this order.

    Raises
    ------
    DataError
        If there is none.
    """
    for unit, metres in UNITS.items():
        if HANDHELD[0] <= longest * metres <= HANDHELD[1]:
            return unit
    raise DataError(
        f"the longest side is {longest:.4g}; in no unit ({', '.join(UNITS)}) that is {HANDHELD[0]} to {HANDHELD[1]} m: scale it by hand"
    )


def upright(vertices: Array, up: str) -> Array:
    """Return vertices (N, 3) turned so that the axis `up` ('x', '-x', ..., 'z') points along +z, base at z = 0, centred."""
    axis, sign = AXES[up[-1]], -1.0 if up.startswith("-") else 1.0
    first, second = ((axis + 1) % 3, (axis + 2) % 3) if sign > 0 else ((axis + 2) % 3, (axis + 1) % 3)
    turned = np.stack([vertices[:, first], vertices[:, second], sign * vertices[:, axis]], axis=1)
    low, high = turned.min(axis=0), turned.max(axis=0)
    return turned - np.array([0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1]), low[2]])


def to_reference(mesh: Mesh, reference: Mesh, *, up: str | None = None, headings: int = 8) -> Aligned:
    """Bring a mesh of unknown unit and axes into the frame of a reference of its category.

    Parameters
    ----------
    mesh : Mesh
        As it came, any unit.
    reference : Mesh
        An instance in the common frame [m].
    up : str, optional
        The mesh's up axis if it is known; otherwise all six are tried.
    headings : int
        Directions about the vertical that are tried before the best is refined.

    Returns
    -------
    Aligned
        The pose with the smallest symmetric mean nearest distance; the scale is that of the unit
        alone, so that small instances stay small.
    """
    target = points_of(reference)
    tree = cKDTree(target)
    longest = float((mesh.bounds()[1] - mesh.bounds()[0]).max())
    unit = unit_of(longest)
    vertices, faces = mesh.numpy()
    scaled = vertices * UNITS[unit]
    sample = points_of(Mesh(torch.as_tensor(scaled), torch.as_tensor(faces)))
    box = np.concatenate([scaled.min(axis=0, keepdims=True), scaled.max(axis=0, keepdims=True)])

    def moved(points: Array, axis: str, heading: float) -> Array:
        c, s = np.cos(heading), np.sin(heading)
        turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
        corners = np.concatenate([box, points])
        return (upright(corners, axis)[2:]) @ turn.T

    def cost(axis: str, heading: float) -> float:
        placed = moved(sample, axis, heading)
        return 0.5 * float(tree.query(placed)[0].mean() + cKDTree(placed).query(target)[0].mean())

    tried = [up] if up else [sign + axis for axis in AXES for sign in ("", "-")]
    coarse = 2 * np.pi * np.arange(headings) / headings
    best = min(itertools.product(tried, coarse), key=lambda pair: cost(*pair))
    fine = best[1] + np.linspace(-1, 1, 9) * np.pi / headings
    heading = float(min(fine, key=lambda angle: (cost(best[0], angle), abs(angle - best[1]))))
    placed = Mesh(torch.as_tensor(moved(scaled, best[0], heading)), torch.as_tensor(faces), mesh.colors)
    return Aligned(placed, unit, best[0], float(np.degrees(heading) % 360), cost(best[0], heading))


def align(meshes: Mapping[str, Mesh], *, up: str = "z") -> tuple[dict[str, Aligned], str]:
    """Bring all instances of a category into one frame.

    Parameters
    ----------
    meshes : mapping
        Name -> mesh, any units, any axes.
    up : str
        Up axis of the reference: 'z', 'y', '-y', ...

    Returns
    -------
    dict, str
        Name -> `Aligned`, and the name of the reference: the instance of median size.
    """
    sizes = {name: float((mesh.bounds()[1] - mesh.bounds()[0]).max()) for name, mesh in meshes.items()}
    metres = {name: size * UNITS[unit_of(size)] for name, size in sizes.items()}
    name = sorted(metres, key=lambda key: (metres[key], key))[len(metres) // 2]
    vertices, faces = meshes[name].numpy()
    reference = Mesh(torch.as_tensor(upright(vertices * UNITS[unit_of(sizes[name])], up)), torch.as_tensor(faces), meshes[name].colors)
    return {key: to_reference(mesh, reference) for key, mesh in meshes.items()}, name
