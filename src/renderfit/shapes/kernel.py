"""The Gaussian deformation kernel G and its low-rank factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Floats = NDArray[np.float64]

SUBSET = 6000
"""Pivots are searched among at most this many points."""


def gaussian(points: Floats, centres: Floats, beta: float) -> Floats:
    """Return G (N, K): exp(-|x_i - y_j|^2 / (2 beta^2)) (section 3.2.1, Eq. 7)."""
    squared = (points**2).sum(1)[:, None] + (centres**2).sum(1)[None] - 2 * points @ centres.T
    return np.exp(np.maximum(squared, 0.0) / (-2 * beta**2))


@dataclass(frozen=True)
class LowRank:
    """G(Y, Y) ~ L L^T through K of the template points: G(y, P) G(P, P)^-1 G(P, y').

    Attributes
    ----------
    centres : (K, 3) array
        The pivots P.
    factor : (M, K) array
        L; its rows at the pivots are lower triangular.
    root : (K, K) array
        Those rows: G(P, P) = root root^T.
    residual : float
        Mean diagonal of G - L L^T: the share of the kernel that is left out.
    """

    centres: Floats
    factor: Floats
    root: Floats
    residual: float

    def coefficients(self, reduced: Floats) -> Floats:
        """Return C (K, 3) such that L `reduced` = G(Y, P) C, so that the field is known everywhere."""
        return np.ascontiguousarray(solve_triangular(self.root, reduced, lower=True, trans="T"))


def low_rank(points: Floats, beta: float, rank: int, tolerance: float = 1e-6) -> LowRank:
    """Factor G(points, points) by Cholesky decomposition with complete pivoting.

    Stops at `rank` pivots or when the mean residual of the diagonal is below `tolerance`. The error of
    the approximation is known (`residual`), and the field extends to any point of space.
    """
    subset = points if len(points) <= SUBSET else points[:: -(-len(points) // SUBSET)]
    rank = min(rank, len(subset))
    columns = np.zeros((rank, len(subset)))
    left = np.ones(len(subset))
    pivots: list[int] = []
    for k in range(rank):
        pivot = int(left.argmax())
        if left.mean() < tolerance or left[pivot] < 1e-12:
            break
        row = gaussian(subset[pivot : pivot + 1], subset, beta)[0] - columns[:k, pivot] @ columns[:k]
        columns[k] = row / np.sqrt(left[pivot])
        left = np.maximum(left - columns[k] ** 2, 0.0)
        left[pivot] = 0.0
        pivots.append(pivot)
    centres = subset[pivots]
    root = np.tril(columns[: len(pivots)][:, pivots].T)
    if len(subset) == len(points):
        return LowRank(centres, np.ascontiguousarray(columns[: len(pivots)].T), root, float(left.mean()))
    factor = solve_triangular(root, gaussian(centres, points, beta), lower=True).T
    return LowRank(centres, np.ascontiguousarray(factor), root, float(np.maximum(1 - (factor**2).sum(1), 0).mean()))
