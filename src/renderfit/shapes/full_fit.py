"""Fit a linear shape model to a complete mesh: the latent floor, and the refits of iterated registration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import farthest_points
from renderfit.shapes.clouds import frame
from renderfit.shapes.correspondence import Matches, Target, match
from renderfit.shapes.expectation import expectation, spatial_order
from renderfit.shapes.model import LinearModel

Floats = NDArray[np.float64]

EM_POINTS = 800
"""Points on either side of the first, soft assignment."""
MATCHED = 1500
"""Points matched in either direction in the second phase."""
TANGENTIAL = 0.15
"""Weight of a residual along the surface relative to one across it."""


@dataclass(frozen=True)
class FullFit:
    """A model fitted to a complete mesh.

    Attributes
    ----------
    latent : (K,) array
        Parameters, in standard deviations.
    mesh : Mesh
        The decoded shape [m].
    residual : float
        Root mean square distance [m] from the target's vertices to the surface of `mesh`.
    """

    latent: Floats
    mesh: Mesh
    residual: float


def fit_full(
    mesh: Mesh,
    model: LinearModel,
    *,
    prior: float = 1.0,
    sigma: float = 0.002,
    anneal: int = 30,
    iterations: int = 13,
    visible: NDArray[np.bool_] | None = None,
) -> FullFit:
    """Fit `model` to all of `mesh` (an evaluation: a registration from an image never sees this much).

    Expectation-maximisation with a shrinking variance on the global components, then point-to-plane steps on all of them,
    from the target to the model and back, with Huber weights.

    Parameters
    ----------
    mesh : Mesh
        Target in the model's frame [m]; without faces it is a cloud and only the way from it to the model counts.
    model : LinearModel
        What to fit.
    prior : float
        Weight of |z|^2 against residuals in units of `sigma`, counted as 300 independent ones.
    sigma : float
        Expected distance [m] between surfaces; also the Huber threshold.
    anneal, iterations : int
        Steps of the two phases.
    visible : (V',) bool array, optional
        Use only these target vertices, and then only the way from them to the model.

    Raises
    ------
    DataError
        If the target is so far away that nothing of it matches (another unit, another frame).

    References
    ----------
    The latent floor of section 3.2.2's space; iterated registration as in atlas construction.
    """
    points, faces = mesh.numpy()
    if visible is not None:
        points, faces = points[visible], faces[:0]
    _require_near(points, model)
    z = _soft_assignment(points, model, anneal, sigma, prior)
    target, mine = Target(points, faces, MATCHED), np.sort(farthest_points(model.mean, MATCHED))
    rows = np.ascontiguousarray(model.basis.transpose(1, 2, 0)).reshape(len(model.mean), -1)
    for _ in range(iterations):
        z = _step(match(target, model, z, mine), rows, model, z, prior, sigma)
    vertices = model.vertices(z)
    distance, _, _ = TriangleTree(vertices, model.faces).query(points)
    return FullFit(z, Mesh(torch.from_numpy(vertices), torch.from_numpy(model.faces)), float(np.sqrt((distance**2).mean())))


def _require_near(points: Floats, model: LinearModel) -> None:
    centre, radius = frame(model.mean)
    theirs, size = frame(points)
    if not (0.2 < size / radius < 5) or np.linalg.norm(theirs - centre) > 3 * radius:
        raise DataError(
            f"target has RMS radius {size:.4g} m around {np.round(theirs, 3).tolist()}, the model {radius:.4g} m around "
            f"{np.round(centre, 3).tolist()}; expected the same unit and frame: scale or align the target (renderfit.shapes.align)"
        )


def _soft_assignment(points: Floats, model: LinearModel, steps: int, sigma: float, prior: float) -> Floats:
    part = model.groups.get("global", slice(0, model.size))
    mine = farthest_points(model.mean, EM_POINTS)
    mine = mine[spatial_order(model.mean[mine])]
    theirs = points[np.sort(farthest_points(points, EM_POINTS))]
    theirs = theirs[spatial_order(theirs)]
    mean, basis = model.mean[mine], model.basis[part][:, mine]
    count = len(basis)
    z = np.zeros(count)
    start = (0.15 * frame(model.mean)[1]) ** 2
    end = max((1.5 * sigma) ** 2, (0.04 * frame(model.mean)[1]) ** 2)
    for sigma2 in np.geomspace(start, end, steps):
        posterior = expectation(mean + np.tensordot(z, basis, axes=1), theirs, float(sigma2), 0.1)
        weighted = basis * posterior.p1[None, :, None]
        system = np.tensordot(weighted, basis, axes=([1, 2], [1, 2])) / sigma2 + prior * np.eye(count)
        rhs = np.tensordot(basis, posterior.px - posterior.p1[:, None] * mean, axes=([1, 2], [0, 1])) / sigma2
        z = np.linalg.solve(system, rhs)
    full = np.zeros(model.size)
    full[part] = z
    return full


def _step(found: Matches, rows: Floats, model: LinearModel, z: Floats, prior: float, sigma: float) -> Floats:
    """One damped Gauss-Newton step on the matched points; `rows` (V, 3 K) are the model's columns, vertex by vertex."""
    basis = found.basis(rows).reshape(len(found.corners), 3, model.size)
    columns = np.einsum("nck,nc->nk", basis, found.normals)
    gap = found.targets - found.points(model, z)
    across = (gap * found.normals).sum(1)
    length = np.sqrt((gap**2).sum(1))
    weight = np.minimum(1.0, sigma / np.maximum(length, 1e-12)) / sigma**2 * (300.0 / len(length))
    # what lies along the surface is all of a residual less what lies across it
    soft = TANGENTIAL**2 * weight
    along = gap - across[:, None] * found.normals
    flat = basis.reshape(-1, model.size)
    system = columns.T @ (columns * (weight - soft)[:, None]) + flat.T @ (flat * np.repeat(soft, 3)[:, None])
    rhs = columns.T @ (weight * across) + flat.T @ (soft[:, None] * along).reshape(-1)
    system[np.diag_indices(model.size)] += prior
    return z + np.linalg.solve(system, rhs - prior * z)
