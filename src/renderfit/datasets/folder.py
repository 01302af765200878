"""A folder of anybody's meshes: ``<folder>/<category>/<name>.<ply|obj|stl|off|glb>``, and DeepCPD's data set in that layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from renderfit.datasets.roles import choose
from renderfit.datasets.split import FEWEST, Split, check, load_split
from renderfit.errors import DataError
from renderfit.geometry.io import load_mesh, require_metres
from renderfit.geometry.mesh import Mesh

FORMATS = (".ply", ".obj", ".stl", ".off", ".glb", ".gltf")
UNLIKE = 8.0
"""An instance this many times longer or shorter than its category's median has another unit."""


class Folder:
    """Meshes in metres, one frame per category (z up, front +y, base at z = 0).

    Parameters
    ----------
    folder : Path
        One sub-folder a category. An optional ``split.json`` in it gives the roles; otherwise they are
        chosen by shape (`renderfit.datasets.roles.choose`).

    Raises
    ------
    DataError
        If the folder is missing or holds no category.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = str(folder)
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; dataset.source takes default, open, drills, deepcpd or a folder of meshes")
        self.files = {
            place.name: {path.stem: path for path in sorted(place.iterdir()) if path.suffix.lower() in FORMATS}
            for place in sorted(folder.iterdir())
            if place.is_dir() and not place.name.startswith(".")
        }
        self.files = {category: files for category, files in self.files.items() if files}
        if not self.files:
            raise DataError(f"{folder}: no meshes in it; expected <category>/<name> with one of {', '.join(FORMATS)}")

    def mesh(self, category: str, name: str) -> Mesh:
        """Read one instance and check its unit."""
        path = self.files[category][name]
        mesh = load_mesh(path)
        if not len(mesh.faces):
            raise DataError(f"{path}: a point cloud without faces; expected a mesh (clouds: dataset.source drills)")
        require_metres(mesh, str(path))
        return mesh

    def splits(self) -> dict[str, Split]:
        """Return category -> split: as ``split.json`` says, else chosen by shape."""
        stored = self.folder / "split.json"
        if stored.is_file():
            found = load_split(stored)
            for category, split in found.items():
                missing = sorted(set(split.names()) - set(self.files.get(category, {})))
                if missing:
                    raise DataError(
                        f"{stored}: category {category} names {', '.join(missing)}; expected a mesh each in {self.folder / category}"
                    )
            return found
        return {category: self.chosen(category) for category in self.files}

    def chosen(self, category: str) -> Split:
        """Check all instances of a category and choose their roles by shape."""
        names = list(self.files[category])
        if len(names) < FEWEST:
            check(category, Split(names[0], tuple(names[1:]), {}), self.origin)
        meshes = {name: self.mesh(category, name) for name in names}
        one_unit(category, meshes, self.origin)
        return choose(category, meshes, self.origin)


def one_unit(category: str, meshes: dict[str, Mesh], origin: str) -> None:
    """Raise `DataError` when an instance's size betrays another unit than that of the others."""
    sizes = {name: mesh.diagonal() for name, mesh in meshes.items()}
    middle = float(np.median(list(sizes.values())))
    for name, size in sizes.items():
        if not middle / UNLIKE < size < middle * UNLIKE:
            raise DataError(
                f"{origin}: {category}/{name} measures {size:.4g} m, the median of its category {middle:.4g} m; expected one unit: "
                f"scale it by {middle / size:.2g} or remove it; `renderfit dataset align` finds units and axes"
            )


class DeepCPD(Folder):
    """The data set of DeepCPD, for those who have it: bottle, camera, drill and spray in the layout of `Folder`.

    It was never published; ask the authors of Rodriguez, Huber and Behnke, *Category-level 3D non-rigid
    registration from single-view RGB images* (IROS 2020).
    """

    CATEGORIES = ("bottle", "camera", "drill", "spray")

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(
                f"{folder}: the DeepCPD data set is not there; it is not public: ask the authors of DeepCPD (Rodriguez, Huber, Behnke, "
                "IROS 2020), put it there as <category>/<name>.ply with split.json, metres, z up, front +y; or use another dataset.source"
            )
        super().__init__(folder)
        missing = [category for category in self.CATEGORIES if category not in self.files]
        if missing:
            raise DataError(f"{folder}: no category {', '.join(missing)}; expected {', '.join(self.CATEGORIES)}, one folder each")
        if not (folder / "split.json").is_file():
            raise DataError(
                f"{folder}: no split.json; expected the canonical, training and two test instances of the paper for each category"
            )
