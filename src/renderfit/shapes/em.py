"""The loop of Coherent Point Drift: expectation and maximisation in turn, until the objective stands still."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import ConvergenceError
from renderfit.progress import progress
from renderfit.shapes.expectation import Posterior, expectation
from renderfit.shapes.maximisation import Maximisation

Floats = NDArray[np.float64]

SMALLEST_SIGMA2 = 1e-10
"""Lower bound of the variance, in units of the squared RMS radius."""
MANY_PAIRS = 10**8
"""Pairs of points from which the iterations show their progress."""


class Ended(NamedTuple):
    """Where the loop ended, in the frame of its input.

    Attributes
    ----------
    moved : (M, 3) array
        The template.
    sigma2 : float
        Variance of the mixture.
    history : list of float
        Objective after every iteration.
    converged : bool
        Whether it stood still, or the variance reached its lower bound.
    posterior : Posterior
        Of the last state.
    """

    moved: Floats
    sigma2: float
    history: list[float]
    converged: bool
    posterior: Posterior


def iterate(
    step: Maximisation, moved: Floats, x: Floats, sigma2: float | None, outliers: float, iterations: int, tolerance: float
) -> Ended:
    """Alternate expectation and `step` from the template `moved` (M, 3) to the reference `x` (N, 3).

    Raises
    ------
    ConvergenceError
        If every reference point is taken for an outlier.
    """
    if sigma2 is None:
        sigma2 = float((x**2).sum() / len(x) + (moved**2).sum() / len(moved) - 2 * x.mean(0) @ moved.mean(0)) / 3
    sigma2 = max(sigma2, SMALLEST_SIGMA2)
    history: list[float] = []
    posterior = expectation(moved, x, sigma2, outliers)
    steps = range(iterations)
    for _ in progress(steps, "CPD iterations") if len(moved) * len(x) >= MANY_PAIRS else steps:
        total = posterior.p1.sum()
        if not total > 1e-8 * len(x):
            raise ConvergenceError(
                "CPD: every reference point is taken for an outlier; expected overlapping clouds: check unit and position"
            )
        moved = step.update(posterior, sigma2)
        distance = posterior.pt1 @ (x**2).sum(1) - 2 * (posterior.px * moved).sum() + posterior.p1 @ (moved**2).sum(1)
        sigma2 = max(float(distance) / (3 * total), SMALLEST_SIGMA2)
        posterior = expectation(moved, x, sigma2, outliers)
        history.append(step.penalty() - posterior.log_likelihood)
        if len(history) > 1 and abs(history[-2] - history[-1]) < tolerance * max(abs(history[-1]), 1.0):
            return Ended(moved, sigma2, history, True, posterior)
        if sigma2 <= SMALLEST_SIGMA2:
            return Ended(moved, sigma2, history, True, posterior)
    return Ended(moved, sigma2, history, False, posterior)
