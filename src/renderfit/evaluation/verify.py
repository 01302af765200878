"""Recompute published numbers and say, cell by cell, whether they come out the same."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from renderfit import paths
from renderfit.errors import DataError
from renderfit.evaluation import table1
from renderfit.evaluation.records import KEYS, SCORES, Record, read_records
from renderfit.evaluation.trace import read_table

Outcome = dict[str, Any]
TOLERANCE = 1e-6
"""Relative difference that still counts as the same (the table keeps six digits)."""


def verify_table(table: dict[str, Any] | None = None, records: Sequence[Record] | None = None) -> list[Outcome]:
    """Compare every cell of ``results/table1.json``, and what stands beside the cells, with one recomputed from the records.

    Parameters
    ----------
    table : dict, optional
        Default: ``results/table1.json``, and then ``results/table1.csv`` is compared too.
    records : sequence of dict, optional
        Default: those of the root.

    Returns
    -------
    list of dict
        ``cell``, ``same``, ``differences`` (score -> [published, recomputed]) for every cell of either side, then for the records
        that the table keeps, the means, the claims, the paper's values and the CSV file.
    """
    published = read_table() if table is None else table
    again = table1.build(read_records() if records is None else records)
    old, new = ({_name(cell): cell for cell in side["cells"]} for side in (published, again))
    cells = [_cell(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]
    found = [*cells, _same_records(published, again)]
    found += [_same_part(part, published.get(part), again.get(part)) for part in ("means", "claims", "paper")]
    if table is None:
        path = paths.RESULTS / "table1.csv"
        lines = path.read_text().splitlines() if path.is_file() else []
        found.append(_same_lines(lines, table1.layout(again).splitlines()))
    return found


def verify_runs(runs: Iterable[Record], recompute: Callable[[Record], Record]) -> list[Outcome]:
    """Repeat registrations and compare their scores with the records.

    Parameters
    ----------
    runs : iterable of dict
        Published records.
    recompute : callable
        Performs the run that a record's `KEYS` name and returns its record.
    """
    found = []
    for run in runs:
        again = recompute(run)
        name = "/".join(str(run[key]) for key in KEYS)
        sides = [{score: side[score] for score in SCORES if side.get(score) is not None} for side in (run, again)]
        found.append(_outcome(name, *sides))
    return found


def repeat(record: Record) -> Record:
    """Perform the run that `record` describes again, on the artifacts of the root, and return its new record.

    Raises
    ------
    DataError
        If a stage before has not run or the method is unknown.
    """
    import torch

    from renderfit.evaluation import bounds, runs
    from renderfit.evaluation.instance import load_instance
    from renderfit.evaluation.methods import METHODS
    from renderfit.vision import load_network

    torch.set_num_threads(1)  # as the stage does: sums depend on how they are split
    instance = load_instance(record["category"], record["instance"])
    if record["method"] in METHODS:
        network = load_network(paths.ARTIFACTS / "unet")
        return runs.compare(instance, record["view"], record["pose"] == "noise", network, [record["method"]])[0].record
    for run in bounds.references(instance):
        if run.record["method"] == record["method"]:
            return run.record
    raise DataError(f"record of unknown method {record['method']!r}; expected one of {', '.join(METHODS)} or a reference")


def sample(records: Sequence[Record], count: int, seed: int) -> list[Record]:
    """Choose `count` records at random (seeded), in the order of the table; 0 or more than there are: all."""
    if count <= 0 or count >= len(records):
        return list(records)
    chosen = np.random.Generator(np.random.PCG64(seed)).choice(len(records), count, replace=False)
    return [records[index] for index in sorted(chosen.tolist())]


def _same_part(part: str, old: Any, new: Any) -> Outcome:
    """Compare what the table derives from its cells, as JSON holds it."""
    same = json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    return {"cell": f"table1/{part}", "same": same, "differences": {} if same else {part: [old, new]}}


def _same_records(published: dict[str, Any], again: dict[str, Any]) -> Outcome:
    """Compare the runs that the table keeps, each with its provenance, with the records it was made of."""
    sides = []
    for table in (published, again):
        origins = table.get("provenances", {})
        runs = [{**run, "provenance": origins.get(run.get("provenance"))} for run in table.get("records", [])]
        sides.append({"/".join(str(run.get(key)) for key in KEYS): run for run in runs})
    old, new = sides
    differences = {name: _differing(old.get(name), new.get(name)) for name in _changed(old, new)}
    return {"cell": "table1/records", "same": not differences, "differences": differences}


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the keys whose entries differ, as JSON holds them."""
    texts = [{key: json.dumps(entry, sort_keys=True) for key, entry in side.items()} for side in (old, new)]
    return [key for key in sorted({*old, *new}) if texts[0].get(key) != texts[1].get(key)]


def _differing(old: Record | None, new: Record | None) -> list[Any]:
    """Return what two records of one run do not share, a side each; None for a record that is not there."""
    if old is None or new is None:
        return [None if side is None else "present" for side in (old, new)]
    return [{name: side.get(name) for name in _changed(old, new)} for side in (old, new)]


def _same_lines(old: Sequence[str], new: Sequence[str]) -> Outcome:
    """Compare the CSV file line by line."""
    pairs = itertools.zip_longest(old, new)
    changed = {f"line {number}": [before, after] for number, (before, after) in enumerate(pairs, start=1) if before != after}
    return {"cell": "table1.csv", "same": not changed, "differences": changed}


def _name(cell: dict[str, Any]) -> str:
    return f"table1/{cell['category']}-{cell['instance']}/{cell['method']}/{cell['pose']}"


def _means(cell: dict[str, Any] | None) -> dict[str, float] | None:
    if cell is None:
        return None
    return {score: cell[score]["mean"] for score in SCORES if cell.get(score) is not None}


def _cell(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Outcome:
    """Compare the means of two cells and, where these agree, all else that stands in them: spread, interval, ratios, failures."""
    found = _outcome(name, _means(old), _means(new))
    if found["same"] and old is not None and new is not None:
        return _outcome(name, _numbers(old), _numbers(new))
    return found


def _numbers(cell: dict[str, Any]) -> dict[str, float]:
    """Return every number of a cell by name, e.g. ``v2v_mm low``."""
    found: dict[str, float] = {}
    for name, entry in cell.items():
        if isinstance(entry, dict):
            found |= {f"{name} {part}": value for part, value in entry.items() if isinstance(value, int | float)}
        elif isinstance(entry, int | float):
            found[name] = entry
    return found


def _outcome(name: str, old: dict[str, float] | None, new: dict[str, float] | None) -> Outcome:
    differences: dict[str, Any] = {}
    for score in sorted({*(old or {}), *(new or {})}):
        before, after = (old or {}).get(score), (new or {}).get(score)
        if before is None or after is None or not math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=1e-6):
            differences[score] = [before, after]
    if old is None or new is None:
        differences["present"] = [old is not None, new is not None]
    return {"cell": name, "same": not differences, "differences": differences}
