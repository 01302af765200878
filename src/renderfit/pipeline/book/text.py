"""Numbers in prose: a page of book/ is a Jinja template that can only print what results/ and params.yaml hold.

A page asks for a result by name; one that does not exist is an error, never an empty place.
"""

from __future__ import annotations

import csv
import functools
import json
from pathlib import Path
from typing import Any

import jinja2
import yaml

from renderfit import paths, provenance
from renderfit.errors import DataError
from renderfit.evaluation import records


def render(page: Path, staged: Path, listing: list[dict[str, Any]]) -> str:
    """Return the Markdown of `page` with its expressions evaluated.

    Parameters
    ----------
    page : Path
        A Markdown file of ``book/``; ``{{ expressions }}`` see the names of `context`.
    staged : Path
        The folder the book is built from.
    listing : list of dict
        The table of contents with what is present (`renderfit.pipeline.book.toc.resolve`).

    Raises
    ------
    DataError
        If an expression fails; the message names page and line.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True, trim_blocks=True)
    try:
        return environment.from_string(page.read_text()).render(**context(staged, listing))
    except jinja2.TemplateError as problem:
        line = getattr(problem, "lineno", None) or _line(problem)
        raise DataError(f"{page}, line {line}: {problem}; expected a name of results/ or params.yaml: run `dvc repro` first") from problem


def context(staged: Path, listing: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the names a page can use: ``results``, ``params``, ``paper``, ``present``, ``pages``, ``table``, ``provenance``."""
    results = {path.stem: json.loads(path.read_text()) for path in sorted(paths.RESULTS.glob("*.json"))}
    present = {entry["page"] for entry in listing if entry["present"]}
    return {
        "results": results,
        "params": yaml.safe_load((paths.ROOT / "params.yaml").read_text()),
        "paper": records.read_paper(),
        "pages": listing,
        "present": present,
        "scenes": sorted(path.name for path in (staged / "_static" / "scenes").glob("*.html")),
        "provenance": provenance.provenance,
        "table": table,
        "runs": functools.partial(_runs, results.get("table1", {})),
        "heading": records.heading,
    }


def table(path: str, *columns: str, **match: str) -> str:
    """Return a CSV file (relative to the root) as a Markdown table: chosen `columns`, rows whose cells equal `match`.

    Raises
    ------
    DataError
        If the file or a column is missing.
    """
    file = paths.ROOT / path
    if not file.is_file():
        raise DataError(f"{file} does not exist; a page of the book shows it; run `dvc repro` first")
    with file.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if all(row.get(key) == entry for key, entry in match.items())]
    names = list(columns) or (list(rows[0]) if rows else [])
    unknown = [name for name in names if rows and name not in rows[0]]
    if unknown:
        raise DataError(f"{file} has no column {', '.join(unknown)}; it has {', '.join(rows[0])}")
    lines = [names, ["---"] * len(names), *([row[name].replace("|", "\\|") for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _runs(found: dict[str, Any], cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of Table 1 behind `cell`."""
    key = ("category", "instance", "method", "pose")
    return [record for record in found["records"] if all(record[name] == cell[name] for name in key)]


def _line(problem: BaseException) -> int | str:
    """Return the template line an expression failed in."""
    found: int | str = "?"
    trace = problem.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
