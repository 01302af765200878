"""Where the meshes come from: ``dataset.source`` of params.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from renderfit import paths
from renderfit.datasets.folder import DeepCPD, Folder
from renderfit.datasets.real import Drills, Open
from renderfit.datasets.recipes import SPLIT, build_recipe
from renderfit.datasets.split import Split, load_split
from renderfit.errors import DataError
from renderfit.geometry.io import require_metres
from renderfit.geometry.mesh import Mesh

NAMED = ("default", "open", "drills", "deepcpd")
"""Values of ``dataset.source`` that are no path."""


class Source(Protocol):
    """A data set: names of instances by role, and their meshes in the common frame [m]."""

    origin: str

    def splits(self) -> dict[str, Split]:
        """Return category -> split."""

    def mesh(self, category: str, name: str) -> Mesh:
        """Return one instance as it is, not watertight."""


class Recipes:
    """The embedded data set, imported by data.dvc."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = str(folder)
        if not (folder / SPLIT).is_file():
            raise DataError(f"{folder}: no {SPLIT}; expected the recipes of the embedded data set: fetch them with `dvc repro data.dvc`")

    def splits(self) -> dict[str, Split]:
        """Return category -> split."""
        return load_split(self.folder / SPLIT)

    def mesh(self, category: str, name: str) -> Mesh:
        """Build one object from its recipe."""
        mesh = build_recipe(self.folder / category / f"{name}.json")
        require_metres(mesh, f"{category}/{name}")
        return mesh


def named(source: str) -> Source:
    """Return the data set that ``dataset.source`` names.

    Parameters
    ----------
    source : str
        default, open, drills, deepcpd, or the path of a folder of meshes (relative to the root, or from ``~``).

    Raises
    ------
    DataError
        If the data set is not there, or not what it should be; the message says where it is looked for.
    """
    if source == "default":
        return Recipes(paths.DATA)
    if source == "open":
        return Open()
    if source == "drills":
        return Drills()
    if source == "deepcpd":
        return DeepCPD(Path(os.environ.get("RENDERFIT_DEEPCPD", paths.ROOT / "deepcpd")))
    return Folder((paths.ROOT / Path(source).expanduser()).resolve())
