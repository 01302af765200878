"""Nested leave-one-out over shape models: writes results/shape_models.json and results/shape_models_real.json.

    python benchmarks/shape_models.py                 # all training instances, on the meshes of stage watertight; on all cores
    python benchmarks/shape_models.py --real          # bottles and released drill clouds, on the objects of stage real

Only training instances take part; the test instances are never read. Instances already measured with the same code are
measured again only if they are named: `--categories camera --folds 2`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.geometry import Mesh, load_mesh
from renderfit.pipeline.fanout import fan_out
from renderfit.provenance import provenance
from renderfit.shapes import RichSettings, SpaceSettings
from renderfit.shapes.ablation import VARIANTS, ablate, summarise
from renderfit.shapes.settings import configured
from renderfit.whole import write_json

BASIC = RichSettings().basic
IDEAS = {"+ profiles of width": replace(BASIC, profile=6), "iterated twice": replace(BASIC, iterated=2)}
"""Tried beyond the smooth prior, each beside the iterated model: bands of height that widen, a second round."""
CATEGORIES = ["bottle", "camera", "drill", "spray"]
REAL = {"bottle meshes": [1, 4, 7, 10, 13], "drill clouds": [1, 3, 5, 7, 9]}
"""Studies of stage real, and which of their training objects are left out in turn."""
REAL_VARIANTS = {name: VARIANTS[name] for name in ("10 components", "+ iterated (rich)", "+ smooth prior (fine)")}
REAL_POINTS = 400
"""Points of Coherent Point Drift, as in stage real: its objects have 1000 vertices, the clouds 500 points."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", action="store_true", help="real bottles and drills instead of the parametric categories")
    parser.add_argument(
        "--folds", type=int, nargs="+", help="training instances left out in turn; default: all, of real objects see the source"
    )
    parser.add_argument("--categories", nargs="+", help="default: all")
    parser.add_argument("--models", nargs="+", help="only these, beside the two of five components")
    parser.add_argument("--artifacts", type=Path, default=paths.ARTIFACTS)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    out = chosen.out or paths.RESULTS / ("shape_models_real.json" if chosen.real else "shape_models.json")
    read = _real if chosen.real else _parametric
    categories = {category: read(chosen.artifacts, category) for category in chosen.categories or (REAL if chosen.real else CATEGORIES)}
    found = {}
    if out.is_file() and (chosen.categories or chosen.folds or chosen.models):
        found = json.loads(out.read_text())["categories"]
    folds = {c: chosen.folds or (REAL[c] if chosen.real else range(len(meshes[1]))) for c, meshes in categories.items()}
    tasks = [(*meshes, fold, chosen.real, chosen.models) for c, meshes in categories.items() for fold in folds[c]]
    measured = iter(fan_out(_left_out, tasks, "instances left out"))
    for category, (_, instances) in categories.items():
        rows = [row for _ in folds[category] for row in next(measured)]
        fresh = {(row["left_out"], row["model"]) for row in rows}
        kept = [row for row in found.get(category, {"rows": []})["rows"] if (row["left_out"], row["model"]) not in fresh] + rows
        left_out = sorted({row["left_out"] for row in kept}, key=list(instances).index)
        found[category] = {"left_out": left_out, "summary": summarise(kept), "rows": kept}
    inputs = [chosen.artifacts / ("real" if chosen.real else "watertight")]
    made = provenance([path for path in inputs if path.is_relative_to(paths.ROOT)], ["shape_space"])
    write_json(out, {"provenance": made, "categories": dict(sorted(found.items()))})


def _left_out(canonical: Mesh, instances: dict[str, Mesh], fold: int, real: bool, models: list[str] | None) -> list[dict[str, Any]]:
    settings = configured()
    points = REAL_POINTS if real else settings.pop("points")
    base = SpaceSettings(components=config.section(config.ShapeSpace).components, **{**settings, "points": points})
    variants = REAL_VARIANTS if real else {**VARIANTS, **IDEAS}
    chosen = {name: one for name, one in variants.items() if models is None or name in models}
    return ablate(canonical, list(instances.values()), list(instances), variants=chosen, folds=[fold], settings=base)


def _parametric(artifacts: Path, category: str) -> tuple[Mesh, dict[str, Mesh]]:
    entry = json.loads((artifacts / "dataset" / "split.json").read_text())[category]
    folder = artifacts / "watertight" / category
    return load_mesh(folder / f"{entry['canonical']}.ply"), {name: load_mesh(folder / f"{name}.ply") for name in entry["train"]}


def _real(artifacts: Path, study: str) -> tuple[Mesh, dict[str, Mesh]]:
    """Return the closed canonical and the training objects, clouds where they are published as clouds."""
    category, kind = study.split()
    studies = json.loads((paths.RESULTS / "real.json").read_text())["studies"]
    entry = next(s for s in studies if (s["category"], s["kind"]) == (category, kind))
    folder = artifacts / "real" / study
    targets = folder / ("cloud" if kind == "clouds" else "closed")
    (fold,) = entry["folds"]  # of large categories, and of the clouds, there is one space
    return load_mesh(folder / "closed" / f"{fold['canonical']}.ply"), {one: load_mesh(targets / f"{one}.ply") for one in fold["train"]}


if __name__ == "__main__":
    main()
