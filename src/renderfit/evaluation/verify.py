"""Recompute published numbers and say, cell by cell, whether they come out the same."""

from __future__ import annotations

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
    """Compare every cell of ``results/table1.json`` with one recomputed from the records.

    Returns
    -------
    list of dict
        ``cell``, ``same``, ``differences`` (score -> [published, recomputed]) for every cell of either side.
    """
    published = read_table() if table is None else table
    again = table1.build(read_records() if records is None else records)
    old, new = ({_name(cell): cell for cell in side["cells"]} for side in (published, again))
    cells = [_outcome(name, _means(old.get(name)), _means(new.get(name))) for name in sorted({*old, *new})]
    return [*cells, *(_same_part(part, published.get(part), again.get(part)) for part in ("means", "claims"))]


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

    from renderfit.evaluation import runs
    from renderfit.evaluation.instance import load_instance
    from renderfit.evaluation.methods import METHODS
    from renderfit.vision import load_network

    torch.set_num_threads(1)  # as the stage does: sums depend on how they are split
    instance = load_instance(record["category"], record["instance"])
    if record["method"] in METHODS:
        network = load_network(paths.ARTIFACTS / "unet")
        return runs.compare(instance, record["view"], record["pose"] == "noise", network, [record["method"]])[0].record
    for run in runs.references(instance):
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


def _name(cell: dict[str, Any]) -> str:
    return f"table1/{cell['category']}-{cell['instance']}/{cell['method']}/{cell['pose']}"


def _means(cell: dict[str, Any] | None) -> dict[str, float] | None:
    if cell is None:
        return None
    return {score: cell[score]["mean"] for score in SCORES if cell.get(score) is not None}


def _outcome(name: str, old: dict[str, float] | None, new: dict[str, float] | None) -> Outcome:
    differences: dict[str, Any] = {}
    for score in sorted({*(old or {}), *(new or {})}):
        before, after = (old or {}).get(score), (new or {}).get(score)
        if before is None or after is None or not math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=1e-6):
            differences[score] = [before, after]
    if old is None or new is None:
        differences["present"] = [old is not None, new is not None]
    return {"cell": name, "same": not differences, "differences": differences}
