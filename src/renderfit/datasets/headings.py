"""What is left once a category is upright: mirror images, and directions about the vertical in small steps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from renderfit.datasets.orientation import CLEARLY, CUBE, NEIGHBOURS, REPRESENTATIVES, Cloud

Array = NDArray[np.float64]

STEPS = sorted(range(-180, 180, 15), key=lambda angle: (abs(angle), angle))
"""Turns about the vertical that are tried [degree], the smallest first."""
FLIP = np.diag([-1.0, 1.0, 1.0])
GAIN = 0.88
"""A heading is changed when that leaves at most this share of the distance."""


def about_z(degrees: float) -> Array:
    """Return the rotation (3, 3) about the vertical."""
    return np.asarray(Rotation.from_euler("z", degrees, degrees=True).as_matrix())


def nearest(name: str, clouds: Mapping[str, Cloud]) -> list[Cloud]:
    """Return the instances nearest to one, as they are now."""
    others = [key for key in list(clouds)[:: -(-len(clouds) // REPRESENTATIVES)] if key != name] or [key for key in clouds if key != name]
    upright = np.eye(3)[None]
    return sorted((clouds[key] for key in others), key=lambda other: float(clouds[name].distances(other, upright)[0]))[:NEIGHBOURS]


def seen(cloud: Cloud, others: list[Cloud], turns: Array) -> Array:
    """Return the mean distance (K,) to `others` in each of `turns` (K, 3, 3)."""
    found: Array = np.mean([cloud.distances(other, turns) for other in others], axis=0)
    return found


def mirrored(clouds: Mapping[str, Cloud], turns: Mapping[str, Array]) -> dict[str, Array]:
    """Return name -> reflection (3, 3), after its rotation, for the instances that are mirror images of what they are nearest to.

    Of things that look the same in a mirror none is found; of two camps of mirror images the smaller one.
    """
    placed = {name: Cloud(cloud.points @ turns[name].T) for name, cloud in clouds.items()}
    reflections = np.array([turn @ FLIP for turn in CUBE])
    found = {}
    for name, cloud in placed.items():
        others = nearest(name, placed)
        plain, flipped = seen(cloud, others, CUBE).min(), seen(cloud, others, reflections)
        if flipped.min() < CLEARLY * plain:
            found[name] = reflections[int(flipped.argmin())]
    return found if 2 * len(found) < len(placed) else {}


def refined(
    clouds: Mapping[str, Cloud], turns: Mapping[str, Array], flips: Mapping[str, Array]
) -> tuple[dict[str, Array], dict[str, float]]:
    """Turn upright instances about the vertical like their neighbours, by multiples of 15 degrees.

    Parameters
    ----------
    clouds, turns, flips : mapping
        Name -> points as in the file; rotation that makes it upright; reflection after it, of those that have one.

    Returns
    -------
    dict, dict
        Name -> rotation; name -> mean distance to its neighbours then, in RMS radii.
    """
    steps = np.array([about_z(angle) for angle in STEPS])
    placed = {name: Cloud(cloud.points @ (flips.get(name, np.eye(3)) @ turns[name]).T) for name, cloud in clouds.items()}
    result, distances = dict(turns), {}
    for name, cloud in list(placed.items()):
        others = nearest(name, placed)
        costs = seen(cloud, others, steps)
        best = int(costs.argmin())
        if costs[best] >= GAIN * costs[0]:
            best = 0
        distances[name] = float(costs[best])
        if best:
            placed[name] = Cloud(cloud.points @ steps[best].T)
            flip = flips.get(name, np.eye(3))
            result[name] = flip.T @ steps[best] @ flip @ turns[name]
    return result, distances
