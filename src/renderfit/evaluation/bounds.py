"""References beside the methods: what sees the whole test mesh or nothing at all."""

from __future__ import annotations

import time
from typing import Any

import torch

from renderfit import config
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.scoring import NOTHING, Run, scored
from renderfit.geometry import Mesh
from renderfit.registration import Registration
from renderfit.shapes import coherent_point_drift
from renderfit.shapes.full_fit import fit_full


def references(instance: Instance) -> list[Run]:
    """Return what sees the whole test mesh or nothing at all: bounds to compare with."""
    settings = config.section(config.ShapeSpace)
    canonical = instance.space.canonical
    begun = time.process_time()
    drift = coherent_point_drift(
        instance.space.template, _thinned(instance.reference, settings.points), beta=settings.beta, lam=settings.lam,
        outliers=settings.outliers, iterations=settings.iterations, tolerance=settings.tolerance,
    )  # fmt: skip
    deformed = canonical.with_vertices(torch.as_tensor(drift.transform(canonical.numpy()[0])))
    drifted = time.process_time()
    model = instance.space.model("pca")
    floor = fit_full(instance.reference, model).mesh
    fitted = time.process_time()
    found = [
        ("ground_truth", deformed, drifted - begun),
        ("latent_floor", floor, fitted - drifted),
        ("mean_shape", model.decode(torch.zeros(model.size, dtype=torch.float64)), 0.0),
    ]
    start = instance.views[0].pose
    runs = []
    for method, mesh, seconds in found:
        empty = Registration(torch.zeros(0), start, mesh, *NOTHING, True, 0, seconds, method=method)
        runs.append(scored(instance, method, 0, False, empty, instance.views[0]))
    return runs


def _thinned(mesh: Mesh, count: int) -> Any:
    from renderfit.geometry.sampling import farthest_points

    vertices, _ = mesh.numpy()
    return vertices[farthest_points(vertices, count)]
