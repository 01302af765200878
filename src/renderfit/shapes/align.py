"""Bring mixed real objects into one frame: upright, front to +y, base on the reference's base, one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from renderfit.geometry import Mesh
from renderfit.geometry.sampling import farthest_points, sample_surface
from renderfit.shapes.clouds import frame
from renderfit.shapes.cpd import coherent_point_drift

Floats = NDArray[np.float64]

POINTS = 300
"""Points compared on either side."""
REFINED = 3
"""Orientations of the principal axes that are refined by rigid Coherent Point Drift, and then of the quarter turns of the best."""
STRETCH = 2.0
"""Factor by which a box is stretched or squeezed at most when shapes are compared whatever their proportions."""
QUARTERS = Rotation.create_group("O").as_matrix()
"""The 24 rotations that exchange axes (24, 3, 3)."""


@dataclass(frozen=True)
class Alignment:
    """Where an object was brought.

    Attributes
    ----------
    mesh : Mesh
        The object in the reference's frame [m].
    matrix : (4, 4) array
        Similarity transform from the old frame to the new.
    scale : float
        Its factor of size.
    turned : float
        Its angle of rotation [degree].
    cost : float
        Mean distance between the surfaces afterwards, over the reference's RMS radius; the geometric mean of that of the objects
        as they are and with their boxes made equal.
    runner_up : float
        The cost of the best clearly different orientation; close to `cost`, the orientation is a guess.
    """

    mesh: Mesh
    matrix: Floats
    scale: float
    turned: float
    cost: float
    runner_up: float


def align(mesh: Mesh, reference: Mesh, *, upright: bool = False, scale: bool = True) -> Alignment:
    """Turn, scale and place `mesh` like `reference`.

    Orientations of the principal axes (six ups times twelve headings, or headings alone) are compared with the reference, the
    best are refined by rigid Coherent Point Drift, then the quarter turns of the best one likewise: what principal axes confuse,
    the refined object tells apart. Then the base is put on the reference's base.

    Parameters
    ----------
    mesh : Mesh
        Any unit, any orientation; a cloud will do.
    reference : Mesh
        An object of the category in the wanted frame [m], e.g. the canonical.
    upright : bool
        The z axis is right already: search headings only, without tilting.
    scale : bool
        Bring it to the reference's size (RMS radius, refined); false keeps its metres.
    """
    points, wanted = _even(mesh), _even(reference)
    centre, radius = frame(points)
    middle, size = frame(wanted)
    factor = size / radius if scale else 1.0
    start = (points - centre) * factor
    target = wanted - middle
    trials = [(_cost(start @ turn.T, target, size), turn) for turn in _orientations(start, target, upright)]
    trials.sort(key=lambda trial: trial[0])
    refined = [_refine(start, turn, target, size, upright, scale) for turn in _distinct([turn for _, turn in trials])]
    refined.sort(key=lambda entry: entry[0])
    if not upright:
        quarters = [np.asarray(quarter) @ refined[0][1] for quarter in QUARTERS]
        more = sorted(quarters, key=lambda turn: _cost(start @ turn.T, target, size))
        done = [entry[1] for entry in refined]
        refined += [_refine(start, turn, target, size, upright, scale) for turn in _distinct(more, done)]
        refined.sort(key=lambda entry: entry[0])
    cost, turn, extra, _ = refined[0]
    rivals = [other[0] for other in refined[1:] if _angle(other[1] @ turn.T) > 30] or [np.inf]
    linear = factor * extra * turn
    moved = (points - centre) @ linear.T
    offset = middle + refined[0][3]
    offset[2] = wanted[:, 2].min() - moved[:, 2].min()
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = linear, offset - linear @ centre
    placed = mesh.with_vertices(torch.from_numpy(mesh.numpy()[0] @ linear.T + matrix[:3, 3]))
    return Alignment(placed, matrix, float(factor * extra), _angle(turn), float(cost), float(min(rivals)))


def _even(mesh: Mesh) -> Floats:
    points = sample_surface(mesh, 8 * POINTS) if len(mesh.faces) else mesh.numpy()[0]
    return points[np.sort(farthest_points(points, POINTS))]


def _angle(turn: Floats) -> float:
    return float(np.degrees(Rotation.from_matrix(turn).magnitude()))


def _orientations(points: Floats, target: Floats, upright: bool) -> list[Floats]:
    headings = [Rotation.from_euler("z", angle, degrees=True).as_matrix() for angle in np.arange(0, 360, 30)]
    if upright:
        return [np.asarray(turn) for turn in headings]
    bases = [np.eye(3), np.linalg.svd(points, full_matrices=False)[2]]
    found = []
    for basis in bases:
        for axis in range(3):
            for sign in (1.0, -1.0):
                up = sign * basis[axis]
                side = basis[(axis + 1) % 3]
                frame_ = np.stack([side, np.cross(up, side), up])
                found += [np.asarray(turn) @ frame_ for turn in headings]
    own = np.linalg.svd(target, full_matrices=False)[2]
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        rows = np.array([own[0] * signs[0], own[1] * signs[1]])
        there = np.stack([*rows, np.cross(rows[0], rows[1])])
        here = np.stack([bases[1][0], bases[1][1], np.cross(bases[1][0], bases[1][1])])
        found.append(there.T @ here)
    return found


def _cost(points: Floats, target: Floats, size: float) -> float:
    """Return the geometric mean of the symmetric distances as they are and with boxes made equal, over `size`."""
    low, high, below, above = target.min(axis=0), target.max(axis=0), points.min(axis=0), points.max(axis=0)
    factor = np.clip((high - low) / np.maximum(above - below, 1e-12), 1 / STRETCH, STRETCH)
    fitted = (points - 0.5 * (below + above)) * factor + 0.5 * (low + high)
    return float(np.sqrt(_distance(points, target) * _distance(fitted, target)) / size)


def _distance(points: Floats, target: Floats) -> float:
    there, back = cKDTree(target).query(points)[0], cKDTree(points).query(target)[0]
    return float(0.5 * (there.mean() + back.mean()))


def _distinct(turns: list[Floats], known: Sequence[Floats] = ()) -> list[Floats]:
    """Return the first `REFINED` rotations that differ clearly from those before them and from `known` ones."""
    kept: list[Floats] = []
    for turn in turns:
        if all(_angle(turn @ other.T) > 25 for other in (*known, *kept)):
            kept.append(turn)
        if len(kept) == REFINED:
            break
    return kept


def _refine(start: Floats, turn: Floats, target: Floats, size: float, upright: bool, scale: bool) -> tuple[float, Floats, float, Floats]:
    turned = start @ turn.T
    if upright:
        return _cost(turned, target, size), turn, 1.0, np.zeros(3)
    found = coherent_point_drift(turned, target, kind="rigid", scaled=scale, iterations=40)
    extra = float(np.cbrt(np.linalg.det(found.matrix)))
    return _cost(found.points, target, size), found.matrix / extra @ turn, extra, found.offset
