"""The records behind Table 1: one per test instance, method, pose condition and view.

A register notebook writes the list of one test instance to ``artifacts/records/<category>-<t>.json``;
this module reads all of them, checks them and brings them into one order.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from renderfit import paths
from renderfit.errors import DataError

KEYS = ("category", "instance", "method", "pose", "view", "seed")
"""What identifies a run."""
SCORES = (
    "v2v_mm",
    "mean_square_mm2",
    "v2s_mm",
    "placed_v2v_mm",
    "placed_mean_square_mm2",
    "placed_v2s_mm",
    "rotation_left_deg",
    "translation_left_mm",
)
"""What was measured; None where it has no meaning (no pose was estimated)."""
METHODS = {
    "ground_truth": "Ground truth (CPD)",
    "latent_floor": "Latent floor",
    "cls": "CLS 3D",
    "cls_pose": "CLS 3D, joint pose",
    "deepcpd": "DeepCPD RGB",
    "paper": "Paper's method RGB",
    "paper_mask": "Paper's descent, mask loss",
    "ours": "Ours RGB",
    "ours_published": "Ours, published U-Net",
    "ours_pca": "Ours, 5-D space",
    "ours_mask": "Ours, true mask",
    "mean_shape": "Mean shape",
}
"""Known methods in the order of the table, with their headings; others follow by name."""
REFERENCES = ("ground_truth", "latent_floor", "mean_shape")
"""Methods that see the whole test mesh, or nothing of it: bounds, not competitors."""
Record = dict[str, Any]


def read_records(folder: Path | None = None) -> list[Record]:
    """Read and check the records of all test instances.

    Parameters
    ----------
    folder : Path, optional
        Default: ``artifacts/records`` of the root. Files ``*-timing.json`` are not records and are passed over.

    Returns
    -------
    list of dict
        Sorted by category, instance, method (order of the table), pose, view and seed.

    Raises
    ------
    DataError
        If there is no record, a field is missing, a score is not finite, or two records share all `KEYS`.
    """
    folder = folder or paths.ARTIFACTS / "records"
    files = sorted(path for path in folder.glob("*.json") if not path.stem.endswith("-timing")) if folder.is_dir() else []
    if not files:
        raise DataError(f"no records in {folder}; expected <category>-<t>.json from the register stage; run `dvc repro register` first")
    found: dict[tuple[Any, ...], Record] = {}
    for path in files:
        try:
            entries = json.loads(path.read_text())
        except (OSError, ValueError) as problem:
            raise DataError(f"{path} is not readable as JSON ({problem}); delete it and run `dvc repro register`") from problem
        for entry in entries:
            key = _checked(entry, path)
            if key in found:
                raise DataError(f"{path}: two records of the same run {key}; expected one; delete the records and run `dvc repro register`")
            found[key] = entry
    return sorted(found.values(), key=order)


def order(record: Record) -> tuple[Any, ...]:
    """Return the sort key of a record (or cell): the order of the table."""
    return (
        record["category"],
        record["instance"],
        method_order(record["method"]),
        record["pose"],
        record.get("view") or 0,
        record.get("seed") or 0,
    )


def method_order(method: str) -> tuple[int, str]:
    """Return the position of a method's column: known ones first, others by name."""
    known = list(METHODS)
    return (known.index(method) if method in known else len(known), method)


def heading(method: str) -> str:
    """Return the column heading of a method."""
    return METHODS.get(method, method.replace("_", " "))


def read_paper() -> list[dict[str, Any]]:
    """Return the table of the paper (values as printed; our reading: mean square distance in mm^2), one dict a row."""
    with (Path(__file__).parent / "paper_table1.csv").open(newline="") as stream:
        return [{k: v if k in ("category", "instance") else float(v) for k, v in row.items()} for row in csv.DictReader(stream)]


def _checked(entry: Record, path: Path) -> tuple[Any, ...]:
    missing = [name for name in (*KEYS, *SCORES[:2], "provenance") if name not in entry]
    if missing:
        raise DataError(f"{path}: a record lacks {', '.join(missing)}; expected {', '.join((*KEYS, *SCORES))}; run `dvc repro register`")
    for name in SCORES:
        score = entry.get(name)
        if score is not None and not math.isfinite(score):
            raise DataError(f"{path}: {name} is {score} in {[entry[k] for k in KEYS]}; expected a finite number or null")
    return tuple(entry[name] for name in KEYS)
