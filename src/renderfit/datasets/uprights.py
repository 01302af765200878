"""A category brought upright: each shape's own evidence, its neighbours, objects that the package knows, the formats' habits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.datasets.orientation import AFTER, CUBE, STAYS, Cloud, Table, Together, together
from renderfit.datasets.reading import Candidate
from renderfit.datasets.references import resemblance
from renderfit.datasets.standing import AXES
from renderfit.datasets.upright import Up, axis_named, by_turn, evidence, index_of, prior, starts, turn_up

Array = NDArray[np.float64]

DOUBTFUL = 0.8
"""Probability of an instance's up axis, all others as they are, below which it is called a guess."""


@dataclass(frozen=True, eq=False)
class Found:
    """How the instances of a category become upright.

    Attributes
    ----------
    turns : dict
        Name -> rotation (3, 3) from the file's frame.
    up : Up
        The up axis of most files.
    guesses : dict
        Name -> the axis of its file that might be up as well, for instances that are doubtful.
    """

    turns: dict[str, Array]
    up: Up
    guesses: dict[str, str]


def bring_upright(
    category: str,
    read_in: Mapping[str, Candidate],
    clouds: Mapping[str, Cloud],
    up: str | None,
    each: Mapping[str, str],
    shared: str | None = None,
) -> Found:
    """Turn all instances upright and like each other, by rotations that exchange axes.

    Every frame that most files may have is tried; the one with the most evidence is taken (`renderfit.datasets.orientation.together`).

    Parameters
    ----------
    category : str
        Its name says whether the package knows such objects.
    read_in : mapping
        Name -> mesh as in its file.
    clouds : mapping
        Name -> its points.
    up : str or None
        The up axis of most files, if it is known.
    each : mapping
        Name -> up axis of its file, where it is known.
    shared : str, optional
        The up axis of all other categories of the folder.
    """
    like = np.array([resemblance(clouds[name], category) for name in read_in])
    alone = np.array([by_turn(evidence(one.mesh)) for one in read_in.values()])
    suffixes = [one.path.suffix.lower() for one in read_in.values()]
    return solved(clouds, suffixes, alone, like, up, each, shared)


def solved(
    clouds: Mapping[str, Cloud],
    suffixes: Sequence[str],
    alone: Array,
    like: Array,
    up: str | None = None,
    each: Mapping[str, str] | None = None,
    shared: str | None = None,
) -> Found:
    """Weigh the evidence of all instances; as `bring_upright`, when each one's own is known.

    Parameters
    ----------
    clouds : mapping
        Name -> points of the file.
    suffixes : sequence of str
        Format of each file.
    alone, like : (N, 24) arrays
        Evidence of each rotation of each instance: by its shape, and by known objects that it is like.
    up, each, shared
        As in `bring_upright`.
    """
    names, told = list(clouds), each or {}
    own = alone + like
    axes = np.array([axis_named(turn[2]) for turn in CUBE])
    for i, name in enumerate(names):
        if name in told:
            own[i, axes != told[name]] = -np.inf
    start = [0] * len(names) if up else starts(suffixes)
    if up:  # then files of another frame need better reasons
        own[:, axes == up] += STAYS
    table, tried = Table(clouds), []
    for common in _frames(up, headings=bool(like.any())):
        expected = prior(suffixes, [int(AFTER[common, turn]) for turn in start], shared)
        tried.append((together(table, own, common, start), expected))
    tried.sort(key=lambda one: -one[0].total - one[1])
    best = tried[0][0]
    turns = {name: CUBE[turn] for name, turn in zip(names, best.turns, strict=True)}
    guesses = {name: axis for i, name in enumerate(names) if name not in told and (axis := _rival(axes, best, i))}
    return Found(turns, Up(up) if up else _judged(axes, tried), guesses)


def _judged(axes: NDArray[np.str_], tried: list[tuple[Together, float]]) -> Up:
    """Return the up axis of most files, with its probability; `tried`: frames and what is usual of them, the best first."""
    best, expected = tried[0]
    shapes: dict[str, float] = {}
    every: dict[str, float] = {}
    for one, usual in tried:
        axis = Counter(str(axes[turn]) for turn in one.turns).most_common(1)[0][0]
        if one is not best and 2 * (axes[one.turns] == axes[best.turns]).sum() > len(best.turns):
            continue  # the same but for a few instances
        shapes[axis] = max(shapes.get(axis, -np.inf), one.total)
        every[axis] = max(every.get(axis, -np.inf), one.total + usual)
    axis = Counter(str(axes[turn]) for turn in best.turns).most_common(1)[0][0]
    rivals = sorted((other for other in every if other != axis), key=lambda other: -every[other])
    chance = float(np.exp(best.total + expected - np.logaddexp.reduce([best.total + expected, *(every[other] for other in rivals)])))
    own = float(np.exp(best.total - np.logaddexp.reduce([best.total, *(shapes[other] for other in rivals)])))
    return Up(axis, chance, own, rivals[0] if rivals else "")


def _frames(up: str | None, *, headings: bool) -> list[int]:
    """Return the rotations that the common frame is tried in; headings only where there is something to compare them with."""
    wanted = [up] if up else list(AXES)
    first = [index_of(turn_up(axis)) for axis in wanted]
    if not headings:
        return first
    return first + [k for k, turn in enumerate(CUBE) if axis_named(turn[2]) in wanted and k not in first]


def _rival(axes: NDArray[np.str_], found: Together, instance: int) -> str | None:
    """Return the second best up axis of an instance if its best one is doubtful."""
    beliefs = found.beliefs[instance]
    chances = {axis: float(np.logaddexp.reduce(beliefs[axes == axis])) for axis in AXES}
    best, second = sorted(AXES, key=lambda axis: -chances[axis])[:2]
    share = np.exp(chances[best] - np.logaddexp.reduce(list(chances.values())))
    return second if share < DOUBTFUL else None
