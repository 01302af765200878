"""Which pages show committed records: results that no stage makes, so that a build shows them as they were."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from renderfit import paths
from renderfit.pipeline.workspace import outputs


def apart(staged: Path, listing: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return page -> committed records that its source names, in the order of the contents; pages without any are left out.

    Parameters
    ----------
    staged : Path
        Folder with the executed notebooks of the book.
    listing : list of dict
        The contents (`toc.resolve`).
    """
    known = records()
    found = {}
    for page in (entry["page"] for entry in listing if entry["present"]):
        source = next((path for path in (paths.BOOK / f"{page}.md", staged / f"{page}.ipynb") if path.is_file()), None)
        text = source.read_text() if source else ""
        named = [record for record in known if _names(text, Path(record))]
        if named:
            found[page] = named
    return found


def records() -> list[str]:
    """Return the results files of the root, and tables of benchmarks, that no stage of dvc.yaml writes, relative to the root."""
    commands = paths.ROOT / "dvc.yaml"
    made = outputs(commands) if commands.is_file() else set()
    results = [f"results/{path.name}" for path in paths.RESULTS.glob("*.json")]
    tables = [path.relative_to(paths.ROOT).as_posix() for path in (paths.ROOT / "benchmarks").rglob("*.csv")]
    return sorted({*results, *tables} - made)


def _names(text: str, record: Path) -> bool:
    """Tell whether a page names a record: a table by its folder and file, a JSON file by its name or as pages see it, ``results.stem``."""
    file = rf"\b{re.escape(record.name)}\b"
    if record.suffix == ".csv":
        return record.parent.as_posix() in text and re.search(file, text) is not None
    return re.search(rf"{file}|\bresults\.{re.escape(record.stem)}\b", text) is not None
