"""Meshes below a folder, by category: nested folders, any spelling of suffixes, names that files and pages can carry."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from renderfit.datasets.split import FEWEST

_log = logging.getLogger(__name__)

LONGEST = 120
"""Bytes of a name."""
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
    """Return a name without blanks and characters that paths, pages or shells take for something else; letters of any script stay.

    Of a very long one only the end stays, for file systems hold so much.
    """
    text = re.sub(r"[^\w.+-]+", "_", unicodedata.normalize("NFC", name)).strip("._-") or "mesh"
    return text.encode()[-LONGEST:].decode(errors="ignore")


def _shapes(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield what is named like a shape below `folder`, in order; links to folders are followed, but never in a circle."""
    real = folder.resolve()
    if real in above:
        _log.warning("%s is a link to a folder it lies in: not followed", folder)
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as problem:
        _log.warning("%s cannot be read and is left out: %s", folder, problem.strerror)
        return
    for path in entries:
        if _hidden(path):
            continue
        if path.is_dir():
            yield from _shapes(path, above | {real})
        elif path.suffix.lower() in FORMATS + UNREAD:
            yield path


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "__"))
