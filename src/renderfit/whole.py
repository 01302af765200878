"""Write results whole or not at all: beside their place first, moved there when complete.

A temporary file is named after its target and the process that writes it, so that processes at work
at the same time do not take each other's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from renderfit.errors import DataError

LONGEST = 200
"""Bytes of a name that temporary files take over as it is."""
BEGUN = 40
"""Characters of a name that is too long which a message repeats."""


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield the name of a temporary file beside `path`, with its suffix, that takes its place when the block succeeds.

    A block that fails leaves `path` as it was and no temporary file. Folders above `path` are made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(f"{folder}/made/numbers.txt") as part:
    ...         written = part.write_text("1 2 3")
    ...     [path.name for path in Path(folder, "made").iterdir()]
    ['numbers.txt']
    """
    path = Path(path)
    with _moved(path, path.with_name(f".{_short(path.stem)}.{os.getpid()}.part{path.suffix}")) as part:
        yield part


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder ``<name>.part`` that takes the place of `folder` when the block succeeds.

    A block that fails or is killed leaves no `folder` behind that could pass for a result. One process at a time: stages hold
    the lock of their root.
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


def require_folder(folder: Path) -> None:
    """Raise `DataError` when no folder can be made there, by its name or for what is in the way: better before long work than after."""
    require_name(folder)
    place = folder.absolute()
    above = next(one for one in (place, *place.parents) if os.path.lexists(one))
    if not above.is_dir():
        kind = "a file" if above.exists() else "a link to nothing"
        raise DataError(f"{folder}: {above} is {kind}; expected a folder to write into: name another place")


def require_name(path: Path) -> None:
    """Raise `DataError` when a file system cannot hold the name: longer than it takes, in one part or altogether."""
    place = path.absolute()
    above = next(one for one in (place, *place.parents) if os.path.isdir(one))  # noqa: PTH112 - Path.is_dir raises for such names
    most, whole = os.pathconf(above, "PC_NAME_MAX"), os.pathconf(above, "PC_PATH_MAX")
    longest = max((os.fsencode(part) for part in place.parts), key=len)
    if len(longest) > most:
        raise DataError(f"{_begun(longest)}: a name of {len(longest)} bytes; expected at most {most}, which is what fits here: shorten it")
    if len(os.fsencode(place)) >= whole:
        raise DataError(
            f"{_begun(os.fsencode(place))}: a path of {len(os.fsencode(place))} bytes; expected fewer than {whole}: name a place higher up"
        )


def require_apart(out: Path, inputs: Iterable[Path], *, below: bool = False) -> None:
    """Raise `DataError` when results at `out` would go into a folder, or replace a file, that they are made from.

    With `below`, a folder for results may lie in one of `inputs`: whoever reads that looks at its own files only.
    """
    place = out.resolve()
    for one in inputs:
        if place == one.resolve() or (not below and place.is_relative_to(one.resolve())):
            raise DataError(
                f"{out}: {'is' if place == one.resolve() else 'lies in'} the input {one}; expected another place for results: name one"
            )


def _begun(name: bytes) -> str:
    """Return how a long name begins."""
    return f"{os.fsdecode(name)[:BEGUN]}..."


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` (UTF-8), which appears only when it is complete."""
    name = f".{_short(path.name)}.{os.getpid()}.part"  # without the suffix: folders are searched for *.json
    with _moved(path, path.with_name(name)) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: Path, entries: Any, *, sort_keys: bool = False) -> None:
    """Write `entries` as JSON with one space of indent and a final newline (the same bytes every time)."""
    write_text(path, json.dumps(entries, indent=1, sort_keys=sort_keys) + "\n")


def _short(name: str) -> str:
    """Return a name that leaves room for what a temporary file's name has besides: file systems take 255 bytes."""
    whole = os.fsencode(name)
    return name if len(whole) <= LONGEST else hashlib.sha256(whole).hexdigest()


@contextlib.contextmanager
def _moved(path: Path, part: Path) -> Iterator[Path]:
    """Yield `part`, which becomes `path` or is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
