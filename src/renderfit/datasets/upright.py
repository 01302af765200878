"""Which way is up: what a mesh would stand on, hold and look like; the habits of formats; both are weighed and said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from renderfit.datasets.orientation import CUBE
from renderfit.datasets.standing import ATTRIBUTES, AXES, attributes
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh

Array = NDArray[np.float64]

HABIT = {".glb": "y", ".gltf": "y", ".obj": "y", ".ply": "z", ".stl": "z", ".off": "z"}
"""Up axis that files of a format mostly have; for glTF the format prescribes it."""
RARE = 0.02
"""Share of public meshes that have each of the axes other than z and y up: one in twelve altogether."""
PRESCRIBED = {".glb": 0.95, ".gltf": 0.95}
"""Share of the files that follow what their format prescribes; in the others any axis is up."""
CONVENTION = {".obj": 0.6, ".stl": 0.6}
"""Share of the files of a format that follow its habit; where there is none z and y are equally frequent."""
SHARED = 0.9
"""Share of categories that have the up axis that all others of the same folder surely have."""
SURE, OWN = 0.95, 0.5
"""Probability from which on an up axis is no guess: with what is usual, and by the shapes alone.

Of kinds of objects that nothing was learnt from, these call 168 of 210 folders sure when their files are z up or y up, and all are
right; when they are turned in any way 68 of 140, of which 65 are right (``benchmarks/upright.py``).
"""


@dataclass(frozen=True)
class Up:
    """The up axis of a category, in the files' frame.

    Attributes
    ----------
    axis : str
        Its name, e.g. "-y".
    chance : float
        Probability of it, by the shapes and what is usual.
    own : float
        Probability of it by the shapes alone.
    rival : str
        The second most probable axis; empty where there is none.
    """

    axis: str
    chance: float = 1.0
    own: float = 1.0
    rival: str = ""

    @property
    def sure(self) -> bool:
        """Whether it is no guess."""
        return self.chance >= SURE and self.own >= OWN


def turn_up(axis: str) -> Array:
    """Return the rotation (3, 3) that brings an axis to +z; y up, front +z (glTF) becomes z up, front +y.

    Raises
    ------
    DataError
        If there is no such axis.
    """
    if not isinstance(axis, str) or axis not in AXES:
        raise DataError(f"up axis is {axis!r}; expected one of {', '.join(AXES)}")
    rows = {
        "z": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        "y": [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
        "x": [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
        "-z": [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
        "-y": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
        "-x": [[0, -1, 0], [0, 0, 1], [-1, 0, 0]],
    }
    return np.array(rows[axis], dtype=np.float64)


def starts(suffixes: Sequence[str]) -> list[int]:
    """Return for each file the rotation (index in `CUBE`) that its format's habit asks for; none where all habits are the same."""
    habits = [HABIT.get(suffix, "z") for suffix in suffixes]
    if len(set(habits)) == 1:
        return [0] * len(habits)
    return [index_of(turn_up(habit)) for habit in habits]


def index_of(turn: Array) -> int:
    """Return the index in `CUBE` of a rotation (3, 3) that exchanges axes."""
    return int(np.abs(CUBE - turn).sum(axis=(1, 2)).argmin())


def evidence(mesh: Mesh) -> dict[str, float]:
    """Return axis -> logarithm of the probability that it is up, judged by the shape alone.

    Parameters
    ----------
    mesh : Mesh
        As in its file, any unit.
    """
    scores = attributes(mesh) @ weights()
    found = scores - np.logaddexp.reduce(scores)
    return dict(zip(AXES, (float(value) for value in found), strict=True))


def usual(suffix: str, shared: str | None = None) -> dict[str, float]:
    """Return axis -> probability that it is up in a file of this format, before anything is known of its shape.

    Parameters
    ----------
    suffix : str
        Of the file, in small letters.
    shared : str, optional
        The axis that is up in all other categories of the folder.
    """
    if shared is not None or suffix in PRESCRIBED:
        likely, share = (shared, SHARED) if shared is not None else (HABIT[suffix], PRESCRIBED[suffix])
        return {axis: share if axis == likely else (1 - share) / 5 for axis in AXES}
    follow = CONVENTION.get(suffix, (1 - 4 * RARE) / 2)
    found = dict.fromkeys(AXES, RARE)
    found["y" if HABIT.get(suffix, "z") == "z" else "z"] = 1 - 4 * RARE - follow
    found[HABIT.get(suffix, "z")] = follow
    return found


def prior(suffixes: Sequence[str], turns: Sequence[int], shared: str | None = None) -> float:
    """Return the evidence for a frame in which files of these formats would be turned so (indices in `CUBE`).

    It counts once for all files: they have one origin.
    """
    pairs = zip(suffixes, turns, strict=True)
    return float(np.mean([np.log(usual(suffix, shared)[axis_named(CUBE[turn][2])]) for suffix, turn in pairs]))


def by_turn(found: Mapping[str, float]) -> Array:
    """Return for each of the 24 rotations (24,) what is found for the axis that it brings up."""
    return np.array([found[axis_named(turn[2])] for turn in CUBE])


@lru_cache(maxsize=1)
def weights() -> Array:
    """Return the weight of each of the `ATTRIBUTES`; chosen by ``benchmarks/upright.py`` on hand-made and parametric objects."""
    stored = json.loads(resources.files("renderfit.datasets").joinpath("upright.json").read_text())
    return np.array([stored[name] for name in ATTRIBUTES])


def axis_named(direction: Array) -> str:
    """Return the name of the axis nearest to a direction (3,)."""
    number = int(np.abs(direction).argmax())
    return ("-" if direction[number] < 0 else "") + "xyz"[number]
