"""The mirror of real meshes: a local folder named by ``RENDERFIT_MIRROR``, checked file by file against the manifest.

The meshes themselves are never part of this repository: their licences differ, and some are unknown.
``open_meshes.csv`` says where each comes from, under which licence, and which bytes are expected.
"""

from __future__ import annotations

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from renderfit import paths
from renderfit.errors import DataError

VARIABLE = "RENDERFIT_MIRROR"
MANIFEST = Path(__file__).with_name("open_meshes.csv")


@dataclass(frozen=True)
class Entry:
    """One file of the manifest: where it belongs, what it must be, whose it is."""

    file: str
    category: str
    role: str
    bytes: int
    sha256: str
    origin: str
    revision: str
    licence: str
    frame: str

    @property
    def name(self) -> str:
        """Name of the instance."""
        return Path(self.file).stem


def manifest() -> list[Entry]:
    """Return all entries, in the order of the file."""
    with MANIFEST.open(newline="") as stream:
        return [Entry(**{**row, "bytes": int(row["bytes"])}) for row in csv.DictReader(stream)]  # type: ignore[arg-type]


def folder() -> Path | None:
    """Return the mirror's folder, or None where there is none.

    ``$RENDERFIT_MIRROR``, else ``../shared/data/open_meshes`` beside the root of the reproduction.
    """
    named = os.environ.get(VARIABLE)
    found = Path(named) if named else paths.ROOT.parent / "shared" / "data" / "open_meshes"
    return found if found.is_dir() else None


def required() -> Path:
    """Return the mirror's folder.

    Raises
    ------
    DataError
        If there is none: the message names the variable.
    """
    found = folder()
    if found is None:
        raise DataError(
            f"no mirror of real meshes: {VARIABLE} is {os.environ.get(VARIABLE, 'not set')!r}; expected a folder with the files of "
            f"{MANIFEST.name} (bottle/..., drill_pcd/...): set {VARIABLE} to it, or use dataset.source: default"
        )
    return found


def checked(entry: Entry) -> Path:
    """Return the path of a file of the mirror after comparing its bytes with the manifest.

    Raises
    ------
    DataError
        If it is missing, truncated, or another file.
    """
    path = required() / entry.file
    if not path.is_file():
        raise DataError(
            f"{path}: missing in the mirror; expected {entry.bytes} bytes from {entry.origin} at {entry.revision[:12]}: copy it there"
        )
    content = path.read_bytes()
    if len(content) != entry.bytes:
        raise DataError(f"{path}: {len(content)} bytes; expected {entry.bytes}: truncated or another file, copy it again")
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        twin = next((other.file for other in manifest() if other.sha256 == found), None)
        raise DataError(
            f"{path}: sha256 {found[:16]}; expected {entry.sha256[:16]}: {f'this is {twin}, swapped or renamed' if twin else 'corrupted'}"
        )
    return path
