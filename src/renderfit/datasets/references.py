"""Categories that the package knows: its own parametric objects show how things like them are turned."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from renderfit.datasets.orientation import CUBE, NEIGHBOURS, Cloud, nearness
from renderfit.datasets.procedural import build
from renderfit.datasets.procedural.catalogue import recipes
from renderfit.datasets.roles import points_of

Array = NDArray[np.float64]

KNOWN = ("spray", "drill", "camera", "bottle")
"""Words in a category's name -> parametric objects it is compared with; of a spray bottle the first."""
EVERY = 2
"""Every second recipe is a reference."""
ALIKE, AKIN = 0.2, 0.12
"""Distance [RMS radii] from which an object is none of a category called like it (a bottle opener), and of one that is not.

Among hand-made and parametric objects, things nearer than the second stand like each other whatever they are; things farther
away do not (`benchmarks/handmade`).
"""
POINTS = 160
PROPORTIONS = 6.0
"""Times the limit by which the boxes may differ, smallest side with smallest side, before nothing else is compared; 4 was the most seen."""
STORED = "references.npy"
"""Points of the references: (categories, objects, POINTS, 3), so that they need not be built; written by ``benchmarks/upright.py``."""


def known(category: str) -> str | None:
    """Return the parametric category that a category is called like; None if there is none."""
    return next((word for word in KNOWN if word in category.lower()), None)


def built(word: str) -> Array:
    """Return points (objects, POINTS, 3) of the references of a known category, about their mean, over their RMS radius."""
    return np.stack([Cloud(points_of(build(word, recipe["parameters"]), POINTS)).points for recipe in recipes(word)[::EVERY]])


@lru_cache(maxsize=1)
def references() -> dict[str, tuple[Cloud, ...]]:
    """Return known category -> objects of it in the common frame (z up, front +y)."""
    with resources.files("renderfit.datasets").joinpath(STORED).open("rb") as stream:
        stored = np.load(stream, allow_pickle=False).astype(np.float64)
    return {word: tuple(Cloud(points) for points in objects) for word, objects in zip(KNOWN, stored, strict=True)}


def resemblance(cloud: Cloud, category: str) -> Array:
    """Return the evidence (24,) of each rotation of an object that it stands as known objects do then; zeros if it is like none."""
    word = known(category)
    others = [other for key, objects in references().items() if word in (None, key) for other in objects]
    limit = AKIN if word is None else ALIKE
    others = [other for other in others if _apart(cloud, other) < PROPORTIONS * limit]
    nearest = np.array([cloud.distances(other, CUBE).min() for other in others])
    if not (nearest <= limit).any():
        return np.zeros(24)
    near = np.argsort(nearest, kind="stable")[:NEIGHBOURS]
    return nearness(np.mean([cloud.likeness(others[k], CUBE) for k in near], axis=0))


def _apart(one: Cloud, other: Cloud) -> float:
    """Return the largest difference between the sides of their boxes, sorted by length [RMS radii]."""
    sides = [np.sort(np.ptp(cloud.points, axis=0)) for cloud in (one, other)]
    return float(np.abs(sides[0] - sides[1]).max())
