"""Taking in a category of unknown meshes: unit, orientation, place; what was done to each, and what was refused and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.datasets.headings import mirrored, refined
from renderfit.datasets.orientation import CUBE, Cloud
from renderfit.datasets.reading import Candidate, read
from renderfit.datasets.references import POINTS
from renderfit.datasets.roles import cloud_of, points_of
from renderfit.datasets.strangers import without_strangers
from renderfit.datasets.taken import Intake, Taken, Wanted
from renderfit.datasets.units import Size, units_of
from renderfit.datasets.upright import Up, evidence, turn_up
from renderfit.datasets.uprights import Found, bring_upright
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh
from renderfit.progress import progress
from renderfit.shapes.inspection import complaint_about

Array = NDArray[np.float64]


def take_in(category: str, files: Mapping[str, Path], wanted: Wanted | None = None, shared: str | None = None) -> Intake:
    """Read all meshes of a category and bring them into one frame.

    Unit: `renderfit.datasets.units`; orientation: upright and turned like each other among the 24 rotations that exchange axes
    (`renderfit.datasets.uprights`), then headings in small steps. Copies, unreadable files and instances unlike all others are
    rejected with the reason.

    Parameters
    ----------
    category : str
    files : mapping
        Name -> file.
    wanted : Wanted, optional
        Unit, up axis or size where they are known.
    shared : str, optional
        The axis that is up in the files of all other categories of the folder, which have the same origin.

    Raises
    ------
    DataError
        If the wanted unit or axis does not exist, one is wanted for a file that does not, or no unit makes the category plausible.
    """
    known = wanted or Wanted()
    if unknown := sorted(set(known.each) - set(files)):
        raise DataError(f"up axis of {', '.join(unknown)} is given, but {category} has no such mesh; it has {', '.join(files)}")
    read_in, rejected = _read(category, files)
    if not read_in:
        return Intake(category, {}, rejected)
    sizes = units_of({name: one.longest for name, one in read_in.items()}, known.unit, known.size)
    clouds = {name: Cloud(points_of(one.mesh, POINTS)) for name, one in read_in.items()}
    upright = _orientation(category, read_in, clouds, known, shared)
    turns = upright.turns
    flips, distances = {}, dict.fromkeys(clouds, 0.0)
    if known.align and len(clouds) > 1:
        flips = mirrored(clouds, turns)
        turns, distances = refined(clouds, turns, flips)
    notes: dict[str, list[str]] = {name: list(one.notes) for name, one in read_in.items()}
    for name in flips:
        notes[name].append("a mirror image of the others: mirrored back")
    for name, axis in upright.guesses.items():
        notes[name].append(f"its up axis is a guess: {axis} would do nearly as well")
    found = {}
    for name, one in read_in.items():
        mesh = _placed(one.mesh, sizes[name], turns[name], flips.get(name), centred=known.align)
        said = tuple(notes[name] + _size_notes(sizes[name]))
        found[name] = Taken(one.path, mesh, sizes[name], turns[name], distances[name], said, name in known.each)
    return without_strangers(Intake(category, found, rejected, upright.up))


def _orientation(category: str, read_in: Mapping[str, Candidate], clouds: Mapping[str, Cloud], known: Wanted, shared: str | None) -> Found:
    """Return how the instances become upright and alike."""
    if known.align:
        return bring_upright(category, read_in, clouds, known.up, known.each, shared)
    up = Up(known.up or "z")
    return Found({name: turn_up(known.each.get(name, up.axis)) for name in clouds}, up, {})


def fitted(intake: Intake, canonical: str) -> Intake:
    """Return the intake with every instance as a shape space of this canonical accepts it.

    An instance that lies better in another orientation beside the canonical, whatever its neighbours say, is turned so;
    one that the shape space would refuse all the same is rejected with its reason.
    """
    middle = intake.taken[canonical].mesh
    cloud, shape = cloud_of(middle), Cloud(points_of(middle, POINTS))
    taken, reasons = dict(intake.taken), {}
    for name, found in intake.taken.items():
        reason = complaint_about(cloud_of(found.mesh), cloud) if name != canonical else None
        if reason is None:
            continue
        if found.told:
            reasons[name] = f"{found.path.name}: {reason}, with the up axis that was given"
            continue
        turn = CUBE[int(Cloud(points_of(found.mesh, POINTS)).distances(shape, CUBE).argmin())]
        turned = _placed(found.mesh, Size("m", 1.0, sure=True), turn, None)
        if complaint_about(cloud_of(turned), cloud) is None:
            note = "turned once more, like the canonical: its orientation is a guess"
            taken[name] = replace(found, mesh=turned, turn=turn @ found.turn, notes=(*found.notes, note))
        else:
            reasons[name] = f"{found.path.name}: {reason}"
    return Intake(intake.category, taken, intake.rejected, intake.up).without(reasons)


def _read(category: str, files: Mapping[str, Path]) -> tuple[dict[str, Candidate], dict[str, str]]:
    found: dict[str, Candidate] = {}
    rejected: dict[str, str] = {}
    known: dict[tuple[float, ...], str] = {}
    for name, path in progress(list(files.items()), f"reading {category}"):
        try:
            one = read(path)
        except DataError as problem:
            rejected[name] = str(problem)
            continue
        twin = known.setdefault(one.signature(), name)
        if twin != name:
            rejected[name] = f"{path.name}: a copy or mirror image of {twin} ({files[twin].name})"
            continue
        found[name] = one
    standing = {name: f"{one.path.name}: {one.floor}" for name, one in found.items() if one.floor and not _is_top(one)}
    if 2 * len(standing) < len(found):  # else it belongs to what they are
        found = {name: one for name, one in found.items() if name not in standing}
        rejected |= standing
    return found, rejected


def _is_top(one: Candidate) -> bool:
    """Return whether what looks like a floor is the top of the object, as of a table on one leg."""
    found = evidence(one.mesh)
    return max(found, key=lambda axis: found[axis]) == one.end


def _placed(mesh: Mesh, size: Size, turn: Array, flip: Array | None, *, centred: bool = True) -> Mesh:
    linear = size.factor * (turn if flip is None else flip @ turn)
    vertices = mesh.numpy()[0] @ linear.T
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    if centred:
        vertices -= [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1]), low[2]]
    return Mesh(torch.from_numpy(vertices), mesh.faces if flip is None else mesh.faces.flip(1), mesh.colors)


def _size_notes(size: Size) -> list[str]:
    if size.lost:
        return ["no unit makes it as large as the others: scaled to their median, its size is unknown"]
    return [] if size.sure else [f"unit {size.unit} is a guess"]
