"""What was aimed at, beside what is reached: every goal decided by a results file or a benchmark's table."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from renderfit.evaluation.real import ratios

Results = dict[str, Any]
"""Name of a results file -> what it holds; "benchmarks": the folder of the benchmarks' tables."""


@dataclass(frozen=True)
class Goal:
    """A figure to reach.

    Attributes
    ----------
    part, what : str
        Chapter and figure, in words; lengths in mm, angles in degrees where the words say so.
    limit : float
    reached : callable
        Results -> the figure; a `LookupError`, `OSError` or `ValueError` means that these results do not have it.
    least : bool
        The figure has to be at least `limit`; default: at most.
    """

    part: str
    what: str
    limit: float
    reached: Callable[[Results], float]
    least: bool = False


def goals(results: Results) -> list[dict[str, Any]]:
    """Return ``part``, ``what``, ``limit``, ``least``, ``reached`` (None where these results do not have it) and ``met`` of every goal."""
    found = []
    for goal in GOALS:
        try:
            reached = float(goal.reached(results))
        except (LookupError, OSError, ValueError):
            reached = None
        met = reached is not None and (reached >= goal.limit if goal.least else reached <= goal.limit)
        entry = {"part": goal.part, "what": goal.what, "limit": goal.limit, "least": goal.least}
        found.append(entry | {"reached": reached, "met": met})
    return found


def _mean(method: str, pose: str, name: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        (entry,) = [row for row in results["table1"]["means"] if (row["method"], row["pose"]) == (method, pose)]
        value = entry[name]
        if value is None:
            raise ValueError(name)
        return float(value["mean"] if isinstance(value, dict) else value)

    return of


def _share(method: str, pose: str, name: str) -> Callable[[Results], float]:
    return lambda results: 100 * _mean(method, pose, name)(results) / _mean(method, pose, "runs")(results)


def _left(name: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        runs = [one for one in results["table1"]["records"] if (one["method"], one["pose"]) == ("ours_published", "noise")]
        return statistics.median([one[name] for one in runs if one[name] is not None])

    return of


def _over(upper: tuple[str, str], lower: tuple[str, str], name: str) -> Callable[[Results], float]:
    return lambda results: _mean(*upper, name)(results) / _mean(*lower, name)(results)


def _examined(name: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        value = results["unet"]["test"]["all"][name]
        if value is None:
            raise ValueError(name)
        return float(value)

    return of


def _classes(name: str) -> Callable[[Results], float]:
    return lambda results: float(results["semantic"]["pipeline"]["iou"][name])


def _weakest(results: Results) -> float:
    return min(entry["iou"] for name, entry in results["unet"]["test"].items() if name != "all")


def _real_masks(network: str) -> Callable[[Results], float]:
    return lambda results: results["real_masks"]["our photographs"][network]["summary"]["all"]["iou"]


def _refined(start: str, name: str) -> Callable[[Results], float]:
    return lambda results: results["refiner"]["summary"][start][name]


def _shape(view: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        rows = [row for entry in results["shape_models"]["categories"].values() for row in entry["summary"]]
        return statistics.mean([row["v2s_ratio"] for row in rows if (row["model"], row["view"]) == ("+ smooth prior (fine)", view)])

    return of


def _closed(depth: str, column: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        (row,) = [row for row in _rows(results, "open_meshes.csv") if (row["depth"], row["category"]) == (depth, "all")]
        return float(row[column])

    return of


def _start(results: Results) -> float:
    return float({row["step"]: row["cpu_seconds"] for row in _rows(results, "warm_start.csv")}["start"])


def _rows(results: Results, name: str) -> list[dict[str, str]]:
    with (Path(results["benchmarks"]) / "watertight" / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def _seconds(pose: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        (row,) = [row for row in results["registration_speed"]["rows"] if (row["method"], row["pose"]) == ("rich", pose)]
        return float(row["median_cpu_seconds"])

    return of


def _studies(kind: str, pose: str) -> Callable[[Results], float]:
    def of(results: Results) -> float:
        (study,) = [one for one in results["real"]["studies"] if f"{one['category']} {one['kind']}" == kind]
        return float(np.mean([np.mean(runs) for runs in ratios(study, "ours", pose, "v2v_mm").values()]))

    return of


OBJECT, PLACED, SQUARE = "ratio", "placed_ratio", "mean_square_mm2"
TABLE, SEEING, REAL = (
    "Registration, distance over the latent floor",
    "Segmentation and refinement",
    "Real objects, object frame, over the floor",
)
SPEED = "Registration, median time of one given its mask [CPU seconds]"
SHAPES, CLOSED = "Shape models, left out, to the surface over five components", "Watertight, real meshes, % of the diagonal"
GOALS = (
    Goal(TABLE, "known pose, five-dimensional space", 1.06, _mean("ours_pca", "known", OBJECT)),
    Goal(TABLE, "known pose, five-dimensional space: failures [%]", 0, _share("ours_pca", "known", "failures")),
    Goal(TABLE, "known pose, published U-Net", 0.80, _mean("ours_published", "known", OBJECT)),
    Goal(TABLE, "known pose, published U-Net: failures [%]", 0, _share("ours_published", "known", "failures")),
    Goal(TABLE, "pose noise, published U-Net, object frame", 1.05, _mean("ours_published", "noise", OBJECT)),
    Goal(TABLE, "pose noise, published U-Net, placed", 1.20, _mean("ours_published", "noise", PLACED)),
    Goal(TABLE, "pose noise, published U-Net: failures, object frame [%]", 1, _share("ours_published", "noise", "failures")),
    Goal(TABLE, "pose noise, published U-Net: failures, placed [%]", 3, _share("ours_published", "noise", "placed_failures")),
    Goal(TABLE, "pose noise, U-Net of the pipeline, object frame", 1.15, _mean("ours", "noise", OBJECT)),
    Goal(TABLE, "pose noise, U-Net of the pipeline, placed", 1.45, _mean("ours", "noise", PLACED)),
    Goal(TABLE, "rotation left, published U-Net, median [degrees]", 3, _left("rotation_left_deg")),
    Goal(TABLE, "translation left, published U-Net, median [mm]", 2, _left("translation_left_mm")),
    Goal(TABLE, "mean square of CLS at the noisy pose over ours", 10, _over(("cls", "noise"), ("ours_published", "noise"), SQUARE), True),
    Goal(TABLE, "ours over CLS with joint pose, which sees depth", 1, _over(("ours_published", "noise"), ("cls_pose", "noise"), OBJECT)),
    Goal(SPEED, "known pose", 0.12, _seconds("known")),
    Goal(SPEED, "pose noise", 0.5, _seconds("noise")),
    Goal(SEEING, "IoU of background and categories on test instances, mean, U-Net of the pipeline", 0.95, _classes("mean"), True),
    Goal(SEEING, "mean of the photographs' IoU on test instances, any object, U-Net of the pipeline", 0.95, _examined("iou"), True),
    Goal(SEEING, "IoU of its weakest category", 0.90, _weakest, True),
    Goal(SEEING, "distance of its outline on test instances, median [px]", 1.5, _examined("boundary_px")),
    Goal(SEEING, "IoU on real meshes, U-Net of the pipeline", 0.85, _real_masks("pipeline"), True),
    Goal(SEEING, "IoU on real meshes, published U-Net", 0.85, _real_masks("published"), True),
    *(
        Goal(SEEING, f"published refiner, from {words}: {what}", limit, _refined(start, name))
        for start, words in (("again", "the noisy start"), ("fit", "the fit to the outline"))
        for name, what, limit in (
            ("coordinates_mm", "object coordinates [mm]", 5),
            ("rotation_degree", "rotation [degrees]", 4),
            ("normals_degree", "normals [degrees]", 12),
        )
    ),
    *(
        Goal(REAL, f"{kind}, {pose} pose", limit, _studies(kind, pose))
        for kind in ("drill clouds", "bottle meshes")
        for pose, limit in (("known", 0.95), ("noise", 1.2))
    ),
    Goal(SHAPES, "whole surface seen", 0.35, _shape("full")),
    Goal(SHAPES, "half of it seen", 0.60, _shape("half")),
    Goal(CLOSED, "depth 7, largest distance", 1.3, _closed("7", "max_percent")),
    Goal(CLOSED, "depth 7, median of the 99th percentiles", 0.02, _closed("7", "p99_median_percent")),
    Goal(CLOSED, "depth 8, largest distance", 0.45, _closed("8", "max_percent")),
    Goal(CLOSED, "depth 8, largest mean distance", 0.007, _closed("8", "mean_largest_percent")),
    Goal(CLOSED, "warm start [CPU seconds]", 0.5, _start),
)
