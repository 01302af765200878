"""What a page of the book can print: results, parameters, the layout of the code."""

from __future__ import annotations

import ast
import csv
import functools
import json
import logging
import statistics
from pathlib import Path
from typing import Any

import yaml

import renderfit
from renderfit import paths
from renderfit.errors import DataError
from renderfit.evaluation import goals, records
from renderfit.pipeline.book.apart import apart
from renderfit.pipeline.estimate import last_times

_log = logging.getLogger(__name__)


def context(staged: Path, listing: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the names that pages see.

    Returns
    -------
    dict
        ``results`` (every JSON file of results/ by name), ``params``, ``pages`` and ``present`` (the contents), ``apart`` (the
        committed records that a page shows, see `apart`), ``figures``
        and ``scenes`` (staged files), ``table`` (a CSV as Markdown), ``runs`` (records behind a cell), ``heading`` (of a
        method), ``stated`` (marks a value quoted from the paper or the specification), ``goals`` (see `evaluation.goals`),
        ``timings``, ``stage_seconds``, ``packages``, ``public`` and ``concordance``.
    """
    results = {path.stem: json.loads(path.read_text()) for path in sorted(paths.RESULTS.glob("*.json"))}
    return {
        "results": results,
        "params": yaml.safe_load((paths.ROOT / "params.yaml").read_text()),
        "pages": listing,
        "present": {entry["page"] for entry in listing if entry["present"]},
        "apart": apart(staged, listing),
        "figures": _names(staged / "_static" / "figures"),
        "scenes": _names(staged / "_static" / "scenes"),
        "table": table,
        "runs": functools.partial(_runs, results.get("table1", {})),
        "heading": records.heading,
        "stated": str,
        "goals": goals.goals(results | {"benchmarks": paths.ROOT / "benchmarks"}),
        "timings": timings(),
        "stage_seconds": last_times(),
        "packages": packages(),
        "public": public(),
        "concordance": _rows(paths.BOOK / "concordance.csv"),
    }


def table(path: str, *columns: str, **match: str) -> str:
    """Return a CSV file (relative to the root) as a Markdown table: chosen `columns`, rows whose cells equal `match`.

    Raises
    ------
    DataError
        If the file or a column is missing.
    """
    rows = [row for row in _rows(paths.ROOT / path) if all(row.get(key) == entry for key, entry in match.items())]
    names = list(columns) or (list(rows[0]) if rows else [])
    unknown = [name for name in names if rows and name not in rows[0]]
    if unknown:
        raise DataError(f"{path} has no column {', '.join(unknown)}; it has {', '.join(rows[0])}")
    lines = [names, ["---"] * len(names), *([row[name].replace("|", "\\|") for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def timings() -> list[dict[str, Any]]:
    """Return median and maximum of the CPU seconds of single registrations, by method and pose."""
    found: dict[tuple[str, str], list[float]] = {}
    for path in sorted((paths.ARTIFACTS / "records").glob("*-timing.json")):
        for entry in json.loads(path.read_text()):
            if entry["cpu_seconds"] > 0:
                found.setdefault((entry["method"], entry["pose"]), []).append(entry["cpu_seconds"])
    ordered = sorted(found.items(), key=lambda item: (item[0][1], records.method_order(item[0][0])))
    return [
        {"method": method, "pose": pose, "median": statistics.median(times), "maximum": max(times), "runs": len(times)}
        for (method, pose), times in ordered
    ]


def packages() -> dict[str, list[dict[str, Any]]]:
    """Return every module of renderfit by package, with its length and the first line of its docstring."""
    folder = Path(renderfit.__file__).parent
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.rglob("*.py"), key=lambda p: (p.parent, p.name)):
        source = path.read_text()
        about = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0].replace("`", "")
        name = path.stem if path.stem != "__init__" else "(package)"
        entry = {"name": name, "lines": source.count("\n"), "about": about.replace("|", "\\|")}
        found.setdefault(path.parent.relative_to(folder).as_posix().replace("/", ".").strip("."), []).append(entry)
    return found


def public() -> list[tuple[str, str]]:
    """Return (name, module it is defined in) of every public name of `renderfit`; one that cannot be imported is logged and left out."""
    found = []
    for name in renderfit.__all__:
        try:
            found.append((name, str(getattr(renderfit, name).__module__)))
        except (ImportError, AttributeError) as problem:
            _log.warning("renderfit.%s cannot be imported and is left out of the API page: %s", name, problem)
    return found


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.*"))


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DataError(f"{path} does not exist; a page of the book shows it; run `dvc repro` first")
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _runs(found: dict[str, Any], cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of Table 1 behind `cell`."""
    key = ("category", "instance", "method", "pose")
    return [record for record in found["records"] if all(record[name] == cell[name] for name in key)]
