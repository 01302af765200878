"""Means, spreads and bootstrap intervals of run scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from renderfit.errors import ShapeError


def summary(values: Sequence[float], samples: int, seed: int, digits: int = 6) -> dict[str, Any]:
    """Summarise the scores of one cell.

    Parameters
    ----------
    values : sequence of float
        One score a run, any unit.
    samples, seed : int
        Bootstrap resamples of the mean and their seed.
    digits : int
        Digits after the decimal point that are kept.

    Returns
    -------
    dict
        ``mean``, ``std`` (population), ``low`` and ``high`` (95 % percentile bootstrap interval of the mean), ``runs``.

    Examples
    --------
    >>> summary([1.0, 3.0], samples=100, seed=0)["mean"]
    2.0
    """
    mean, low, high = interval([values], samples, seed)
    scores = np.asarray(values, dtype=np.float64)
    found = {"mean": mean, "std": float(scores.std()), "low": low, "high": high}
    return {**{name: round(score, digits) for name, score in found.items()}, "runs": len(scores)}


def interval(groups: Sequence[Sequence[float]], samples: int, seed: int) -> tuple[float, float, float]:
    """Bootstrap the mean of group means; runs are redrawn inside their group (a test instance), groups stay.

    Returns
    -------
    tuple of float
        Mean, lower and upper end of the 95 % percentile interval.

    Raises
    ------
    ShapeError
        If there is no group or a group is empty.
    """
    if not groups or any(len(group) == 0 for group in groups):
        raise ShapeError(f"got {len(groups)} groups of {[len(g) for g in groups]} scores; expected at least one score in each")
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = np.zeros(samples)
    for group in groups:
        scores = np.asarray(group, dtype=np.float64)
        drawn += scores[generator.integers(0, len(scores), (samples, len(scores)))].mean(axis=1)
    low, high = np.percentile(drawn / len(groups), [2.5, 97.5])
    return float(np.mean([np.mean(group) for group in groups])), float(low), float(high)
