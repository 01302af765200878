"""The released drill clouds, registered with the settings of the authors' code and with ours; scores on the points, as in the paper.

The released code of CLS works in metres: beta 1 m, lambda 1, outlier weight 0.1, at most 250 iterations to a relative change of
1e-5, five components of the raw weights by expectation-maximisation; a new object is then fitted by least squares over the latent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.geometry import Mesh
from renderfit.geometry.sampling import farthest_points
from renderfit.progress import progress
from renderfit.shapes import ShapeSpace, coherent_point_drift
from renderfit.shapes.fields import Fields, ModelName
from renderfit.shapes.pca import Form, Solver, principal_components

Floats = NDArray[np.float64]

STEPS = 40
"""Least-squares steps of a fit, at most; as in the released code."""


@dataclass(frozen=True)
class Settings:
    """One way to register clouds and to make a latent space of the result."""

    beta: float
    lam: float
    unit: Literal["rms", "metre"]
    form: Form
    solver: Solver
    iterations: int = 250
    tolerance: float = 1e-5
    outliers: float = 0.1
    components: int = 5


SETTINGS = {
    "released: beta 1 m, lambda 1, raw W": Settings(1.0, 1.0, "metre", "weights", "em"),
    "the same registrations, displacements": Settings(1.0, 1.0, "metre", "displacement", "eigen"),
    "beta 0.1 m, lambda 1, displacements": Settings(0.1, 1.0, "metre", "displacement", "eigen"),
    "here: beta 0.3 RMS radii, lambda 5, displacements": Settings(0.3, 5.0, "rms", "displacement", "eigen"),
}
"""Name -> settings: as released, what another kind of components and a narrower kernel change, and the ones used in this book."""


@dataclass(frozen=True)
class Space:
    """A linear space over a cloud: points = mean + sum_k z_k basis_k [m]."""

    mean: Floats
    basis: Floats


def drift(template: Floats, cloud: Floats, chosen: Settings) -> Any:
    """Register a template (M, 3) to a cloud (N, 3) [m] with the kernel as it is, no low rank."""
    return coherent_point_drift(
        template, cloud, beta=chosen.beta, lam=chosen.lam, unit=chosen.unit, outliers=chosen.outliers,
        iterations=chosen.iterations, tolerance=chosen.tolerance, rank=0,
    )  # fmt: skip


def space_of(template: Floats, clouds: list[Floats], chosen: Settings) -> Space:
    """Return the latent space of the registrations of a template to all training clouds (section 3.2.2)."""
    found = [drift(template, cloud, chosen) for cloud in progress(clouds, "CPD")]
    weights = np.stack([one.weights for one in found])
    fields = Fields(template, weights, template, weights, found[0].beta).at(template)
    samples = weights if chosen.form == "weights" else fields
    parts = principal_components(samples, chosen.components, chosen.solver)
    return Space(template + np.tensordot(parts.mean, fields, axes=1), np.tensordot(parts.combinations, fields, axes=1))


def fit(space: Space, cloud: Floats) -> Floats:
    """Return the points of a space nearest to a cloud (N, 3): least squares of the distances from the cloud to its nearest points."""
    z = np.zeros(len(space.basis))
    before: NDArray[np.intp] | None = None
    for _ in range(STEPS):
        points = space.mean + np.tensordot(z, space.basis, axes=1)
        nearest = cKDTree(points).query(cloud)[1]
        if before is not None and np.array_equal(nearest, before):
            break
        columns, target = space.basis[:, nearest].reshape(len(z), -1).T, (cloud - space.mean[nearest]).reshape(-1)
        z, before = np.linalg.lstsq(columns, target, rcond=None)[0], nearest
    return np.asarray(space.mean + np.tensordot(z, space.basis, axes=1))


def mean_square(points: Floats, cloud: Floats) -> float:
    """Return the mean square distance from a cloud to the nearest of `points` [mm^2]."""
    return float(1e6 * (cKDTree(points).query(cloud)[0] ** 2).mean())


def study(
    template: Floats, train: Mapping[str, Floats], tests: Mapping[str, Floats], settings: Mapping[str, Settings]
) -> list[dict[str, Any]]:
    """Score every setting on every test cloud.

    Parameters
    ----------
    template : (M, 3) array
        The canonical cloud [m].
    train, tests : mapping
        Name -> cloud (N, 3) [m].
    settings : mapping
        Name -> `Settings`.

    Returns
    -------
    list of dict
        ``settings``, ``test``, ``cpd_mm2`` (the template registered to the test cloud itself), ``space_mm2`` (the best shape of
        the latent space of the training clouds), ``mean_mm2`` (its mean, not fitted).
    """
    rows = []
    for name, chosen in settings.items():
        space = space_of(template, list(train.values()), chosen)
        for test, cloud in tests.items():
            scores = {
                "cpd_mm2": mean_square(drift(template, cloud, chosen).points, cloud),
                "space_mm2": mean_square(fit(space, cloud), cloud),
                "mean_mm2": mean_square(space.mean, cloud),
            }
            rows.append({"settings": name, "test": test, **{key: round(score, 3) for key, score in scores.items()}})
    return rows


def models(space: ShapeSpace, tests: Mapping[str, Floats], count: int) -> list[dict[str, Any]]:
    """Score the models of a shape space of the same clouds, on as many of its vertices as the canonical cloud has.

    Parameters
    ----------
    space : ShapeSpace
        Of a reconstructed canonical surface and the training clouds.
    tests : mapping
        Name -> cloud (N, 3) [m].
    count : int
        Vertices that count, evenly chosen: more of them would be nearer to any point.

    Returns
    -------
    list of dict
        As of `study`; ``cpd_mm2`` is None.
    """
    rows = []
    for name in get_args(ModelName):
        model = space.model(name)
        chosen = farthest_points(model.mean, count)
        for test, cloud in tests.items():
            target = Mesh(torch.from_numpy(cloud), torch.zeros((0, 3), dtype=torch.int64))
            score = mean_square(space.reconstruct(target, name=name).mesh.numpy()[0][chosen], cloud)
            mean = mean_square(model.mean[chosen], cloud)
            label = f"here: surface of the canonical, model {name}, {model.size} parameters"
            rows.append({"settings": label, "test": test, "cpd_mm2": None, "space_mm2": round(score, 3), "mean_mm2": round(mean, 3)})
    return rows
