"""Which shape model to use: nested leave-one-out over training instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.errors import DataError
from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.progress import progress
from renderfit.shapes.clouds import frame
from renderfit.shapes.fields import SpaceSettings
from renderfit.shapes.full_fit import fit_full
from renderfit.shapes.iterate import refine_fields
from renderfit.shapes.model import LinearModel
from renderfit.shapes.rich import RichSettings, rich_model
from renderfit.shapes.space import ShapeSpace
from renderfit.shapes.symmetry import find_mirrors
from renderfit.shapes.visibility import visible_vertices

Floats = NDArray[np.float64]

BASIC = RichSettings().basic
PLAIN = replace(BASIC, scale=0, shift=0, local=0, symmetric=False, iterated=0)
VARIANTS: dict[str, RichSettings] = {
    "10 components": PLAIN,
    "+ symmetry": replace(PLAIN, symmetric=True),
    "+ local": replace(PLAIN, symmetric=True, local=60),
    "local without symmetry": replace(PLAIN, local=60),
    "+ scale": replace(BASIC, iterated=0),
    "+ iterated (rich)": BASIC,
    "+ smooth prior (fine)": RichSettings(),
}
"""What is taken away or added; each row keeps what the rows above added, unless its name says otherwise."""


def ablate(
    canonical: Mesh,
    instances: Sequence[Mesh],
    names: Sequence[str],
    *,
    variants: dict[str, RichSettings] | None = None,
    folds: Sequence[int] | None = None,
    eye: tuple[float, float, float] = (0.45, 0.45, 0.45),
    settings: SpaceSettings | None = None,
) -> list[dict[str, Any]]:
    """Leave each training instance out, build every model without it, and fit that to it.

    Everything that sees training data is built again without the instance left out: components, symmetry, and
    the iterated fields, whose own leave-one-out is nested inside. Only the fields of Coherent Point Drift are
    shared, for they depend on the canonical and one instance each.

    Parameters
    ----------
    canonical, instances, names
        A category in one frame [m]: the canonical with faces; instances may be clouds.
    variants : dict of str to RichSettings, optional
        Models besides the two five-dimensional ones; default `VARIANTS`.
    folds : sequence of int, optional
        Which instances are left out in turn; default all.
    eye : (x, y, z)
        Viewpoint [m] from the object's centre for the score "from one view": only the vertices it sees are fitted, all are scored.
    settings : SpaceSettings, optional
        Coherent Point Drift and the number of components.

    Returns
    -------
    list of dict
        Per instance left out and model: ``left_out``, ``model``, ``parameters``, and for ``view`` "full" and "half"
        the mean distance [mm] to the nearest vertex ``v2v_mm`` and to the surface ``v2s_mm``.

    Raises
    ------
    DataError
        With fewer than four instances: three must remain for the nested fit.
    """
    if len(instances) < 4:
        raise DataError(f"leave-one-out over {len(instances)} instances; expected at least 4")
    base = settings or SpaceSettings()
    space = ShapeSpace.fit(canonical, instances, base.components, names=names, **_options(base))
    rows = []
    for i in progress(list(folds) if folds is not None else list(range(len(instances))), "leave one out"):
        others = [mesh for k, mesh in enumerate(instances) if k != i]
        for label, model in _models(space, others, i, variants if variants is not None else VARIANTS).items():
            rows += _score(instances[i], names[i], label, model, np.array(eye))
    return rows


def summarise(rows: Sequence[dict[str, Any]], reference: str = "5-D displacements") -> list[dict[str, Any]]:
    """Return per model and view the mean distances [mm] and their mean ratio to the model `reference` of the same instance."""
    floors = {(r["left_out"], r["view"]): r for r in rows if r["model"] == reference}
    summary = []
    for label in dict.fromkeys(r["model"] for r in rows):
        for view in ("full", "half"):
            mine = [r for r in rows if r["model"] == label and r["view"] == view]
            entry: dict[str, Any] = {"model": label, "view": view, "parameters": mine[0]["parameters"]}
            for key in ("v2v_mm", "v2s_mm"):
                entry[key] = round(float(np.mean([r[key] for r in mine])), 4)
                entry[key.replace("mm", "ratio")] = round(float(np.mean([r[key] / floors[r["left_out"], view][key] for r in mine])), 4)
            summary.append(entry)
    return summary


def _options(base: SpaceSettings) -> dict[str, Any]:
    kept = {name: getattr(base, name) for name in ("form", "points", "beta", "lam", "outliers", "iterations", "tolerance")}
    return {**kept, "rich": replace(base.rich, iterated=0)}


def _models(space: ShapeSpace, others: Sequence[Mesh], left_out: int, variants: dict[str, RichSettings]) -> dict[str, LinearModel]:
    vertices, faces = space.canonical.numpy()
    smaller = space.without(left_out)
    models = {"5-D displacements": smaller.model("pca")}
    models["5-D raw W (paper)"] = replace(smaller, settings=replace(space.settings, form="weights")).model("pca")
    mirrors = find_mirrors(space.canonical, others)
    rounds: dict[tuple[RichSettings, int], Floats] = {}
    for label, chosen in variants.items():
        fields = smaller.refined
        for count in range(1, chosen.iterated + 1):
            key = (replace(chosen.basic, iterated=1), count)
            if key not in rounds:
                rounds[key] = refine_fields(vertices, faces, fields, others, mirrors, key[0])
            fields = rounds[key]
        models[label] = rich_model(vertices, faces, fields, mirrors, chosen)
    return models


def _score(mesh: Mesh, name: str, label: str, model: LinearModel, eye: Floats) -> list[dict[str, Any]]:
    points = mesh.numpy()[0]
    seen = visible_vertices(mesh, frame(points)[0] + eye)
    rows = []
    for view, mask in (("full", None), ("half", seen)):
        found = fit_full(mesh, model, visible=mask).mesh.numpy()[0]
        v2v = cKDTree(found).query(points)[0].mean()
        v2s = TriangleTree(found, model.faces).query(points)[0].mean()
        rows.append({"left_out": name, "model": label, "parameters": model.size, "view": view, "v2v_mm": 1e3 * v2v, "v2s_mm": 1e3 * v2s})
    return rows
