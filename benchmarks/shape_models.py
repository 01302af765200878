"""Nested leave-one-out over shape models: writes results/shape_models.json.

    python benchmarks/shape_models.py --folds 2 7     # on the meshes of stage watertight

Only training instances take part; the test instances are never read.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from renderfit import paths
from renderfit.geometry import load_mesh
from renderfit.shapes import RichSettings
from renderfit.shapes.ablation import VARIANTS, ablate, summarise

IDEAS = {
    "+ smooth prior": replace(RichSettings(), smooth=40),
    "+ profiles of width": replace(RichSettings(), profile=6),
    "iterated twice": replace(RichSettings(), iterated=2),
}
"""Tried beyond the richer model: a Gaussian prior that knows only smoothness and symmetry, bands of height that widen, a second round."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, nargs="+", default=[2, 7], help="training instances left out in turn")
    parser.add_argument("--categories", nargs="+", default=["bottle", "camera", "drill", "spray"])
    parser.add_argument("--artifacts", type=Path, default=paths.ARTIFACTS)
    parser.add_argument("--out", type=Path, default=paths.RESULTS / "shape_models.json")
    chosen = parser.parse_args()
    split = json.loads((chosen.artifacts / "dataset" / "split.json").read_text())
    found = json.loads(chosen.out.read_text()) if chosen.out.is_file() else {}
    for category in chosen.categories:
        entry = split[category]
        meshes = {
            name: load_mesh(chosen.artifacts / "watertight" / category / f"{name}.ply") for name in [entry["canonical"], *entry["train"]]
        }
        rows = ablate(
            meshes[entry["canonical"]], [meshes[name] for name in entry["train"]], entry["train"],
            variants={**VARIANTS, **IDEAS}, folds=chosen.folds,
        )  # fmt: skip
        found[category] = {"left_out": [entry["train"][k] for k in chosen.folds], "summary": summarise(rows), "rows": rows}
        chosen.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
