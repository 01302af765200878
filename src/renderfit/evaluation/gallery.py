"""Pictures of the worst run of every cell, kept beside the records while the fits are at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

from renderfit import paths
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.records import REFERENCES, Record
from renderfit.evaluation.scoring import Run
from renderfit.registration.overlay import overlay
from renderfit.whole import whole_file

OUTLINE = (230, 30, 80)
"""Colour of the fit's outline."""


def save(instance: Instance, runs: Iterable[Run]) -> list[Path]:
    """Write ``artifacts/records/worst/<category>-<t>-<method>-<pose>.png``: the photograph and the outline of the worst fit.

    Parameters
    ----------
    instance : Instance
        What was registered.
    runs : iterable of Run
        All its runs; references have no view and get no picture.
    """
    folder = paths.ARTIFACTS / "records" / "worst"
    cells: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.record["method"] not in REFERENCES:
            cells.setdefault((run.record["method"], run.record["pose"]), []).append(run)
    written = []
    for group in cells.values():
        chosen = group[_worst([run.record for run in group])]
        view = instance.views[chosen.record["view"]]
        drawn = overlay(view.image, chosen.found.mesh, view.camera, chosen.found.pose, OUTLINE)
        shown = view.mask | (drawn != view.image).any(axis=2)
        written.append(folder / _name(chosen.record))
        with whole_file(written[-1]) as part:
            iio.imwrite(part, drawn[_square(shown)])
    for stale in set(folder.glob(f"{instance.category}-{instance.test}-*.png")) - set(written):
        stale.unlink()
    return written


def worst_failures(table: dict[str, Any], count: int = 8, folder: Path | None = None) -> list[tuple[Record, float, Path]]:
    """Return the worst failed runs of a table, at most one a cell: record, distance over the latent floor, picture.

    Every method with a failure comes before any second one of a method; then the larger quotient first. Runs whose picture is
    not there (of records made elsewhere) are left out.
    """
    folder = folder or paths.ARTIFACTS / "records" / "worst"
    floors = {(c["category"], c["instance"]): c["v2v_mm"]["mean"] for c in table["cells"] if c["method"] == "latent_floor"}
    cells: dict[tuple[str, ...], list[Record]] = {}
    for record in table["records"]:
        if record["method"] not in REFERENCES:
            cells.setdefault(tuple(record[key] for key in ("category", "instance", "method", "pose")), []).append(record)
    found = []
    for group in cells.values():
        record = group[_worst(group)]
        path = folder / _name(record)
        if record["failed"] and path.is_file():
            found.append((record, record["v2v_mm"] / floors[record["category"], record["instance"]], path))
    found.sort(key=lambda entry: -entry[1])
    seen: dict[str, int] = {}
    ranked = []
    for entry in found:
        method = entry[0]["method"]
        seen[method] = seen.get(method, 0) + 1
        ranked.append((seen[method], entry))
    return [entry for _, entry in sorted(ranked, key=lambda pair: pair[0])][:count]


def _worst(records: Sequence[Record]) -> int:
    return max(range(len(records)), key=lambda index: (records[index]["v2v_mm"], -records[index]["view"]))


def _name(record: Record) -> str:
    return "-".join(str(record[key]) for key in ("category", "instance", "method", "pose")) + ".png"


def _square(shown: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the square around the set pixels, with some room, inside the picture."""
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    side = min(*shown.shape, int(1.2 * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 8)
    first = [
        int(np.clip((line[0] + line[-1] - side) // 2, 0, size - side)) for line, size in ((rows, shown.shape[0]), (columns, shown.shape[1]))
    ]
    return slice(first[0], first[0] + side), slice(first[1], first[1] + side)
