"""Tables, bars and scenes of the page on real objects, from the committed results and, where they are, the meshes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from renderfit.evaluation.real import means, over_floor
from renderfit.evaluation.records import heading, method_order, read_paper
from renderfit.geometry import load_mesh
from renderfit.plotting.figures import color_of, figure
from renderfit.plotting.tables import Html, grid
from renderfit.plotting.viewer3d import Scene

Study = dict[str, Any]
"""An entry of ``studies`` in results/real.json: category, kind, roles and records."""
BARS = ("cls", "paper", "ours_pca", "ours", "ours_mask")


def name_of(study: Study) -> str:
    """Return what a study is called, e.g. ``drill clouds``."""
    return f"{study['category']} {study['kind']}"


def title_of(study: Study) -> str:
    """Return the name of a study for a reader."""
    return f"{study['category']}s in the parametric space" if study["kind"] == "transfer" else name_of(study)


def scores(study: Study) -> Html:
    """Return the scores of every test object, method and pose condition, absolute and relative to its latent floor."""
    found = means(study)
    body = []
    for test, method, pose in sorted(found, key=lambda key: (key[0], key[2], method_order(key[1]))):
        one = found[test, method, pose]
        floor = found[test, "latent_floor", "known"]["v2v_mm"]
        placed = one.get("placed_v2v_mm")
        line = [f"{test.upper()} ({study['test'][test]})", heading(method), pose, one["v2v_mm"], one["v2v_mm"] / floor]
        body.append([*line, one["mean_square_mm2"], one["v2s_mm"], "–" if placed is None else placed])
    names = ["object", "method", "pose", "distance [mm]", "over the floor", "square [mm²]", "to surface [mm]", "camera frame [mm]"]
    return grid(names, body, f"real {title_of(study)}: {len(study['train'])} training objects, {len(study['test'])} test objects")


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
        floor = float(np.mean([found[test, "latent_floor", "known"]["v2v_mm"] for test in study["test"]]))
        mean = float(np.mean([found[test, "mean_shape", "known"]["v2v_mm"] for test in study["test"]]))
        line = [f"real {title_of(study)}", len(study["train"]), len(study["test"]), floor, mean / floor]
        body.append(
            [*line, *(float(np.mean(list(over_floor(study, m, p).values()))) for p in ("known", "noise") for m in ("paper", "ours"))]
        )
    body.append(_default(table))
    names = ["data", "train", "tests", "floor [mm]", "mean shape", "paper, known", "ours, known", "paper, noise", "ours, noise"]
    return grid(names, body, "mean distance over that of the latent floor; under noise in the camera frame; mean of the test objects")


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

    methods = [ratio(method, pose) for pose in ("known", "noise") for method in ("paper", "ours")]
    return ["data set of this book", "–", len(tests), float(np.mean(floors)), ratio("mean_shape", "known"), *methods]


def beside_paper(study: Study) -> Html:
    """Return the mean squares of the released drill clouds beside the paper's rows of drills [mm²]."""
    found = means(study)
    body: list[list[Any]] = []
    for test, name in study["test"].items():
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


def released(found: dict[str, Any]) -> Html:
    """Return what the released settings give on the released clouds beside other ones [mm²]; `found`: results/released_drills.json."""
    tests = list(dict.fromkeys(row["test"] for row in found["rows"]))
    scores = {(row["settings"], row["test"]): row for row in found["rows"]}
    body: list[list[Any]] = []
    for name in dict.fromkeys(row["settings"] for row in found["rows"]):
        rows = [scores[name, test] for test in tests]
        drifted = ["–" if row["cpd_mm2"] is None else f"{row['cpd_mm2']:.1f}" for row in rows]
        body.append([name, *drifted, *(f"{row['space_mm2']:.1f}" for row in rows)])
    spans = [
        " to ".join(f"{value:.1f}" for value in (min(values), max(values)))
        for score in ("cpd_mm2", "space_mm2")
        for values in zip(*(one[score] for one in found["canonicals"].values()), strict=True)
    ]
    body.append([f"released, any of the {len(found['canonicals'])} training clouds as the canonical", *spans])
    short = [test.removeprefix("ais__drill_").replace("_", " ") for test in tests]
    names = ["settings", *(f"CPD, {test}" for test in short), *(f"space, {test}" for test in short)]
    return grid(names, body, "mean square distance [mm²] from the points of a test cloud to the nearest model point")


def alignment(found: dict[str, Any]) -> Html:
    """Return how many scrambled real objects came out upright, in both ways; `found`: results/alignment.json."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found["rows"]:
        groups.setdefault((row["way"], row["category"]), []).append(row)
    body: list[list[Any]] = []
    for (way, category), rows in groups.items():
        total = sum(row["objects"] for row in rows)
        counts = [f"{sum(row[name] for row in rows)} of {total}" for name in ("upright", "upside_down")]
        taken = f"{sum(row['taken'] for row in rows)} of {total}" if "taken" in rows[0] else "–"
        guess = f"{sum(row['guess'] for row in rows)} of {len(rows)}" if "guess" in rows[0] else "–"
        size = f"unit right: {sum(row['unit'] for row in rows)} of {total}" if "unit" in rows[0] else _spread(rows)
        body.append([way, category, len(rows), taken, *counts, guess, size])
    return grid(
        ["way", "category", "trials", "taken in", "upright", "upside down", "up called a guess", "size"],
        body,
        "real objects, scrambled and aligned again",
    )


def upright(found: dict[str, Any]) -> Html:
    """Return how well shapes of a category say what is up, judged by what was learnt without it; `found`: results/upright.json."""
    rows, failed = found["rows"], [row["category"] for row in found["rows"] if not row["together"]]
    total = sum(row["objects"] for row in rows)
    body = [
        [
            len(rows),
            f"{sum(row['alone'] for row in rows)} of {total}",
            f"{len(rows) - len(failed)} of {len(rows)}",
            ", ".join(failed) or "none",
        ]
    ]
    return grid(
        ["categories", "objects upright by themselves", "categories upright by all their objects", "not upright"],
        body,
        "categories left out in turn",
    )


def _spread(rows: list[dict[str, Any]]) -> str:
    low, high = min(row["size_ratio_low"] for row in rows), max(row["size_ratio_high"] for row in rows)
    return f"{low:.2f} to {high:.2f} of the reference's"


def above_twice(studies: Sequence[Study]) -> Html:
    """Return, for every study and method, how many runs ended above twice the latent floor, or gave no answer."""
    methods = sorted({run["method"] for study in studies for run in study["records"]}, key=method_order)
    body: list[list[Any]] = []
    for study in studies:
        floors = {test: means(study)[test, "latent_floor", "known"]["v2v_mm"] for test in study["test"]}
        counts: list[str] = []
        for method in (method for method in methods if method in BARS):
            runs = [run for run in study["records"] if run["method"] == method]
            failed = sum(run["failed"] or run["v2v_mm"] > 2 * floors[run["instance"]] for run in runs)
            counts.append(f"{failed} of {len(runs)}")
        body.append([f"real {title_of(study)}", *counts])
    return grid(["data", *(heading(method) for method in methods if method in BARS)], body, "runs above twice the latent floor")


def bars(studies: Sequence[Study], pose: str) -> Any:
    """Draw, for every test object, each method's distance over the latent floor."""
    rows = [(f"{title_of(study)} {test.upper()}", study, test) for study in studies for test in study["test"]]
    found, axis = figure(1, 1, 7.2, 0.6 + 0.42 * len(rows))
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


def failures(studies: Sequence[Study]) -> Html:
    """Return every run of ours that ended above twice its floor or gave up, the worst first, with what was left of the pose."""
    body: list[list[Any]] = []
    for study in studies:
        floors = {test: means(study)[test, "latent_floor", "known"]["v2v_mm"] for test in study["test"]}
        shapes = {test: means(study)[test, "mean_shape", "known"]["v2v_mm"] for test in study["test"]}
        for run in study["records"]:
            ratio = run["v2v_mm"] / floors[run["instance"]]
            if run["method"] not in ("ours", "ours_mask") or (ratio <= 2 and not run["failed"]):
                continue
            left = "–" if run["rotation_left_deg"] is None else f"{run['rotation_left_deg']:.1f}°, {run['translation_left_mm']:.0f} mm"
            why = "; ".join(run["warnings"]) or ("worse than the mean shape" if run["v2v_mm"] > shapes[run["instance"]] else "no warning")
            body.append([f"{title_of(study)} {run['instance'].upper()}", heading(run["method"]), run["pose"], ratio, left, why])
    body.sort(key=lambda line: -line[3])
    return grid(
        ["object", "method", "pose", "over the floor", "pose left", "warnings"], body, f"runs above twice the latent floor: {len(body)}"
    )


def scene(study: Study, folder: Path) -> Scene:
    """Return the canonical, the test objects and what was found of them (known pose, first view), one at a time.

    Parameters
    ----------
    study : dict
    folder : Path
        ``artifacts/real/<study>``: there only where the stage ran with a mirror.
    """
    found = Scene(
        f"real {title_of(study)}", f"Real {title_of(study)}: the canonical, each test object, and the registered shape beside it."
    )
    found.mesh("canonical", *load_mesh(folder / "closed" / f"{study['canonical']}.ply").numpy(), color_of("canonical"), group="canonical")
    for test, name in study["test"].items():
        truth, faces = load_mesh(folder / "closed" / f"{name}.ply").numpy()
        shape, shape_faces = load_mesh(folder / "found" / f"{test}.ply").numpy()
        found.mesh("true", truth, faces, color_of("target"), group=f"{test}: true")
        found.mesh("found", shape, shape_faces, color_of("ours"), group=f"{test}: found")
        found.mesh("found", shape, shape_faces, color_of("ours"), group=f"{test}: both")
        found.mesh("true", truth, faces, color_of("target"), opacity=0.35, group=f"{test}: both")
    return found
