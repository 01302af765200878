"""Levenberg-Marquardt on normal equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Evaluated(Protocol):
    """A cost at one point that can give its normal equations."""

    @property
    def x(self) -> Array:
        """The point (P,)."""
        ...

    @property
    def cost(self) -> float:
        """Cost at `x`."""
        ...

    def normal(self) -> tuple[Array, Array]:
        """Return the normal matrix (P, P) and half the gradient (P,)."""
        ...


@dataclass(frozen=True)
class Damping:
    """Marquardt's damping, and the relative decreases of the cost that end the iteration and that count as converged.

    A decrease by less than `enough`, in the unit of the cost, counts as converged too: where the cost goes to zero its
    relative decrease says nothing. So do as many refused steps in a row as `patience`, each shorter than the one before:
    the cost of drawn images is not smooth to the last digit.
    """

    start: float = 1e-2
    reject: float = 5.0
    accept: float = 0.3
    stop: float = 2e-3
    settled: float = 2e-2
    enough: float = 0.0
    patience: int = 3


Point = TypeVar("Point", bound=Evaluated)


@dataclass(frozen=True, eq=False)
class Path(Generic[Point]):
    """The accepted points, start first, and whether the cost had settled when the iteration ended."""

    points: list[Array]
    costs: list[float]
    best: Point
    converged: bool


def minimise(evaluate: Callable[[Array], Point], x: Array, free: NDArray[np.int64], iterations: int, damping: Damping) -> Path[Point]:
    """Minimise over the parameters `free` from `x`, evaluating at most `iterations` steps."""
    state = evaluate(x)
    points, costs = [state.x], [state.cost]
    mu = damping.start
    drop, refused = np.inf, 0
    for _ in range(iterations):
        if refused == 0:  # a point just reached: its equations are made only where a step follows
            matrix, gradient = state.normal()
            a, b = matrix[np.ix_(free, free)], gradient[free]
        moved = state.x.copy()
        moved[free] -= np.linalg.solve(a + mu * np.diag(np.diag(a)), b)
        tried = evaluate(moved)
        if not np.isfinite(tried.cost) or tried.cost >= state.cost:
            mu, refused = mu * damping.reject, refused + 1
            if mu > 1e6:
                return Path(points, costs, state, True)
            continue
        drop, refused = state.cost - tried.cost, 0
        decrease = drop / max(state.cost, 1e-12)
        state, mu = tried, mu * damping.accept
        points.append(state.x)
        costs.append(state.cost)
        if decrease < damping.stop:
            return Path(points, costs, state, True)
    before = max(state.cost + drop, 1e-12)
    settled = refused >= damping.patience or drop < damping.settled * before or drop < damping.enough
    return Path(points, costs, state, bool(settled))
