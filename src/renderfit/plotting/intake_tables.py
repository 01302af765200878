"""Tables of the page on real objects that other commands measured: the released settings, alignment, what shapes say is up."""

from __future__ import annotations

from typing import Any

from renderfit.plotting.tables import Html, grid


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
    """Return how many real objects came out upright, whatever way their files lay; `found`: results/alignment.json."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in found["rows"]:
        groups.setdefault((row["way"], row["category"], row.get("frames", "turned")), []).append(row)
    body: list[list[Any]] = []
    for (way, category, frames), rows in groups.items():
        total = sum(row["objects"] for row in rows)
        counts = [f"{sum(row[name] for row in rows)} of {total}" for name in ("upright", "upside_down")]
        taken = f"{sum(row['taken'] for row in rows)} of {total}" if "taken" in rows[0] else "–"
        sure = [row for row in rows if not row.get("guess", True)]
        said = f"{len(sure)} of {len(rows)}" if "guess" in rows[0] else "–"
        right = f"{sum(row['upright'] for row in sure)} of {sum(row['objects'] for row in sure)}" if sure else "–"
        size = f"unit right: {sum(row['unit'] for row in rows)} of {total}" if "unit" in rows[0] else _spread(rows)
        body.append([way, category, frames, len(rows), taken, *counts, said, right, size])
    names = ["way", "category", "files", "trials", "taken in", "upright", "upside down", "up called sure", "upright of these", "size"]
    return grid(names, body, "real objects, taken from their frame and brought back into one")


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


def calibration(found: dict[str, Any]) -> Html:
    """Return how often folders of a kind that nothing was learnt from are right, and right when they are called sure."""
    body: list[list[Any]] = []
    for called, name in (("own", "z up, y up or some of both"), ("turned", "turned in any way")):
        one = found["summary"][called]
        wrong = ", ".join(one["wrong_though_sure"]) or "none"
        counts = [f"{one['sure']} of {one['folders']}", f"{one['right_of_sure']} of {one['sure']}", f"{one['upright_of_sure']:.1%}"]
        body.append([name, f"{one['upright']:.1%}", *counts, wrong])
    names = [
        "files",
        "objects upright",
        "folders called sure",
        "all upright of these",
        "objects upright of these",
        "sure, but some not upright",
    ]
    return grid(names, body, "folders of kinds that nothing was learnt from, under a name that says nothing")


def _spread(rows: list[dict[str, Any]]) -> str:
    low, high = min(row["size_ratio_low"] for row in rows), max(row["size_ratio_high"] for row in rows)
    return f"{low:.2f} to {high:.2f} of the reference's"
