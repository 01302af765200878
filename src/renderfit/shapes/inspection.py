"""Training instances that cannot be right: found before they spoil a shape space, with the likely cause."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from renderfit.errors import DataError
from renderfit.geometry import Mesh
from renderfit.geometry.sampling import farthest_points
from renderfit.shapes.clouds import frame

Floats = NDArray[np.float64]
_log = logging.getLogger(__name__)

LARGEST_RATIO = 3.0
"""Of the RMS radii of an instance and the canonical."""
FAR = 0.05
"""Mean distance over RMS radius from which another orientation is looked for."""
BETTER = 0.82
"""Another orientation is the likely cause when it leaves so much of the distance; of right ones the best other leaves .98."""
FLAT = 1e-3
"""Spread across the plane that fits best, over the longest, below which a mesh is flat."""
UNITS = {"millimetres": 1000.0, "centimetres": 100.0, "inches": 39.37}


def check_request(canonical: Mesh, instances: Sequence[Mesh], names: Sequence[str], components: int) -> None:
    """Raise when what a shape space is asked for cannot be: too few instances, things that are no meshes, names that do not fit.

    Raises
    ------
    DataError
        Naming what came, what was expected and what to do; also when no instance differs from the canonical.
    """
    for name, mesh in zip(["the canonical", *names], [canonical, *instances], strict=False):
        if not isinstance(mesh, Mesh):
            raise DataError(f"{name} is a {type(mesh).__name__}; expected a Mesh: read files with renderfit.load_mesh")
    if len(instances) < 2:
        raise DataError(f"shape space of {len(instances)} training instance; expected at least 2 besides the canonical: add meshes")
    if len(names) != len(instances):
        raise DataError(f"{len(names)} names for {len(instances)} instances; expected one each")
    if components < 1:
        raise DataError(f"components is {components}; expected at least 1 (the paper: 5)")
    kinds: dict[bytes, str] = {np.ascontiguousarray(canonical.numpy()[0]).tobytes(): "the canonical"}
    for name, mesh in zip(names, instances, strict=True):
        first = kinds.setdefault(np.ascontiguousarray(mesh.numpy()[0]).tobytes(), name)
        if first != name:
            _log.warning("%s has the very points of %s: likely the same file twice; it adds nothing to the shape space", name, first)
    if len(kinds) == 1:
        raise DataError(f"all {len(instances)} instances are the canonical itself; expected other objects of its category")


def check_instances(canonical: Mesh, instances: Sequence[Mesh], names: Sequence[str]) -> None:
    """Raise when an instance does not fit the canonical's frame, unit or handedness.

    Raises
    ------
    DataError
        Naming the instances and, for each, what is wrong and the likely cause: millimetres instead of metres, another size, another place,
        another up-axis, back to front, a mirrored or inside-out mesh, duplicate points.
    """
    found = {name: complaint for name, mesh in zip(names, instances, strict=True) if (complaint := complaint_about(mesh, canonical))}
    if found:
        lines = "; ".join(f"{name}: {complaint}" for name, complaint in found.items())
        raise DataError(
            f"{len(found)} of {len(instances)} instances do not match the canonical's frame. {lines}; on the command line "
            "`renderfit dataset align` does that; of those that are right as they are, name another canonical or leave them out"
        )


def complaint_about(mesh: Mesh, canonical: Mesh) -> str | None:
    """Return what is wrong with `mesh` beside `canonical`, what was expected and the likely cause; None if nothing is."""
    points, faces = mesh.numpy()
    distinct = len(np.unique(points, axis=0))
    if distinct < 0.5 * len(points):
        return f"only {distinct} of {len(points)} points are distinct; expected few duplicates: merge them, or check the export"
    extent = np.linalg.svd(points - points.mean(0), compute_uv=False)
    if len(points) >= 4 and not extent[2] > FLAT * extent[0]:
        return "all its points lie in one plane; expected a solid object: likely an axis was lost in the export, or it is a picture's plane"
    centre, radius = frame(points)
    middle, size = frame(canonical.numpy()[0])
    return (
        _size(radius, size)
        or _handedness(mesh, len(faces))
        or _orientation(points, canonical, radius, size)
        or _place(centre, middle, size)
    )


def _size(radius: float, size: float) -> str | None:
    ratio = radius / size
    if 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO:
        return None
    text = f"RMS radius {radius:.4g} m, {ratio:.4g} times the canonical's; expected 1/{LARGEST_RATIO:g} to {LARGEST_RATIO:g} times"
    for unit, factor in UNITS.items():
        if 1 / 1.8 < ratio / factor < 1.8:
            return f"{text}: likely {unit} instead of metres, multiply by {1 / factor:g}"
        if 1 / 1.8 < ratio * factor < 1.8:
            return f"{text}: likely the canonical is in {unit}, or this file was scaled twice"
    return f"{text}: another kind of object, or not to scale: leave it out, or use renderfit.shapes.align"


def _place(centre: Floats, middle: Floats, size: float) -> str | None:
    gap = float(np.linalg.norm(centre - middle))
    if gap <= 1.5 * size:
        return None
    text = f"centre {gap:.3g} m from the canonical's, {gap / size:.2g} RMS radii; expected at most 1.5"
    return f"{text}: not in the same frame, use renderfit.shapes.align"


def _orientation(points: Floats, canonical: Mesh, radius: float, size: float) -> str | None:
    ours = points[farthest_points(points, 300)]
    ours = (ours - ours.mean(0)) / radius
    theirs = canonical.numpy()[0]
    theirs = theirs[farthest_points(theirs, 300)]
    theirs = (theirs - theirs.mean(0)) / size
    tree = cKDTree(theirs)
    plain = _distance(ours, theirs, tree)
    if plain < FAR:
        return None
    turns = [np.asarray(turn) for turn in Rotation.create_group("O").as_matrix()]
    scores = [(_distance(ours @ turn.T, theirs, tree), turn) for turn in turns]
    best, turn = min(scores, key=lambda entry: entry[0])
    mirrored = _distance(ours * [-1.0, 1.0, 1.0], theirs, tree), _distance(ours * [1.0, -1.0, 1.0], theirs, tree)
    if min(mirrored) < BETTER * plain and min(mirrored) < 0.9 * best:
        text = f"mirrored it lies {min(mirrored) / plain:.2f} times as far from the canonical"
        return f"{text}; expected the same handedness: likely an axis was flipped"
    if best > BETTER * plain:
        return None
    up = turn.T @ np.array([0.0, 0.0, 1.0])
    gain = f"{best / plain:.2f} times as far from the canonical"
    if abs(up[2] - 1) < 1e-6:
        angle = np.degrees(Rotation.from_matrix(turn).magnitude())
        return f"turned by {angle:.0f} degrees about z it lies {gain}; expected front +y: wrong heading, use renderfit.shapes.align"
    axis = "xyz"[int(np.abs(up).argmax())]
    sign = "-" if up.min() < -0.5 else "+"
    return f"its up-axis looks like {sign}{axis} (then it lies {gain}); expected z up: use renderfit.shapes.align"


def _distance(ours: Floats, theirs: Floats, tree: cKDTree) -> float:
    return float(0.5 * (tree.query(ours)[0].mean() + cKDTree(ours).query(theirs)[0].mean()))


def _handedness(mesh: Mesh, faces: int) -> str | None:
    if not faces or mesh.volume() >= 0:
        return None
    text = "its volume is negative: the faces point inwards; expected them counter-clockwise from outside"
    return f"{text}: likely mirrored, or exported inside out"
