"""The mirror of real meshes: a local folder checked file by file against the manifest.

The meshes themselves are never part of this repository: their licences differ, and some are unknown.
``open_meshes.csv`` says where each comes from, under which licence and how clear that is (`renderfit.datasets.licences`), and
which bytes are expected: of the file as a mirror holds it, already in the common frame, and, where it has a public address,
of the original and the matrix that brings it there.
"""

from __future__ import annotations

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderfit import paths
from renderfit.errors import DataError

VARIABLE = "RENDERFIT_MIRROR"
MANIFEST = Path(__file__).with_name("open_meshes.csv")
ORIGINALS = "originals"
"""Sub-folder of a mirror for files as their authors published them."""


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
    terms: str
    attribution: str
    frame: str
    url: str = ""
    url_bytes: int = 0
    url_sha256: str = ""
    matrix: str = ""

    @property
    def name(self) -> str:
        """Name of the instance."""
        return Path(self.file).stem

    @property
    def original(self) -> str:
        """Path of the original below a mirror; empty where it has no public address."""
        return f"{ORIGINALS}/{Path(self.file).with_suffix('')}{Path(self.url).suffix}" if self.url else ""

    def to_frame(self) -> NDArray[np.float64]:
        """Return the matrix (3, 4) that brings the original into the common frame [m]."""
        numbers = [float(number) for number in self.matrix.split()]
        return np.array(numbers).reshape(3, 4) if numbers else np.eye(3, 4)


@dataclass(frozen=True)
class Located:
    """A file of the mirror whose bytes are right, and the matrix (3, 4) into the common frame."""

    path: Path
    matrix: NDArray[np.float64]


def manifest() -> list[Entry]:
    """Return all entries, in the order of the file."""
    with MANIFEST.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [Entry(**{**row, "bytes": int(row["bytes"]), "url_bytes": int(row["url_bytes"] or 0)}) for row in rows]  # type: ignore[arg-type]


def base_url() -> str:
    """Return the address that `VARIABLE` holds, without a final slash; empty where it holds none."""
    named = os.environ.get(VARIABLE, "")
    return named.rstrip("/") if named.startswith(("http://", "https://")) else ""


def store() -> Path:
    """Return the folder that downloads go to: ``$RENDERFIT_MIRROR`` where that is a folder, else ``artifacts/mirror``."""
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named and not base_url() else paths.ARTIFACTS / "mirror"


def folder() -> Path | None:
    """Return the mirror's folder, or None where there is none.

    ``$RENDERFIT_MIRROR``, else what ``renderfit dataset download`` left in ``artifacts/mirror``, else
    ``../shared/data/open_meshes`` beside the root of the reproduction.
    """
    if store().is_dir():
        return store()
    beside = paths.ROOT.parent / "shared" / "data" / "open_meshes"
    return beside if beside.is_dir() and not os.environ.get(VARIABLE) else None


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
            f"{MANIFEST.name} (bottle/..., drill_pcd/...): set {VARIABLE} to it, fetch those with a public address by "
            "`renderfit dataset download`, or use dataset.source: default"
        )
    return found


def here(entry: Entry) -> bool:
    """Say whether the mirror holds a file or its original, whatever their bytes."""
    found = folder()
    return found is not None and ((found / entry.file).is_file() or bool(entry.url and (found / entry.original).is_file()))


def located(entry: Entry) -> Located:
    """Return where a mesh of the manifest is, after comparing its bytes with the manifest: in the common frame, else its original.

    Raises
    ------
    DataError
        If it is missing, truncated, or another file.
    """
    whole = required()
    if not (whole / entry.file).is_file() and entry.url and (whole / entry.original).is_file():
        return Located(compared(whole / entry.original, entry.url_bytes, entry.url_sha256), entry.to_frame())
    return Located(checked(entry), np.eye(3, 4))


def checked(entry: Entry) -> Path:
    """Return the path of a file of the mirror after comparing its bytes with the manifest.

    Raises
    ------
    DataError
        If it is missing, renamed, truncated, or another file.
    """
    path = required() / entry.file
    if not path.is_file():
        if other := renamed(entry):
            raise DataError(f"{other}: has the bytes of {entry.file}, which is missing; expected it under that name: rename it back")
        way = "or fetch it with `renderfit dataset download`" if entry.url else "it has no public address of its own"
        raise DataError(
            f"{path}: missing in the mirror ({VARIABLE}); expected {entry.bytes} bytes from {entry.origin} at {entry.revision[:12]}: "
            f"copy it there; {way}"
        )
    return compared(path, entry.bytes, entry.sha256)


def renamed(entry: Entry) -> Path | None:
    """Return the file of the mirror that has the bytes of a missing `entry` under a name that the manifest does not know."""
    whole = required()
    names = {whole / name for other in manifest() for name in (other.file, other.original) if name}
    strays = [path for path in sorted(whole.rglob("*")) if path not in names and path.is_file()]
    alike = [path for path in strays if path.stat().st_size in (entry.bytes, entry.url_bytes)]
    return next((path for path in alike if hashlib.sha256(path.read_bytes()).hexdigest() in (entry.sha256, entry.url_sha256)), None)


def compared(path: Path, size: int, sha256: str) -> Path:
    """Return `path` when its bytes are the expected ones.

    Raises
    ------
    DataError
        If the file is truncated, corrupted, or another file of the manifest under this name.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found == sha256 and len(content) == size:
        return path
    twin = next((other.file for other in manifest() if found in (other.sha256, other.url_sha256)), None)
    if twin:
        raise DataError(f"{path}: sha256 {found[:16]}; expected {sha256[:16]}: this is {twin}, swapped or renamed")
    if len(content) != size:
        raise DataError(f"{path}: {len(content)} bytes; expected {size}: truncated or another file: copy it again, or delete and fetch it")
    raise DataError(f"{path}: sha256 {found[:16]}; expected {sha256[:16]}: corrupted: copy it again, or delete and fetch it")


def fingerprint() -> dict[str, str]:
    """Return file -> sha256 of what the mirror holds of the manifest, as it is; empty without a mirror."""
    found = folder()
    if found is None:
        return {}
    names = [name for entry in manifest() for name in (entry.file, entry.original) if name]
    return {name: hashlib.sha256((found / name).read_bytes()).hexdigest() for name in names if (found / name).is_file()}
