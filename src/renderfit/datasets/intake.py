"""Taking in a folder of unknown meshes: align what is readable, list what is not, write a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from renderfit.datasets.alignment import AXES, align
from renderfit.datasets.folder import FORMATS
from renderfit.datasets.split import FEWEST
from renderfit.errors import DataError
from renderfit.geometry.io import load_mesh, save_mesh
from renderfit.geometry.mesh import Mesh

SUSPECT = 0.15
"""A mesh that stays further from the reference than this share of its size is flagged."""


def align_folder(folder: Path, out: Path, up: str = "z") -> dict[str, Any]:
    """Align all meshes of one category and write them with a report.

    Parameters
    ----------
    folder : Path
        Meshes of one category, any unit and axes.
    out : Path
        Where ``<name>.ply`` and ``report.json`` go.
    up : str
        Up axis of the instance of median size, which the others are turned to.

    Returns
    -------
    dict
        reference, instances (name, unit, up, heading_degree, residual_m, suspect), rejected (name, reason).

    Raises
    ------
    DataError
        If the folder or the axis does not exist, or fewer than three meshes are usable.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected meshes ({', '.join(FORMATS)}) of one category in it")
    if up.removeprefix("-") not in AXES:
        raise DataError(f"up axis is {up!r}; expected x, -x, y, -y, z or -z")
    meshes: dict[str, Mesh] = {}
    rejected: list[dict[str, str]] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in FORMATS:
            continue
        try:
            mesh = load_mesh(path)
            if not len(mesh.faces):
                raise DataError(f"{path}: no faces; expected a mesh")
            meshes[path.stem] = mesh
        except DataError as problem:
            rejected.append({"name": path.name, "reason": str(problem)})
    if len(meshes) < FEWEST:
        raise DataError(f"{folder}: {len(meshes)} usable meshes ({len(rejected)} rejected); expected at least {FEWEST}")
    aligned, reference = align(meshes, up=up)
    instances = []
    for name, found in aligned.items():
        save_mesh(found.mesh, out / f"{name}.ply")
        entry = {"name": name, "unit": found.unit, "up": found.up, "heading_degree": round(found.heading, 1)}
        suspect = found.residual > SUSPECT * found.mesh.diagonal()
        instances.append({**entry, "residual_m": round(found.residual, 5), "suspect": suspect})
    report = {"reference": reference, "instances": instances, "rejected": rejected}
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    return report
