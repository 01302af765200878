"""Registration by Levenberg-Marquardt on image residuals."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import ConfigError
from renderfit.registration.columns import Columns
from renderfit.registration.levenberg import Damping, minimise
from renderfit.registration.objective import Level, Prior, State, View
from renderfit.registration.result import Step
from renderfit.registration.stages import Stage, emphasis, free_parameters, schedule
from renderfit.registration.terms import Trust

Array = NDArray[np.float64]
WEIGHTS = (0.1, 64.0)
"""Least and largest weight of the prior that is read off an image."""
SETTLED = 0.3
"""Step, in posterior deviations, that no longer matters."""


@dataclass(frozen=True)
class SolverConfig:
    """Choices of the solver; chosen on training instances left out in turn.

    Attributes
    ----------
    prior : Prior
        Weights of the Gaussian prior.
    robust : float
        Residual (share of full contrast) beyond which Huber's loss grows linearly only.
    damping : Damping
        Of Levenberg-Marquardt.
    stages : sequence of Stage, optional
        Instead of the default schedule.
    trust : Trust
        How far predicted coordinates and normals are believed, where there are any.
    correlation : (float, float)
        Length of outline [px of an image 256 px wide] over which the errors of a mask go together, for a known pose and for
        one that is to be found. With it the prior's weight is read off each image: see `solve`. 0: the weight is as given.
    """

    prior: Prior = field(default_factory=Prior)
    robust: float = float("inf")
    damping: Damping = field(default_factory=Damping)
    stages: tuple[Stage, ...] | None = None
    trust: Trust = field(default_factory=Trust)
    correlation: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Solved:
    """Parameters (K + 6 views,), posterior covariance, iterates, renders, weight of the prior and whether the last stage settled.

    It did when its last step left the cost nearly as it was, or moved the parameters by less than `SETTLED` of their posterior
    deviation in the root mean square.
    """

    x: Array
    state: State
    covariance: Array
    history: list[Step]
    renders: int
    weight: float
    converged: bool


def solve(columns: Columns, views: Sequence[View], optimise_pose: bool, config: SolverConfig, before: Solved | None = None) -> Solved:
    """Fit shape, and pose when asked, to all `views` at once, from the start poses and the mean shape or on from an earlier answer.

    How good a mask is shows in what a fit leaves of it: S, the squared residuals, over L, the length of the outline. Errors that go
    together over a length c are worth one of variance ``c S / L``; that is the weight the prior gets in a second fit, from the start.
    A second fit on from an earlier answer is not made.

    Normals and shading count once all else has been fitted: of a surface that is not yet where it is seen they lead astray.
    """
    if before is None and any(config.trust.turns_fast(view.samples is not None, view.photometry is not None) for view in views):
        before = solve(columns, views, optimise_pose, replace(config, trust=config.trust.far_off()))
        config = replace(config, prior=replace(config.prior, weight=before.weight))
    length = 0.0 if before is not None else config.correlation[int(optimise_pose)]
    level = functools.cache(functools.partial(Level.of, views))
    found = _fit(columns, views, level, optimise_pose, config, before, not length)
    if not length:
        return found
    weight = float(np.clip(length * found.state.misfit(), *WEIGHTS))
    again = _fit(columns, views, level, optimise_pose, replace(config, prior=replace(config.prior, weight=weight)), None, True)
    return replace(again, renders=found.renders + again.renders)


def _fit(
    columns: Columns, views: Sequence[View], reduced: Callable[[int, float], Level], optimise_pose: bool, config: SolverConfig,
    before: Solved | None, last: bool,
) -> Solved:  # fmt: skip
    """Fit once; the posterior covariance is worked out for the `last` fit only, else it is empty."""
    count = columns.count
    x = np.zeros(count + 6 * len(views)) if before is None else before.x.copy()
    precision = config.prior.diagonal(count, len(views))
    history: list[Step] = [] if before is None else list(before.history)
    renders, converged = 0 if before is None else before.renders, False
    state: State | None = None
    stages = list(config.stages) if config.stages is not None else schedule(columns, optimise_pose, len(views))
    if before is not None:
        stages = stages[-2:]
    for stage in stages:
        level = reduced(stage.width, stage.sigma)
        free = free_parameters(stage, columns, len(views))
        held = emphasis(stage, columns, len(views)) * precision

        def evaluate(point: Array, level: Level = level, held: Array = held, free: NDArray[np.int64] = free) -> State:
            nonlocal renders
            renders += len(views)
            return State(columns, views, level, held, point, config.robust, config.trust, config.prior.weight, free)

        damping = replace(config.damping, enough=SETTLED**2 * len(free) * config.prior.weight)  # the weight: variance of a residual
        path = minimise(evaluate, x, free, stage.iterations, damping)
        history += [
            Step(stage.name, cost, point[:count], point[count : count + 6]) for cost, point in zip(path.costs, path.points, strict=True)
        ]
        state, x, converged = path.best, path.best.x, path.converged
    if state is None:
        raise ConfigError("the schedule has no stages; expected at least one")
    if not last:
        return Solved(x, state, np.zeros((0, 0)), history, renders, config.prior.weight, converged)
    free = np.unique(np.concatenate([free_parameters(stage, columns, len(views)) for stage in stages]))
    matrix, _ = state.normal(free)
    covariance = np.zeros_like(matrix)
    covariance[np.ix_(free, free)] = config.prior.weight * np.linalg.inv(matrix[np.ix_(free, free)])
    return Solved(x, state, covariance, history, renders, config.prior.weight, converged)


def deviation(columns: Columns, covariance: Array) -> Array:
    """Return the posterior standard deviation [m] (V,) of each vertex, pose apart."""
    count = columns.count
    root = np.linalg.cholesky(covariance[:count, :count] + 1e-12 * np.eye(count))
    moved = (columns.basis.reshape(-1, count) @ root).reshape(len(columns.mean), -1)
    return np.sqrt(np.einsum("vk,vk->v", moved, moved))
