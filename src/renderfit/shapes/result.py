"""What Coherent Point Drift returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renderfit.shapes.kernel import gaussian

Floats = NDArray[np.float64]
Kind = Literal["rigid", "affine", "nonrigid"]


@dataclass(frozen=True)
class CPDResult:
    """A registration of a template to a reference.

    Attributes
    ----------
    kind : str
        "rigid", "affine" or "nonrigid".
    points : (M, 3) array
        The moved template [m].
    sigma2 : float
        Final variance of the mixture [m^2].
    history : list of float
        Negative log-posterior per iteration; it never rises.
    converged : bool
        Whether the relative change fell below the tolerance.
    matrix : (3, 3) array, offset : (3,) array
        Linear part: x -> matrix x + offset; identity for "nonrigid".
    weights : (M, 3) array
        W of the paper (Eq. 5) [m], one row per template point; empty for linear kinds.
    beta : float
        Width of the deformation kernel [m].
    centres, coefficients : (K, 3) arrays
        The displacement at x is G(x, centres) coefficients [m]; with the exact kernel these are the template and W.
    matched : (N,) array
        Per reference point, the probability that it belongs to the template.
    radius : float
        RMS radius of the template [m]: the unit of `beta` where it is not given in metres.
    penalty : float
        What the deformation costs, lambda / 2 tr(W^T G W) (Eq. 6); 0 for linear kinds.

    Examples
    --------
    >>> import numpy as np
    >>> import renderfit as rf
    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> result = rf.coherent_point_drift(cloud, cloud + [0.1, 0, 0], kind="rigid")
    >>> result.transform([[0.0, 0.0, 0.0]]).round(3) + 0.0  # a point that was not registered moves along
    array([[0.1, 0. , 0. ]])
    """

    kind: Kind
    points: Floats
    sigma2: float
    history: list[float]
    converged: bool
    matrix: Floats = field(default_factory=lambda: np.eye(3))
    offset: Floats = field(default_factory=lambda: np.zeros(3))
    weights: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    beta: float = 1.0
    centres: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    coefficients: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    matched: Floats = field(default_factory=lambda: np.zeros(0))
    radius: float = 1.0
    penalty: float = 0.0

    def report(self) -> str:
        """Return how the registration went, in one line: kind, widths in both units, iterations, what is left.

        Examples
        --------
        >>> import numpy as np
        >>> import renderfit as rf
        >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
        >>> print(rf.coherent_point_drift(cloud, 1.1 * cloud, kind="affine").report())  # doctest: +ELLIPSIS
        CPD affine: converged after ... iterations, sigma ... m, ... % of 50 reference points matched
        """
        width = f" (beta {self.beta / self.radius:.3g} RMS radii = {self.beta:.4g} m)" if len(self.centres) else ""
        ended = "converged after" if self.converged else "NOT converged in"
        matched = f", {100 * float(self.matched.mean()):.0f} % of {len(self.matched)} reference points matched" if len(self.matched) else ""
        return f"CPD {self.kind}{width}: {ended} {len(self.history)} iterations, sigma {np.sqrt(self.sigma2):.3g} m{matched}"

    def transform(self, points: ArrayLike) -> Floats:
        """Move any points (..., 3) [m] of the template's frame: vertices, grasps, contact points.

        Examples
        --------
        >>> still = CPDResult("rigid", np.zeros((1, 3)), 1.0, [], True)
        >>> still.transform([[1.0, 2.0, 3.0]])
        array([[1., 2., 3.]])
        """
        points = np.asarray(points, dtype=np.float64)
        flat = points.reshape(-1, 3)
        moved = flat @ self.matrix.T + self.offset
        if len(self.centres):
            moved = moved + gaussian(flat, self.centres, self.beta) @ self.coefficients
        return moved.reshape(points.shape)
