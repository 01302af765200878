"""Principal components of deformation fields: of displacements, or of the raw weights W as in the paper."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import ShapeError

Floats = NDArray[np.float64]
Form = Literal["displacement", "weights"]
Solver = Literal["eigen", "em"]


class Components(NamedTuple):
    """Principal components as combinations of the samples.

    Attributes
    ----------
    mean : (n,) array
        Sample weights of the mean.
    combinations : (K, n) array
        Component k, at one standard deviation, is the sum of ``combinations[k, i]`` times sample i.
    variances : (K,) array
        Variance along each component, in squared units of the samples.
    explained : (K,) array
        Share of the total variance.
    """

    mean: Floats
    combinations: Floats
    variances: Floats
    explained: Floats


def principal_components(samples: Floats, count: int, solver: Solver = "eigen") -> Components:
    """Return `count` principal components of `samples` (n, ...) as combinations of them.

    Any linear image of the samples (the fields on another mesh) combines in the same way. `solver` "em" finds the
    same subspace by expectation-maximisation, as the authors' code does; it needs no decomposition.

    Raises
    ------
    ShapeError
        If there are fewer than two samples.
    """
    n = len(samples)
    if n < 2:
        raise ShapeError(f"principal components of {n} sample; expected at least 2: add training instances")
    flat = samples.reshape(n, -1)
    centring = np.eye(n) - 1.0 / n
    gram = centring @ (flat @ flat.T) @ centring
    spread = float(np.trace(gram))
    values, vectors = _expectation_maximisation(gram, min(count, n - 1)) if solver == "em" else np.linalg.eigh(gram)
    values, vectors = values[::-1], vectors[:, ::-1]
    keep = min(count, n - 1, int((values > 1e-12 * values[0]).sum()))
    values, vectors, total = values[:keep], vectors[:, :keep], max(spread, 1e-300)
    signs = np.sign(vectors[np.abs(vectors).argmax(0), np.arange(keep)])
    combinations = (vectors * signs).T @ centring / np.sqrt(n - 1)
    return Components(np.full(n, 1.0 / n), combinations, values / (n - 1), values / total)


def _expectation_maximisation(gram: Floats, count: int, iterations: int = 500) -> tuple[Floats, Floats]:
    """Return the largest eigenvalues of `gram` (n, n), ascending, and their vectors (n, count), by EM for noiseless PCA.

    References
    ----------
    Roweis, "EM algorithms for PCA and SPCA", 1998, on the samples' inner products.
    """
    parts = np.eye(len(gram))[:, :count] - 1.0 / len(gram)
    for _ in range(iterations):
        coordinates = np.linalg.lstsq(parts.T @ gram @ parts, parts.T @ gram, rcond=None)[0]
        parts = np.linalg.qr(coordinates.T)[0]
    values, turn = np.linalg.eigh(parts.T @ gram @ parts)
    return values, parts @ turn
