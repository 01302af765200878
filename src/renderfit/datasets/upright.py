"""Which way is up: things stand on a broad base; formats have habits; both are weighed and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from renderfit.datasets.orientation import CUBE
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh
from renderfit.geometry.sampling import sample_surface

Array = NDArray[np.float64]

AXES: dict[str, tuple[int, float]] = {"z": (2, 1.0), "y": (1, 1.0), "x": (0, 1.0), "-z": (2, -1.0), "-y": (1, -1.0), "-x": (0, -1.0)}
"""Name of an axis -> its number and sign, in the order in which equal evidence is decided."""
HABIT = {".glb": "y", ".gltf": "y", ".obj": "y", ".ply": "z", ".stl": "z", ".off": "z"}
"""Up axis that files of a format mostly have; for glTF the format prescribes it."""
USUAL = {"z": 1.0, "y": 1.0, "x": 0.8, "-z": 0.7, "-y": 0.7, "-x": 0.6}
"""Weight of an axis whatever the format."""
FAVOUR = {".glb": 1.6, ".gltf": 1.6}
"""Weight of what a format prescribes against the evidence of the shape."""
HABITUAL = 1.25
"""Weight of what is merely usual."""
DOUBT = 0.3
"""How much larger the distance of an orientation counts in which an instance could not stand."""
SLAB = 0.03
"""Part of the height that counts as the base."""
SURE = 0.65
"""The runner-up's share of the evidence above which the up axis is called a guess."""


@dataclass(frozen=True)
class Up:
    """The up axis of a category, in the files' frame: its name, and the runner-up's share of its evidence."""

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


class Stand:
    """A mesh that is tried on its six sides."""

    def __init__(self, mesh: Mesh) -> None:
        vertices, faces = mesh.numpy()
        corners = vertices[faces]
        self.points = sample_surface(mesh, 2000)
        self.lowest, self.highest = corners.min(axis=1), corners.max(axis=1)
        self.cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        self.length = np.maximum(np.linalg.norm(self.cross, axis=1), 1e-300)

    def base(self, number: int, sign: float) -> float:
        """Return how well the mesh stands with axis `number` (times `sign`) up, 0 to 1: its footprint, and how much is floor."""
        heights = sign * self.points[:, number]
        low, high = heights.min(), heights.max()
        limit = low + SLAB * (high - low)
        flat = np.delete(self.points, number, axis=1)
        plan, footprint = _hull(flat), _hull(flat[heights < limit])
        if high <= low or plan <= 0:
            return 0.0
        top = self.highest[:, number] if sign > 0 else -self.lowest[:, number]
        upward = np.abs(self.cross[:, number])
        area = min(1.0, 0.5 * float(upward[(top < limit) & (upward > 0.9 * self.length)].sum()) / plan)
        return footprint / plan * (0.4 + 0.6 * area)


def starts(suffixes: Sequence[str]) -> list[int]:
    """Return for each file the rotation (index in `CUBE`) that its format's habit asks for; none where all habits are the same."""
    habits = [HABIT.get(suffix, "z") for suffix in suffixes]
    if len(set(habits)) == 1:
        return [0] * len(habits)
    return [int(np.abs(CUBE - turn_up(habit)).sum(axis=(1, 2)).argmin()) for habit in habits]


def evidence(mesh: Mesh, suffix: str) -> dict[str, float]:
    """Return axis -> how much speaks for it as the up axis of a file: what it would stand on, and the format's habit.

    Parameters
    ----------
    mesh : Mesh
        As in its file, any unit.
    suffix : str
        Of the file, ".obj".
    """
    stand, habit = Stand(mesh), HABIT.get(suffix)
    return {
        axis: stand.base(number, sign) * USUAL[axis] * (FAVOUR.get(suffix, HABITUAL) if axis == habit else 1.0)
        for axis, (number, sign) in AXES.items()
    }


def up_of(weighed: Mapping[str, Mapping[str, float]], turns: Mapping[str, Array]) -> Up:
    """Find the up axis of a category whose instances are turned alike.

    Parameters
    ----------
    weighed : mapping
        Name -> evidence for each axis of its file.
    turns : mapping
        Name -> rotation (3, 3) that turns it like the others; exchanges axes only.
    """
    total = {}
    for axis, (number, sign) in AXES.items():
        total[axis] = float(np.mean([found[axis_named(sign * turns[name][number])] for name, found in weighed.items()]))
    best, second = sorted(AXES, key=lambda axis: -total[axis])[:2]
    return Up(best, total[second] / max(total[best], 1e-12))


def doubts(weighed: Mapping[str, float], axis: str) -> Array:
    """Return for each of the 24 rotations the factor (24,) on the distance of an instance that would have that up axis then."""
    number, sign = AXES[axis]
    most = max(*weighed.values(), 1e-12)
    return np.array([1.0 + DOUBT * (1.0 - weighed[axis_named(sign * turn[number])] / most) for turn in CUBE])


def axis_named(direction: Array) -> str:
    """Return the name of the axis nearest to a direction (3,)."""
    number = int(np.abs(direction).argmax())
    return ("-" if direction[number] < 0 else "") + "xyz"[number]


def _hull(points: Array) -> float:
    """Return the area of the convex hull of points (N, 2); 0 where there is none."""
    if len(points) < 3:
        return 0.0
    try:
        return float(ConvexHull(points).volume)
    except QhullError:
        return 0.0
