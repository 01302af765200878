"""One mesh of unknown origin: read, cleaned of what has no area, or refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from renderfit.datasets.discover import FORMATS
from renderfit.errors import DataError
from renderfit.geometry.io import load_mesh
from renderfit.geometry.mesh import Mesh
from renderfit.geometry.sampling import sample_surface

LARGEST_FILE = 500_000_000
"""Bytes that are read at most."""
MANY_FACES = 500_000
"""Faces from which the report says that the mesh is large."""
BEGINNINGS = {
    b"ply": ".ply", b"gltf": ".glb", b"off\n": ".off", b"off\r": ".off", b"off ": ".off", b"coff": ".off", b"solid": ".stl",
    b"mtllib": ".obj", b"v ": ".obj",
    b"version https://git-lfs": "a pointer of Git LFS in place of the file (`git lfs pull` fetches it)",
    b"<!doctype html": "a web page, so the download failed", b"<html": "a web page, so the download failed",
    b"pk\x03\x04": "a ZIP archive: unpack it", b"\x89png": "a picture", b"\xff\xd8\xff": "a picture",
}  # fmt: skip
"""How files begin (small letters) -> the suffix they should have, or what they are."""
SLAB, WIDER = 0.08, 1.8
"""Part of an extent that is looked at for a floor, and how many times as wide as the rest it is then."""
FLAT = 0.002
"""Shortest over longest side below which a mesh is a sheet and no object."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A readable mesh as it came, in the unit and the frame of its file, and what was noticed."""

    path: Path
    mesh: Mesh
    notes: tuple[str, ...]
    floor: str = ""
    """What looks like a floor under the object; empty: nothing."""
    end: str = ""
    """The end where it lies: -z, y, ..."""

    @property
    def longest(self) -> float:
        """Longest side of the bounding box, in the file's unit."""
        low, high = self.mesh.bounds()
        return float((high - low).max())

    def signature(self) -> tuple[float, ...]:
        """Return numbers that two copies of a mesh share, whatever their unit, orientation and format."""
        vertices, faces = self.mesh.numpy()
        distinct = np.unique(vertices, axis=0)
        centred = distinct - distinct.mean(axis=0)
        distances = np.linalg.norm(centred, axis=1)
        radius = max(float(np.sqrt((distances**2).mean())), 1e-300)
        spread = np.linalg.svd(centred, compute_uv=False) / (radius * np.sqrt(len(distinct)))
        area = float(self.mesh.face_areas().sum()) / radius**2
        relative = np.concatenate([np.quantile(distances, np.linspace(0, 1, 9)) / radius, spread, [area]])
        return (float(len(distinct)), float(len(faces)), *(float(value) for value in relative.round(3)))


def _floor(mesh: Mesh) -> str | None:
    """Return the axis at whose end a thin slab is much wider than all else; None if there is none."""
    points = sample_surface(mesh, 2000)
    low, high = points.min(axis=0), points.max(axis=0)
    for axis in range(3):
        across = np.delete(high - low, axis)
        for sign, end in (("-", low[axis]), ("+", high[axis])):
            rest = np.delete(points[np.abs(points[:, axis] - end) > SLAB * (high - low)[axis]], axis, axis=1)
            if len(rest) and (WIDER * np.ptp(rest, axis=0) < across).all():
                return f"{sign}{'xyz'[axis]}"
    return None


def _content(path: Path) -> str | None:
    """Return what the first bytes of a file are, as a suffix or in words; None if they say nothing."""
    with path.open("rb") as stream:
        head = stream.read(200)
    if len(head) > 84 and path.stat().st_size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return ".stl"  # binary: its header may say anything
    head = head.lstrip()
    return next((kind for begin, kind in BEGINNINGS.items() if head.lower().startswith(begin)), None)


def _require_content(path: Path) -> None:
    """Refuse a file whose bytes are those of another format than its name says, or of no mesh at all."""
    found = _content(path)
    if found is None or found == path.suffix.lower():
        return
    if found.startswith("."):
        raise DataError(f"{path.name}: its bytes are those of a {found} file; expected what {path.suffix} says: rename it")
    raise DataError(f"{path.name}: {found}; expected a mesh")


def read(path: Path) -> Candidate:
    """Read one mesh.

    Raises
    ------
    DataError
        If the file is empty, unreadable, too large, in a format that is not read, without faces, without volume, or has a
        vertex that is not a finite number.
    """
    if path.suffix.lower() not in FORMATS:
        raise DataError(f"{path.name}: {path.suffix} is not read; expected {', '.join(FORMATS)}: convert it")
    if not path.is_file():
        what = f"a link to {path.readlink()}, where there is no file" if path.is_symlink() else "no regular file"
        raise DataError(f"{path.name}: {what}; expected a mesh")
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise DataError(f"{path.name}: {size} bytes; expected 1 to {LARGEST_FILE}{': the file is empty' if not size else ': thin it out'}")
    try:
        _require_content(path)
    except OSError as problem:
        raise DataError(f"{path.name}: {problem.strerror}; expected a file that can be read: give yourself the right to") from problem
    mesh = load_mesh(path)
    if not len(mesh.faces):
        raise DataError(f"{path.name}: {len(mesh.vertices)} points without faces; expected a mesh: reconstruct its surface")
    notes = []
    vertices, faces = mesh.numpy()
    areas = mesh.face_areas().numpy()
    kept = faces[areas > 1e-14 * float(areas.max(initial=0.0))] if areas.max(initial=0.0) > 0 else faces[:0]
    if len(kept) < len(faces):
        notes.append(f"{len(faces) - len(kept)} faces without area left out")
    if len(kept) < 4:
        raise DataError(f"{path.name}: {len(kept)} faces with an area; expected an object of at least 4")
    used, renumbered = np.unique(kept, return_inverse=True)
    colors = None if mesh.colors is None else mesh.colors[torch.from_numpy(used)]
    mesh = Mesh(torch.from_numpy(vertices[used]), torch.from_numpy(renumbered.reshape(-1, 3)), colors)
    sides = np.ptp(vertices[used], axis=0)
    if sides.min() < FLAT * sides.max():
        raise DataError(f"{path.name}: {' x '.join(f'{side:.4g}' for side in sides)}: a flat sheet; expected an object with a volume")
    end = _floor(mesh)
    floor = f"what lies at its {end} end is more than {WIDER:g} times as wide as the rest: a floor or a stand? remove it" if end else ""
    if floor:
        notes.append(floor)
    if mesh.volume() < 0:
        mesh = Mesh(mesh.vertices, mesh.faces.flip(1), mesh.colors)
        notes.append("inside out: faces turned round")
    if len(kept) > MANY_FACES:
        notes.append(f"{len(kept)} faces: the stage watertight will take its time")
    return Candidate(path, mesh, tuple(notes), floor, (end or "").removeprefix("+"))
