"""One orientation for all instances of a category: turned like each other, as little as the shapes allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

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
EQUAL = 1.05
"""Orientations whose distances differ by less than this factor are as good as each other."""
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


class Table:
    """Distances between all instances and the representatives in all 24 relative rotations.

    Attributes
    ----------
    names : list of str
        Instances.
    behind : list of int
        Which of them are representatives.
    costs : (N, R, 24) array
        Distance of instance n turned by rotation k to representative r as it is [RMS radii]; infinite to itself.
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
                if twin < r:
                    self.costs[i, r] = self.costs[j, twin, BACK]
                else:
                    self.costs[i, r] = cloud.distances(every[j], CUBE)

    def central(self) -> int:
        """Return the representative with the smallest mean distance to all instances, each in its best rotation."""
        best = self.costs.min(axis=2)
        mean = np.where(np.isfinite(best), best, 0.0).mean(axis=0)
        return self.behind[int(np.argmin(mean.round(9)))]

    def seen(self, instance: int, turns: Sequence[int], count: int = NEIGHBOURS) -> Array:
        """Return the mean distance (24,) of an instance in each rotation to its nearest neighbours, those turned as `turns` says."""
        relative = [self.costs[instance, r, AFTER[BACK[turns[j]]]] for r, j in enumerate(self.behind)]
        near = np.argsort(self.costs[instance].min(axis=1), kind="stable")[: min(count, len(self.names) - 1, len(self.behind))]
        kept = [relative[r] for r in near if self.behind[r] != instance]
        found: Array = np.mean(kept, axis=0)
        return found


def chosen(costs: Array, present: int) -> int:
    """Return which of the 24 rotations is meant: the present one unless another is clearly nearer; of equals the least turned one."""
    best = costs.min()
    if costs[present] * CLEARLY <= best:
        return present
    equal = np.flatnonzero(costs <= EQUAL * best)
    return int(min(equal, key=lambda k: (AFTER[k, BACK[present]], k)))


def turned_alike(table: Table, start: Sequence[int] | None = None) -> list[int]:
    """Turn all instances of a category like each other.

    First all are turned like the central one, then each like those it is nearest to, until nothing changes. What all have in
    common in the end is what most of them started with.

    Parameters
    ----------
    table : Table
    start : sequence of int, optional
        Where each instance starts and stays unless another rotation is clearly nearer; none: as in its file.

    Returns
    -------
    list of int
        Index in `CUBE` of each instance's rotation.
    """
    first = list(start) if start is not None else [0] * len(table.names)
    middle = table.central()
    column, back = table.behind.index(middle), BACK[first[middle]]
    turns = list(first)
    for i in range(len(turns)):
        if i != middle:  # its rotation relative to the central one as that is in its file
            turns[i] = int(AFTER[first[middle], chosen(table.costs[i, column], int(AFTER[back, first[i]]))])
    turns = settled(table, turns)
    changes = Counter(int(AFTER[turn, BACK[own]]) for turn, own in zip(turns, first, strict=True))
    common = BACK[changes.most_common(1)[0][0]]
    return [int(AFTER[common, turn]) for turn in turns]


def settled(table: Table, turns: Sequence[int], doubts: Array | None = None) -> list[int]:
    """Turn each instance like those it is nearest to until nothing changes.

    Parameters
    ----------
    table : Table
    turns : sequence of int
        Where to start.
    doubts : (N, 24) array, optional
        Factors on the distance of each instance in each rotation.
    """
    turns = list(turns)
    factors = np.ones((len(turns), 24)) if doubts is None else doubts
    for _ in range(ROUNDS):
        before = list(turns)
        for i in range(len(turns)):
            turns[i] = chosen(table.seen(i, turns) * factors[i], turns[i])
        if turns == before:
            break
    return turns
