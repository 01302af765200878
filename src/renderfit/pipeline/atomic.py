"""Write results whole or not at all: into a sibling first, renamed when complete."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder ``<name>.part`` that takes the place of `folder` when the block succeeds.

    A block that fails or is killed leaves no `folder` behind that could pass for a result.
    """
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, which appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    part.replace(path)


def write_json(path: Path, entries: Any) -> None:
    """Write `entries` as JSON with one space of indent and a final newline (the same bytes every time)."""
    write_text(path, json.dumps(entries, indent=1) + "\n")
