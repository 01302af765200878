"""JSON files that users write: read with messages about the file, not about Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from renderfit.errors import DataError


def read_object(path: str | Path, what: str, expected: str) -> dict[str, Any]:
    """Read a file that holds one JSON object; a byte order mark at its start is passed over.

    Parameters
    ----------
    path : path
    what, expected : str
        What the file is and what it should hold, for messages.

    Raises
    ------
    DataError
        If the file is missing, is not JSON or holds something else than one object.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as problem:
        raise DataError(f"{what} file {path}: {problem}; expected JSON {expected}") from problem
    if not isinstance(found, dict):
        kind = "a list" if isinstance(found, list) else repr(found)
        raise DataError(f"{what} file {path}: holds {kind}; expected a JSON object {expected}")
    return found


def entries_of(names: Any) -> str:
    """Return names of a file, sorted, as one reads them in a message."""
    return ", ".join(sorted(map(str, names))) or "nothing"
