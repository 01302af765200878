"""What an intake is told and what it leaves: the owner's knowledge, each instance in the common frame, a category with its rejects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit.datasets.units import UNITS, Size
from renderfit.datasets.upright import Up, axis_named, turn_up
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """What the owner of the meshes knows; None: found out."""

    up: str | None = None
    unit: str | None = None
    size: float | None = None
    align: bool = True
    each: Mapping[str, str] = field(default_factory=dict)
    """Name of an instance -> its up axis, for those that were brought upright wrongly."""

    def __post_init__(self) -> None:
        if not isinstance(self.each, Mapping):
            raise DataError(f'each is {self.each!r}; expected the up axes of single meshes, {{"name": "-y"}}')
        for axis in (*([self.up] if self.up is not None else []), *self.each.values()):
            turn_up(axis)  # refuses an unknown axis
        if self.unit is not None and not (isinstance(self.unit, str) and self.unit in UNITS):
            raise DataError(f"unit {self.unit!r}; expected one of {', '.join(UNITS)}")
        number = isinstance(self.size, int | float) and not isinstance(self.size, bool)
        if self.size is not None and not (number and 0 < self.size < np.inf):
            raise DataError(f"size is {self.size!r}; expected the median longest side of the category in metres")
        if not isinstance(self.align, bool):
            raise DataError(f"align is {self.align!r}; expected true or false")


@dataclass(frozen=True, eq=False)
class Taken:
    """One instance in the common frame (metres, z up, base at z = 0, centred in x and y), and what was done to it."""

    path: Path
    mesh: Mesh
    size: Size
    turn: Array
    """Rotation (3, 3) from the file's frame."""
    distance: float
    """Mean distance to its nearest neighbours of the category, in RMS radii."""
    notes: tuple[str, ...]
    told: bool = False
    """Whether the owner gave its up axis."""

    @property
    def up(self) -> str:
        """Axis of the file that became z."""
        return axis_named(self.turn[2])

    def entry(self) -> dict[str, Any]:
        """Return what the report says about the instance, as JSON types."""
        low, high = self.mesh.bounds()
        return {
            "file": self.path.name,
            "unit": self.size.unit,
            "factor": float(f"{self.size.factor:.6g}"),
            "up": self.up,
            "turned_degree": round(float(np.degrees(np.arccos(np.clip((np.trace(self.turn) - 1) / 2, -1, 1)))), 1),
            "size_m": [round(float(side), 4) for side in high - low],
            "faces": len(self.mesh.faces),
            "distance": round(self.distance, 4),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class Intake:
    """A category as it was taken in."""

    category: str
    taken: dict[str, Taken]
    rejected: dict[str, str] = field(default_factory=dict)
    """Name -> reason."""
    up: Up | None = None
    """None: no mesh was usable, so that nothing is known of it."""

    def meshes(self) -> dict[str, Mesh]:
        """Return name -> mesh [m]."""
        return {name: found.mesh for name, found in self.taken.items()}

    def without(self, reasons: Mapping[str, str]) -> Intake:
        """Return the intake with further instances rejected."""
        kept = {name: found for name, found in self.taken.items() if name not in reasons}
        return Intake(self.category, kept, {**self.rejected, **reasons}, self.up)

    def entry(self) -> dict[str, Any]:
        """Return the report as JSON types."""
        return {
            **({"problem": f"none of {len(self.rejected)} meshes is usable"} if not self.taken else {}),
            "up": self.up.axis if self.up else None,
            "up_is_a_guess": not self.up.sure if self.up else None,
            "up_probability": round(self.up.chance, 3) if self.up else None,
            "instances": {name: found.entry() for name, found in self.taken.items()},
            "rejected": dict(self.rejected),
        }
