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
USUAL = {"z": 1.0, "y": 1.0, "x": 0.8, "-z": 0.7, "-y": 0.7, "-x": 0.6}
"""How often files of a category have an axis up, whatever the format: weights of the category, not of each file."""
FAVOUR = {".glb": 3.0, ".gltf": 3.0}
"""Weight of what a format prescribes."""
HABITUAL = 1.25
"""Weight of what is merely usual."""
SURE = 0.5
"""The runner-up's share of the best axis' evidence above which the up axis is called a guess."""


@dataclass(frozen=True)
class Up:
    """The up axis of a category, in the files' frame: its name, and how much of its evidence the runner-up has."""

    axis: str
    share: float

    @property
    def sure(self) -> bool:
        """Whether the shapes speak clearly."""
        return self.share < SURE


def turn_up(axis: str) -> Array:
    """Return the rotation (3, 3) that brings an axis to +z; y up, front +z (glTF) becomes z up, front +y.

    Raises
    ------
    DataError
        If there is no such axis.
    """
    if axis not in AXES:
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


def prior(suffixes: Sequence[str], turns: Sequence[int]) -> float:
    """Return the evidence for a common frame in which files of these formats would be turned so (indices in `CUBE`)."""
    found = []
    for suffix, turn in zip(suffixes, turns, strict=True):
        axis = axis_named(CUBE[turn][2])
        found.append(np.log(USUAL[axis] * (FAVOUR.get(suffix, HABITUAL) if axis == HABIT.get(suffix) else 1.0)))
    return float(np.mean(found))


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
