"""Meshes below a folder, by category: nested folders, any spelling of suffixes, names that files and pages can carry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from renderfit.datasets.split import FEWEST

FORMATS = (".ply", ".obj", ".stl", ".off", ".glb", ".gltf")
UNREAD = (".fbx", ".blend", ".dae", ".3ds", ".usd", ".usdz", ".usda", ".usdc", ".vtk", ".step", ".stp", ".iges", ".igs", ".wrl", ".x3d",
          ".3mf", ".pcd", ".xyz", ".max", ".c4d", ".skp")  # fmt: skip
"""Shapes in formats that are not read: listed as rejected, never passed over in silence."""


def discover(folder: Path) -> dict[str, dict[str, Path]]:
    """Return category -> name -> file for all shapes below `folder`, those in formats that are not read among them.

    A sub-folder is a category; a folder that holds meshes itself, or one sub-folder for each single mesh, is one category.
    Names are paths below the category's folder; where all files are called the same (``a/model.obj``, ``b/model.obj``)
    the folders give the names.
    """
    own = [path for path in _shapes(folder) if path.parent == folder]
    below = {place.name: list(_shapes(place)) for place in sorted(folder.iterdir()) if place.is_dir() and not _hidden(place)}
    below = {category: found for category, found in below.items() if found}
    one_each = len(below) >= FEWEST and all(len(found) == 1 for found in below.values())
    if own or one_each:
        found = own + [path for paths in below.values() for path in paths]
        return {clean(folder.resolve().name): named(found, folder)}
    return {clean(category): named(found, folder / category) for category, found in below.items()}


def named(files: list[Path], folder: Path) -> dict[str, Path]:
    """Return a distinct name for each file below `folder`."""
    stems = {path.stem.lower() for path in files}
    parents = {path.parent for path in files}
    by_folder = len(files) > 1 and len(stems) == 1 and len(parents) == len(files) and folder not in parents
    found: dict[str, Path] = {}
    for path in files:
        parts = path.relative_to(folder).parts[:-1] if by_folder else path.relative_to(folder).with_suffix("").parts
        name = clean("-".join(parts))
        if name in found:
            name = f"{name}-{path.suffix[1:].lower()}"
        number = 2
        while name in found:
            name, number = f"{name}-{number}", number + 1
        found[name] = path
    return found


def clean(name: str) -> str:
    """Return a name without blanks and characters that paths, pages or shells take for something else; letters of any script stay."""
    return re.sub(r"[^\w.+-]+", "_", unicodedata.normalize("NFC", name)).strip("._-") or "mesh"


def _shapes(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        if path.suffix.lower() in FORMATS + UNREAD and path.is_file() and not any(_hidden(Path(part)) for part in inner):
            yield path


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "__"))
