"""Tables, bars and scenes of the page on real objects, from the committed results and, where they are, the meshes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from renderfit.evaluation.real import means, over_floor, ratios, spread_over_floor, tests_of
from renderfit.evaluation.records import heading, method_order, read_paper
from renderfit.plotting.figures import color_of, figure
from renderfit.plotting.tables import Html, grid

Study = dict[str, Any]
"""An entry of ``studies`` in results/real.json: category, kind, roles and records."""
BARS = ("cls", "paper", "ours_pca", "ours", "ours_mask")
COLUMNS = {
    "paper, known": ("paper", "known"), "ours, known": ("ours", "known"), "ours, true mask, known": ("ours_mask", "known"),
    "paper, noise": ("paper", "noise"), "ours, noise": ("ours", "noise"), "ours, true mask, noise": ("ours_mask", "noise"),
}  # fmt: skip
"""Columns of the overview -> method and pose."""
ASKED = {"known": 0.95, "noise": 1.2}
"""Pose -> times the latent floor, in the object frame, that ours was asked to stay below on real objects."""


def name_of(study: Study) -> str:
    """Return what a study is called, e.g. ``drill clouds``."""
    return f"{study['category']} {study['kind']}"


def title_of(study: Study) -> str:
    """Return the name of a study for a reader."""
    return f"{study['category']}s in the parametric space" if study["kind"] == "transfer" else name_of(study)


def trained(study: Study) -> str:
    """Return how many objects each shape space of a study was trained on, the canonical among them, e.g. "16", "3 to 4"."""
    counts = sorted({1 + len(fold["train"]) for fold in study["folds"]})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def scores(study: Study) -> Html:
    """Return the scores of every test object, method and pose condition, absolute and relative to its latent floor."""
    found, names_of = means(study), tests_of(study)
    body = []
    for test, method, pose in sorted(found, key=lambda key: (key[0], key[2], method_order(key[1]))):
        one = found[test, method, pose]
        floor = found[test, "latent_floor", "known"]["v2v_mm"]
        placed = one.get("placed_v2v_mm")
        line = [f"{test.upper()} ({names_of[test]})", heading(method), pose, one["v2v_mm"], one["v2v_mm"] / floor]
        body.append([*line, one["mean_square_mm2"], one["v2s_mm"], "–" if placed is None else placed])
    names = ["object", "method", "pose", "distance [mm]", "over the floor", "square [mm²]", "to surface [mm]", "camera frame [mm]"]
    tests = len(tests_of(study))
    return grid(
        names, body, f"real {title_of(study)}: {trained(study)} training objects, {tests} test objects, {study['views']} views each"
    )


def overview(studies: Sequence[Study], table: dict[str, Any]) -> Html:
    """Return one row a study, and one for the embedded data set: floor, and each method over it.

    Parameters
    ----------
    studies : sequence of dict
        Of results/real.json.
    table : dict
        results/table1.json, for the row of the embedded data set.
    """
    body = []
    for study in studies:
        found = means(study)
        tests = tests_of(study)
        floor = float(np.mean([found[test, "latent_floor", "known"]["v2v_mm"] for test in tests]))
        mean = float(np.mean([found[test, "mean_shape", "known"]["v2v_mm"] for test in tests]))
        line = [f"real {title_of(study)}", trained(study), len(tests), study["views"] * len(tests), floor, mean / floor]
        body.append([*line, *(_with_interval(*spread_over_floor(study, *column)) for column in COLUMNS.values())])
    body.append(_default(table))
    names = ["data", "train", "tests", "photographs", "floor [mm]", "mean shape", *COLUMNS]
    caption = (
        "mean distance over that of the latent floor, mean of the test objects, with the 95 % bootstrap interval over the views; "
        "under noise in the camera frame"
    )
    return grid(names, body, caption)


def _with_interval(mean: float, low: float, high: float) -> str:
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def asked(studies: Sequence[Study]) -> Html:
    """Return how ours stands to what was asked of it on real objects: times the latent floor, median and share of the runs within it."""
    body: list[list[Any]] = []
    for study in studies:
        line: list[Any] = [f"real {title_of(study)}"]
        for method in ("ours", "ours_mask"):
            for pose, limit in ASKED.items():
                found = ratios(study, method, pose, "v2v_mm")
                mean, every = float(np.mean([np.mean(runs) for runs in found.values()])), [one for runs in found.values() for one in runs]
                within = sum(one <= limit for one in every)
                line.append(f"{mean:.2f} ({'met' if mean <= limit else 'missed'}); {np.median(every):.2f}; {within} of {len(every)}")
        body.append(line)
    names = [f"{heading(m)}, {pose} pose (at most {limit:g})" for m in ("ours", "ours_mask") for pose, limit in ASKED.items()]
    caption = "object frame, over the latent floor: mean of the test objects; median of the runs; runs within the limit"
    return grid(["data", *names], body, caption)


def _default(table: dict[str, Any]) -> list[Any]:
    cells = {(c["category"], c["instance"], c["method"], c["pose"]): c for c in table["cells"]}
    tests = sorted({key[:2] for key in cells if key[2] == "latent_floor"})
    floors = [cells[*test, "latent_floor", "known"]["v2v_mm"]["mean"] for test in tests]

    def ratio(method: str, pose: str) -> Any:
        score = "v2v_mm" if pose == "known" else "placed_v2v_mm"
        found = [one for test in tests if (one := cells.get((*test, method, pose), {}).get(score))]
        if len(found) < len(tests):
            return "–"
        return float(np.mean([one["mean"] / floor for one, floor in zip(found, floors, strict=True)]))

    runs = sum(cell["v2v_mm"].get("runs", 0) for key, cell in cells.items() if key[2:] == ("ours", "known"))
    methods = [ratio(method, pose) for method, pose in COLUMNS.values()]
    return ["data set of this book", "–", len(tests), runs, float(np.mean(floors)), ratio("mean_shape", "known"), *methods]


def beside_paper(study: Study) -> Html:
    """Return the mean squares of the released drill clouds beside the paper's rows of drills [mm²]."""
    found = means(study)
    body: list[list[Any]] = []
    for test, name in tests_of(study).items():
        for pose in ("known", "noise"):
            score = "mean_square_mm2"
            truth, floor = found[test, "ground_truth", "known"][score], found[test, "latent_floor", "known"][score]
            body.append([f"{name}, {pose} pose", truth, floor, *(found[test, method, pose][score] for method in ("cls", "paper", "ours"))])
    for row in (row for row in read_paper() if row["category"] == study["category"]):
        for pose in ("known", "noise"):
            body.append(
                [
                    f"the paper's drill {row['instance'].upper()}, {pose} pose",
                    row["ground_truth_known"],
                    "–",
                    row[f"cls_{pose}"],
                    row[f"paper_{pose}"],
                    "–",
                ]
            )
    names = ["object", "ground truth (CPD)", "latent floor", "CLS", "paper's method", "ours"]
    return grid(names, body, "mean square distance [mm²] from the points of the cloud; the paper's drills are other objects")


def above_twice(studies: Sequence[Study]) -> Html:
    """Return, for every study and method, how many runs ended above twice the latent floor, or gave no answer."""
    methods = sorted({run["method"] for study in studies for run in study["records"]}, key=method_order)
    body: list[list[Any]] = []
    for study in studies:
        floors = {test: means(study)[test, "latent_floor", "known"]["v2v_mm"] for test in tests_of(study)}
        counts: list[str] = []
        for method in (method for method in methods if method in BARS):
            runs = [run for run in study["records"] if run["method"] == method]
            failed = sum(run["failed"] or run["v2v_mm"] > 2 * floors[run["instance"]] for run in runs)
            counts.append(f"{failed} of {len(runs)}")
        body.append([f"real {title_of(study)}", *counts])
    return grid(["data", *(heading(method) for method in methods if method in BARS)], body, "runs above twice the latent floor")


def bars(studies: Sequence[Study], pose: str) -> Any:
    """Draw, for every test object, each method's distance over the latent floor."""
    rows = [(f"{title_of(study)} {test.upper()}", study, test) for study in studies for test in tests_of(study)]
    found, axis = figure(1, 1, 7.2, 0.6 + 0.32 * len(rows))
    places = np.arange(len(rows))[::-1]
    for k, method in enumerate(BARS):
        values = [over_floor(study, method, pose)[test] for _, study, test in rows]
        axis.barh(places + 0.3 - 0.15 * k, values, 0.14, color=color_of(method), label=heading(method))
    axis.axvline(1.0, color=color_of("latent_floor"), linewidth=1)
    axis.set_yticks(places, [name for name, _, _ in rows])
    axis.set_xlabel(f"mean distance over the latent floor, {pose} pose{'' if pose == 'known' else ', camera frame'}")
    axis.set_xscale("log")
    axis.legend(fontsize=7)
    return found
