"""The unit of meshes that do not say it: judged by what objects of a category can measure, and by each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from renderfit.errors import DataError

UNITS = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "inch": 0.0254}
RARITY = {"m": 0.0, "mm": 0.0, "cm": 0.6, "inch": 1.2}
"""What choosing a unit costs, in the measure of `misfit`: files in inches are rarer than files in metres."""
USUAL, SPREAD = 0.2, 3.0
"""Longest side [m] of the things one holds, and the factor that one standard deviation is."""
PLAUSIBLE = (0.02, 3.0)
"""Longest side [m] that is believed at all."""
CLEARLY = 1.4
"""How much worse the second best unit of a category has to be, in the measure of `misfit`, for the best one to be no guess."""
ONE_CATEGORY = 4.0
"""An instance this many times longer or shorter than its category's median has lost its size."""


@dataclass(frozen=True)
class Size:
    """What one instance measures.

    Attributes
    ----------
    unit : str
        m, mm, cm, inch, or "unknown" where the file's size was given up for the category's.
    factor : float
        From the file's numbers to metres.
    sure : bool
        Whether no other unit would do nearly as well, for it alone and, where it has the category's unit, for the category.
    """

    unit: str
    factor: float
    sure: bool

    @property
    def lost(self) -> bool:
        """Whether the size is that of the category, for no unit makes the file's own plausible."""
        return self.unit == "unknown" and not self.sure


def misfit(unit: str, longest: float) -> float:
    """Return how unlikely it is that `longest` is in that unit: rarity plus standard deviations from the usual size."""
    return RARITY[unit] + abs(float(np.log(longest * UNITS[unit] / USUAL))) / float(np.log(SPREAD))


def units_of(longest: Mapping[str, float], unit: str | None = None, size: float | None = None) -> dict[str, Size]:
    """Find the unit of every instance of a category.

    Most of a category comes from one place: the unit that fits all best together is the category's. An instance that
    then is more than `ONE_CATEGORY` times larger or smaller than the median may have another unit; where none brings it
    near, its size is given up and set to the median.

    Parameters
    ----------
    longest : mapping
        Name -> longest side of the bounding box, in the file's unit.
    unit : str, optional
        The category's unit, if it is known.
    size : float, optional
        Median longest side [m] of the category, for files without a unit (normalised to one, say).

    Raises
    ------
    DataError
        If the unit is not one of m, mm, cm, inch, or no unit makes the category plausible.
    """
    if unit is not None and unit not in UNITS:
        raise DataError(f"unit {unit!r}; expected one of {', '.join(UNITS)}")
    middle = float(np.median(list(longest.values())))
    if size is not None:
        return _one(longest, "unknown", size / middle, sure=True)
    if unit is not None:
        return _one(longest, unit, UNITS[unit], sure=True)
    ranked = sorted((float(np.median([misfit(known, side) for side in longest.values()])), known) for known in UNITS)
    chosen, clear = ranked[0][1], ranked[1][0] - ranked[0][0] > CLEARLY
    # more than one source: the unit is that of the largest group, not of the median of all
    alone = {name: min(UNITS, key=lambda known: misfit(known, side)) for name, side in longest.items()}
    metres = float(np.median([longest[name] * UNITS[own] for name, own in alone.items()]))
    if not PLAUSIBLE[0] <= metres <= PLAUSIBLE[1]:
        raise DataError(
            f"the objects measure {middle:.4g} in the files' unit; in none of {', '.join(UNITS)} that is {PLAUSIBLE[0]} to "
            f"{PLAUSIBLE[1]} m: say how large they are with --size (median longest side in metres)"
        )
    found = {}
    for name, side in longest.items():
        near = {known: abs(float(np.log(side * UNITS[known] / metres))) + 0.2 * RARITY[known] - 0.3 * (known == chosen) for known in UNITS}
        best, second = sorted(near, key=lambda known: near[known])[:2]
        if abs(np.log(side * UNITS[best] / metres)) > np.log(ONE_CATEGORY):
            found[name] = Size("unknown", metres / side, sure=False)
        else:
            found[name] = Size(best, UNITS[best], sure=near[second] - near[best] > 0.5 and (clear or best != chosen))
    return found


def _one(longest: Mapping[str, float], unit: str, factor: float, *, sure: bool) -> dict[str, Size]:
    return {name: Size(unit, factor, sure) for name in longest}
