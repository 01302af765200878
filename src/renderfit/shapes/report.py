"""What a shape space says about its training instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from renderfit.geometry import Mesh
from renderfit.shapes.full_fit import fit_full
from renderfit.shapes.pca import principal_components
from renderfit.shapes.space import ShapeSpace


def describe(space: ShapeSpace, instances: Sequence[Mesh]) -> dict[str, Any]:
    """Return the explained variance, the symmetry, and per instance the distances of CPD and of the latent space.

    Parameters
    ----------
    space : ShapeSpace
        A fitted space.
    instances : sequence of Mesh
        Its training instances in the order of ``space.names``.

    Returns
    -------
    dict
        ``components``, ``explained`` (share of the variance per component), ``symmetry`` (error over RMS radius and weight per
        mirror plane), and ``instances``: name, ``cpd_mean_m``, ``latent_mean_m`` and ``surface_mean_m``, the mean distance [m]
        from the instance's vertices to the nearest vertex of the canonical deformed by CPD, of the best latent shape, and of
        the best shape of the model ``settings.surface`` (None where the canonical is a cloud).
    """
    model = space.model("pca")
    vertices, faces = space.canonical.numpy()
    moved = space.drifted.at(vertices) + vertices
    samples = np.concatenate([space.drifted.at(space.drifted.template), np.zeros((1, *space.drifted.template.shape))])
    rows = []
    for name, mesh, shape in zip(space.names, instances, moved, strict=True):
        points = mesh.numpy()[0]
        best = fit_full(mesh, model).mesh.numpy()[0] if len(faces) else space.decode(space.encode(mesh)).numpy()[0]
        fine = _mean(space.reconstruct(mesh).mesh.numpy()[0], points) if len(faces) else None
        rows.append({"name": name, "cpd_mean_m": _mean(shape, points), "latent_mean_m": _mean(best, points), "surface_mean_m": fine})
    return {
        "components": model.size,
        "explained": [round(float(share), 4) for share in principal_components(samples, model.size).explained],
        "symmetry": [{"signs": m.signs, "error": round(m.error, 4), "weight": round(m.weight, 3)} for m in space.mirrors],
        "instances": rows,
    }


def _mean(vertices: np.ndarray, points: np.ndarray) -> float:
    return float(cKDTree(vertices).query(points)[0].mean())
