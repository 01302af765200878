"""The maximisation steps of Coherent Point Drift: rigid, affine and non-rigid, in a unit-free frame."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, lu_factor, lu_solve

from renderfit.errors import ShapeError
from renderfit.shapes.expectation import Posterior
from renderfit.shapes.kernel import LowRank, gaussian

Floats = NDArray[np.float64]


class Maximisation(Protocol):
    """Keeps the current transform of the template."""

    def update(self, posterior: Posterior, sigma2: float) -> Floats:
        """Return the moved template (M, 3) that explains the posterior best."""

    def penalty(self) -> float:
        """Return the regulariser of the current transform."""


class Linear:
    """Rigid (optionally scaled) or affine: x -> matrix x + offset."""

    def __init__(self, template: Floats, *, affine: bool, scaled: bool) -> None:
        self.template, self.affine, self.scaled = template, affine, scaled
        self.matrix, self.offset = np.eye(3), np.zeros(3)

    def update(self, posterior: Posterior, sigma2: float) -> Floats:  # noqa: ARG002
        """Solve the weighted Procrustes (or least-squares) problem in closed form."""
        p1, px, y = posterior.p1, posterior.px, self.template
        total = p1.sum()
        mean_x, mean_y = px.sum(0) / total, p1 @ y / total
        cross = (px - np.outer(p1, mean_x)).T @ (y - mean_y)
        spread = (y - mean_y).T @ ((y - mean_y) * p1[:, None])
        if self.affine:
            if np.linalg.matrix_rank(spread, tol=1e-12 * float(np.trace(spread))) < 3:
                raise ShapeError("the template lies in one plane: an affine map is not determined; expected a solid cloud, or kind rigid")
            self.matrix = np.linalg.solve(spread, cross.T).T
        else:
            u, values, vt = np.linalg.svd(cross)
            sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
            scale = (values * sign).sum() / np.trace(spread) if self.scaled else 1.0
            self.matrix = scale * (u * sign) @ vt
        self.offset = mean_x - self.matrix @ mean_y
        return y @ self.matrix.T + self.offset

    def penalty(self) -> float:
        """Return zero: linear transforms are free."""
        return 0.0


class NonRigid:
    """T = Y + G W with the kernel as it is: (d(P1) G + lambda sigma^2 I) W = P X - d(P1) Y."""

    def __init__(self, template: Floats, beta: float, lam: float) -> None:
        self.template, self.lam = template, lam
        self.kernel = gaussian(template, template, beta)
        self.weights = np.zeros_like(template)

    def update(self, posterior: Posterior, sigma2: float) -> Floats:
        """Solve for W (section 3.2.1)."""
        p1 = posterior.p1[:, None]
        system = p1 * self.kernel
        system[np.diag_indices(len(system))] += self.lam * sigma2
        self.weights = lu_solve(lu_factor(system), posterior.px - p1 * self.template)
        return self.template + self.kernel @ self.weights

    def penalty(self) -> float:
        """Return lambda / 2 tr(W^T G W)."""
        return float(0.5 * self.lam * (self.weights * (self.kernel @ self.weights)).sum())


class NonRigidLowRank:
    """The same with G = L L^T; solved for a = L^T W (K, 3), which is the Woodbury identity without its cancellation."""

    def __init__(self, template: Floats, kernel: LowRank, lam: float) -> None:
        self.template, self.kernel, self.lam = template, kernel, lam
        self.reduced = np.zeros((kernel.factor.shape[1], 3))
        self.weights = np.zeros_like(template)

    def update(self, posterior: Posterior, sigma2: float) -> Floats:
        """Solve (L^T d(P1) L + lambda sigma^2 I) a = L^T (P X - d(P1) Y)."""
        p1, factor = posterior.p1[:, None], self.kernel.factor
        rhs = posterior.px - p1 * self.template
        scaled = np.sqrt(p1) * factor
        system = scaled.T @ scaled
        system[np.diag_indices(len(system))] += self.lam * sigma2
        self.reduced = cho_solve(cho_factor(system, lower=True, overwrite_a=True), factor.T @ rhs)
        displacement = factor @ self.reduced
        self.weights = (rhs - p1 * displacement) / (self.lam * sigma2)
        return self.template + displacement

    def penalty(self) -> float:
        """Return lambda / 2 tr(W^T G W)."""
        return float(0.5 * self.lam * (self.reduced**2).sum())
