"""Table 1: from run records to cells, to the paper's layout and to results/.

Paper: Table 1 and section 4. Scores are means over the vertices of the test instance of the distance
to the nearest vertex of the deformed canonical; the paper's values are read as mean squares in mm^2.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.errors import DataError
from renderfit.evaluation import claims
from renderfit.evaluation.records import METHODS, REFERENCES, SCORES, Record, heading, method_order, order, read_paper, read_records
from renderfit.evaluation.statistics import interval, summary
from renderfit.whole import write_json, write_text

Cell = dict[str, Any]
LAYOUT = (
    ("mean distance [mm]", "object", "v2v_mm", "known"),
    ("mean distance [mm]", "object", "v2v_mm", "noise"),
    ("mean distance [mm]", "camera", "placed_v2v_mm", "noise"),
    ("mean square [mm^2]", "object", "mean_square_mm2", "known"),
    ("mean square [mm^2]", "object", "mean_square_mm2", "noise"),
    ("mean square [mm^2]", "camera", "placed_mean_square_mm2", "noise"),
    ("mean distance / latent floor", "object", "ratio", "known"),
    ("mean distance / latent floor", "object", "ratio", "noise"),
    ("mean distance / latent floor", "camera", "placed_ratio", "noise"),
)
"""The blocks of results/table1.csv: metric, frame, score of a cell, pose condition."""


def build(records: Sequence[Record] | None = None, samples: int | None = None, seed: int | None = None) -> dict[str, Any]:
    """Compute Table 1 from run records.

    Parameters
    ----------
    records : sequence of dict, optional
        Default: `read_records` of the root.
    samples, seed : int, optional
        Bootstrap resamples and seed; default: section ``table1`` of params.yaml.

    Returns
    -------
    dict
        ``records`` (each with the id of its provenance), ``provenances``, ``cells``, ``means`` (over instances),
        ``claims`` (verdicts on the paper's claims), ``paper`` (its table).

    Raises
    ------
    DataError
        If a test instance has no latent floor to compare with.
    """
    entries = sorted(read_records() if records is None else records, key=order)
    section = config.section(config.Table1)
    samples, seed = section.bootstrap if samples is None else samples, section.seed if seed is None else seed
    kept, provenances = _share_provenance(entries)
    floors = latent_floors(kept)
    groups: dict[tuple[str, str, str, str], list[Record]] = {}
    for entry in kept:
        entry["failed"] = bool(entry.get("failed")) or entry["v2v_mm"] > section.failure * floors[entry["category"], entry["instance"]]
        placed = entry.get("placed_v2v_mm")
        entry["placed_failed"] = placed is not None and (
            bool(entry.get("failed")) or placed > section.failure * floors[entry["category"], entry["instance"]]
        )
        groups.setdefault((entry["category"], entry["instance"], entry["method"], entry["pose"]), []).append(entry)
    cells = [_cell(key, runs, floors[key[:2]], samples, seed) for key, runs in groups.items()]
    table: dict[str, Any] = {"records": kept, "provenances": provenances, "cells": cells, "means": _means(cells, groups, samples, seed)}
    return {**table, "claims": claims.verdicts(table), "paper": read_paper()}


def latent_floors(records: Sequence[Record]) -> dict[tuple[str, str], float]:
    """Return the latent floor [mm] of every test instance: the smallest error its shape space can reach.

    Raises
    ------
    DataError
        If an instance has records but none of method ``latent_floor``.
    """
    floors = {(r["category"], r["instance"]): float(r["v2v_mm"]) for r in records if r["method"] == "latent_floor"}
    missing = sorted({f"{r['category']}-{r['instance']}" for r in records if (r["category"], r["instance"]) not in floors})
    if missing:
        raise DataError(f"no latent_floor record for {', '.join(missing)}; expected one each; run `dvc repro register` again")
    return floors


def write(table: dict[str, Any], folder: Path | None = None) -> list[Path]:
    """Write ``table1.json`` and ``table1.csv`` (each whole or not at all); return their paths."""
    folder = folder or paths.RESULTS
    written = [folder / "table1.json", folder / "table1.csv"]
    write_json(written[0], table, sort_keys=True)
    write_text(written[1], layout(table))
    return written


def layout(table: dict[str, Any]) -> str:
    """Return Table 1 as CSV in the paper's layout: an instance a row, a method a column, ``mean (std)``."""
    methods = methods_of(table)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["metric", "frame", "pose", "instance", *(heading(method) for method in methods)])
    for metric, frame, score, pose in LAYOUT:
        for category, instance, found in rows(table, pose):
            values = [entry_text(found.get(method), score) for method in methods]
            if any(values):
                writer.writerow([metric, frame, pose, f"{category} {instance}".strip(), *values])
    return stream.getvalue()


def methods_of(table: dict[str, Any]) -> list[str]:
    """Return the methods that have cells, in the order of the table."""
    return sorted({cell["method"] for cell in table["cells"]}, key=method_order)


def rows(table: dict[str, Any], pose: str) -> list[tuple[str, str, dict[str, Cell]]]:
    """Return (category, instance, method -> cell) for one pose condition, the mean last; references count in both conditions."""
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for cell in table["cells"]:
        if cell["pose"] == pose or cell["method"] in REFERENCES:
            found.setdefault((cell["category"], cell["instance"]), {})[cell["method"]] = cell
    means = {mean["method"]: mean for mean in table["means"] if mean["pose"] == pose or mean["method"] in REFERENCES}
    return [*((category, instance, cells) for (category, instance), cells in sorted(found.items())), ("mean", "", means)]


def entry_text(cell: Cell | None, score: str) -> str:
    """Return ``mean (std)`` of a score, ``""`` where it was not measured; a single run has no std."""
    entry = (cell or {}).get(score)
    if entry is None:
        return ""
    if not isinstance(entry, dict):
        return f"{entry:.2f}"
    return f"{entry['mean']:.2f} ({entry['std']:.2f})" if entry.get("runs", 1) > 1 and entry["std"] is not None else f"{entry['mean']:.2f}"


def _share_provenance(records: Sequence[Record]) -> tuple[list[Record], dict[str, Any]]:
    texts = sorted({json.dumps(record["provenance"], sort_keys=True) for record in records})
    ids = {text: f"p{number}" for number, text in enumerate(texts)}
    kept = [{**record, "provenance": ids[json.dumps(record["provenance"], sort_keys=True)]} for record in records]
    return kept, {ids[text]: json.loads(text) for text in texts}


def _cell(key: tuple[str, str, str, str], runs: Sequence[Record], floor: float, samples: int, seed: int) -> Cell:
    cell: Cell = dict(zip(("category", "instance", "method", "pose"), key, strict=True))
    for name in (*SCORES, "renders"):
        values = [run[name] for run in runs if run.get(name) is not None]
        cell[name] = summary(values, samples, seed) if values else None
    placed = cell["placed_v2v_mm"]
    return {
        **cell,
        "ratio": round(cell["v2v_mm"]["mean"] / floor, 6),
        "placed_ratio": round(placed["mean"] / floor, 6) if placed else None,
        "failures": sum(run["failed"] for run in runs),
        "placed_failures": sum(run["placed_failed"] for run in runs),
        "runs": len(runs),
    }


def _means(cells: Sequence[Cell], groups: dict[tuple[str, str, str, str], list[Record]], samples: int, seed: int) -> list[Cell]:
    """Mean over the test instances, per method and pose condition."""
    found = []
    floor = [cell["v2v_mm"]["mean"] for cell in cells if cell["method"] == "latent_floor"]
    for method, pose in dict.fromkeys((cell["method"], cell["pose"]) for cell in cells):
        own = [cell for cell in cells if (cell["method"], cell["pose"]) == (method, pose)]
        mean: Cell = {"category": "mean", "instance": "", "method": method, "pose": pose, "instances": len(own)}
        for name in SCORES:
            runs = [[r[name] for r in groups[c["category"], c["instance"], method, pose] if r.get(name) is not None] for c in own]
            if all(runs):
                middle, low, high = interval(runs, samples, seed)
                mean[name] = {
                    "mean": round(middle, 6),
                    "std": _pooled_std(runs),
                    "low": round(low, 6),
                    "high": round(high, 6),
                    "runs": sum(map(len, runs)),
                }
        whole, middle = len(own) == len(floor), sum(floor) / len(floor)
        ratios = {
            name: round(mean[score]["mean"] / middle, 6) if whole and score in mean else None
            for name, score in (("ratio", "v2v_mm"), ("placed_ratio", "placed_v2v_mm"))
        }
        sums = {name: sum(cell[name] for cell in own) for name in ("failures", "placed_failures", "runs")}
        found.append({**mean, **ratios, **sums})
    return sorted(
        found, key=lambda mean: (mean["pose"], list(METHODS).index(mean["method"]) if mean["method"] in METHODS else len(METHODS))
    )


def _pooled_std(groups: Sequence[Sequence[float]]) -> float | None:
    """Root of the mean variance inside the groups, not the spread between objects; None where each group is a single run."""
    if all(len(group) == 1 for group in groups):
        return None
    variances = [sum((v - sum(g) / len(g)) ** 2 for v in g) / len(g) for g in groups]
    return round((sum(variances) / len(variances)) ** 0.5, 6)
