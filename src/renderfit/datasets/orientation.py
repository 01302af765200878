"""One orientation for all instances of a category: upright, and turned like each other, as little as the shapes allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

CUBE = np.stack(sorted((np.round(turn) for turn in Rotation.create_group("O").as_matrix()), key=lambda turn: -float(np.trace(turn))))
"""The 24 rotations that exchange axes, the smallest first: what file formats and modelling tools differ by."""
AFTER = np.array([[int(np.abs(CUBE - first @ second).sum(axis=(1, 2)).argmin()) for second in CUBE] for first in CUBE])
"""AFTER[a, b]: index of the rotation that does first b, then a."""
BACK = np.array([int(np.abs(CUBE - turn.T).sum(axis=(1, 2)).argmin()) for turn in CUBE])
"""Index of the inverse rotation."""
CLEARLY = 0.82
"""Another orientation is taken when it leaves at most this share of the distance that the present one leaves."""
STRETCH = 2.0
"""Factor by which a box is stretched or squeezed at most."""
NEARER = 20.0
"""Evidence, in natural logarithms of probability, of a distance smaller by a factor of e: 5 % nearer count as one."""
STAYS = 4.0
"""Evidence that a file has the same frame as most of its category: that of a distance smaller by `CLEARLY`."""
NEIGHBOURS = 3
"""Instances an instance is compared with: the nearest ones, since a category has kinds."""
REPRESENTATIVES = 24
"""Instances that the others are compared with at most: every second, third, ... of a larger category."""
ROUNDS = 8


class Cloud:
    """Points of an instance about their mean, over their RMS radius: what shapes are compared by."""

    def __init__(self, points: Array) -> None:
        centred = points - points.mean(axis=0)
        self.points: Array = centred / max(float(np.sqrt((centred**2).sum(axis=1).mean())), 1e-12)
        self.tree = cKDTree(self.points)

    def distances(self, other: Cloud, turns: Array) -> Array:
        """Return the symmetric mean nearest distance (K,), in RMS radii, of this cloud turned by each of `turns` (K, 3, 3) to the other."""
        here = other.tree.query(self.points @ turns.transpose(0, 2, 1))[0].mean(axis=1)
        found: Array = 0.5 * (here + self.tree.query(other.points @ turns)[0].mean(axis=1))
        return found

    def likeness(self, other: Cloud, turns: Array) -> Array:
        """Return the geometric mean (K,) of the distances as they are and with this cloud's box made as wide, deep and high as the other's.

        A flat camera and a deep one differ more in proportion than one of them upside down from itself; what is left once the
        boxes are equal is where the parts are.
        """
        stretched = np.empty(len(turns))
        low, high = other.points.min(axis=0), other.points.max(axis=0)
        for k, turn in enumerate(turns):
            turned = self.points @ turn.T
            below, above = turned.min(axis=0), turned.max(axis=0)
            factor = np.clip((high - low) / np.maximum(above - below, 1e-12), 1 / STRETCH, STRETCH)
            fitted = (turned - 0.5 * (below + above)) * factor + 0.5 * (low + high)
            stretched[k] = 0.5 * (other.tree.query(fitted)[0].mean() + cKDTree(fitted).query(other.points)[0].mean())
        found: Array = np.sqrt(self.distances(other, turns) * stretched)
        return found


class Table:
    """Distances between all instances and the representatives in all 24 relative rotations.

    Attributes
    ----------
    names : list of str
        Instances.
    behind : list of int
        Which of them are representatives.
    costs : (N, R, 24) array
        `Cloud.likeness` of instance n turned by rotation k to representative r as it is [RMS radii]; infinite to itself.
    """

    def __init__(self, clouds: Mapping[str, Cloud]) -> None:
        self.names, every = list(clouds), list(clouds.values())
        step = -(-len(every) // REPRESENTATIVES)
        self.behind = list(range(0, len(every), step))
        self.costs = np.full((len(every), len(self.behind), 24), np.inf)
        for r, j in enumerate(self.behind):
            for i, cloud in enumerate(every):
                if i == j:
                    continue
                twin = self.behind.index(i) if i in self.behind else r
                self.costs[i, r] = self.costs[j, twin, BACK] if twin < r else cloud.likeness(every[j], CUBE)

    def seen(self, instance: int, turns: Sequence[int]) -> Array:
        """Return the evidence (24,) of the distances of an instance in each rotation to its neighbours, those turned as `turns` says."""
        if len(self.names) < 2:
            return np.zeros(24)
        near = np.argsort(self.costs[instance].min(axis=1), kind="stable")
        kept = [r for r in near if self.behind[r] != instance][:NEIGHBOURS]
        return nearness(np.mean([self.costs[instance, r, AFTER[BACK[turns[self.behind[r]]]]] for r in kept], axis=0))


def nearness(distances: Array) -> Array:
    """Return the evidence (K,) of distances (K,), 0 for the smallest."""
    return -NEARER * np.log(distances / max(float(distances.min()), 1e-12))


@dataclass(frozen=True)
class Together:
    """How the instances of a category are turned, and why.

    Attributes
    ----------
    turns : list of int
        Index in `CUBE` of each instance's rotation from its file.
    common : int
        Rotation of the frame that most files have.
    total : float
        Evidence, mean of the instances.
    beliefs : (N, 24) array
        Evidence of each rotation of each instance, all others as they are.
    """

    turns: list[int]
    common: int
    total: float
    beliefs: Array


def together(table: Table, alone: Array, common: int, start: Sequence[int]) -> Together:
    """Turn all instances of a category, if most of their files have one frame and `common` is its rotation.

    Each instance is turned as its own shape, its neighbours and the others' frame say together, until nothing changes
    (iterated conditional modes).

    Parameters
    ----------
    table : Table
        Distances between the instances.
    alone : (N, 24) array
        Evidence of each rotation of each instance by itself; -inf: not allowed.
    common : int
        Index in `CUBE`.
    start : sequence of int
        Rotation of each file that comes before the common one: what its format's habit asks for.
    """
    stays = [int(AFTER[common, turn]) for turn in start]
    own = alone.copy()
    own[np.arange(len(stays)), stays] += STAYS
    turns = list(stays)
    for _ in range(ROUNDS):
        before = list(turns)
        for i in range(len(turns)):
            turns[i] = int((own[i] + table.seen(i, turns)).argmax())
        if turns == before:
            break
    beliefs = np.array([own[i] + table.seen(i, turns) for i in range(len(turns))])
    return Together(turns, common, float(beliefs[np.arange(len(turns)), turns].mean()), beliefs)
