"""Every real mesh of the mirror at depths 7 and 8: ``python benchmarks/watertight/open_meshes.py``.

The mirror is what `renderfit.datasets.mirror.folder` finds. Nothing is sealed, so that no lid counts as a distance.
Writes open_meshes.csv beside itself: one line per depth and category, and one over all of them.
"""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from statistics import median
from typing import Any

from compare import measure
from inputs import drilled_plate

from renderfit.datasets import mirror
from renderfit.geometry import Mesh, load_mesh
from renderfit.watertight import make_watertight, solidify

HERE = Path(__file__).parent
CATEGORIES = ("bottle", "camera", "drill", "spray")


def summary(depth: int, category: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the measurements of some meshes come to; distances in % of the diagonal."""
    return {
        "depth": depth,
        "category": category,
        "meshes": len(found),
        "solid": sum(entry["result"] == "solid" for entry in found),
        "mean_median_percent": round(median(entry["mean_percent"] for entry in found), 5),
        "mean_largest_percent": max(entry["mean_percent"] for entry in found),
        "p99_median_percent": round(median(entry["p99_percent"] for entry in found), 4),
        "max_percent": max(entry["max_percent"] for entry in found),
        "piercing_median_per_mille": round(median(entry["piercing_per_mille"] for entry in found), 3),
        "cpu_median_seconds": round(median(entry["cpu_seconds"] for entry in found), 2),
        "cpu_largest_seconds": max(entry["cpu_seconds"] for entry in found),
    }


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    folder = mirror.required()
    make_watertight(drilled_plate(), seal=0)  # compiled code from the cache, before the clock runs
    rows = []
    for depth in (7, 8):
        found: dict[str, list[dict[str, Any]]] = {}
        for category in CATEGORIES:
            for path in sorted((folder / category).glob("*.ply")):
                mesh = load_mesh(path)

                def made(mesh: Mesh = mesh, depth: int = depth) -> Any:
                    return solidify(mesh, depth, 0).mesh.numpy()

                found.setdefault(category, []).append(measure(mesh, made))
        rows += [summary(depth, category, entries) for category, entries in found.items()]
        rows.append(summary(depth, "all", [entry for entries in found.values() for entry in entries]))
    with (HERE / "open_meshes.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
