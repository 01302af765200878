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

LARGEST_FILE = 500_000_000
"""Bytes that are read at most."""
MANY_FACES = 500_000
"""Faces from which the report says that the mesh is large."""
FLAT = 0.002
"""Shortest over longest side below which a mesh is a sheet and no object."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A readable mesh as it came, in the unit and the frame of its file, and what was noticed."""

    path: Path
    mesh: Mesh
    notes: tuple[str, ...]

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
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise DataError(f"{path.name}: {size} bytes; expected 1 to {LARGEST_FILE}{': the file is empty' if not size else ': thin it out'}")
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
    if mesh.volume() < 0:
        mesh = Mesh(mesh.vertices, mesh.faces.flip(1), mesh.colors)
        notes.append("inside out: faces turned round")
    if len(kept) > MANY_FACES:
        notes.append(f"{len(kept)} faces: the stage watertight will take its time")
    return Candidate(path, mesh, tuple(notes))
