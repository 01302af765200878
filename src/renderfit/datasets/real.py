"""Real objects of the mirror: bottles, drills, cameras as meshes; the released drill clouds of the CLS authors."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from renderfit.datasets import mirror
from renderfit.datasets.folder import one_unit
from renderfit.datasets.reconstruct import load_cloud, reconstruct
from renderfit.datasets.roles import choose
from renderfit.datasets.split import FEWEST, Split
from renderfit.errors import DataError
from renderfit.geometry.io import load_mesh, require_metres
from renderfit.geometry.mesh import Mesh

CLOUDS = "drill_pcd"
MESHES = ("bottle", "camera", "drill")
"""Categories of the manifest with at least three meshes."""


@dataclass(frozen=True)
class Presence:
    """Whether real objects are at hand, in words for a page."""

    present: bool
    text: str
    categories: dict[str, int]


def presence() -> Presence:
    """Say plainly whether the mirror is there and how many instances of each category it holds."""
    folder = mirror.folder()
    if folder is None:
        return Presence(
            False, f"No mirror of real meshes here: set {mirror.VARIABLE} to a folder with the files of {mirror.MANIFEST.name}.", {}
        )
    counts: dict[str, int] = {}
    for entry in mirror.manifest():
        if (folder / entry.file).is_file():
            counts[entry.category] = counts.get(entry.category, 0) + 1
    listed = ", ".join(f"{count} of {category}" for category, count in counts.items())
    return Presence(bool(counts), f"Real objects in the mirror: {listed}." if counts else "The mirror of real meshes is empty.", counts)


class Open:
    """``dataset.source: open``: real meshes as published, roles chosen by shape alone."""

    def __init__(self) -> None:
        self.origin = str(mirror.required())
        self._entries = {(entry.category, entry.name): entry for entry in mirror.manifest() if entry.category in (*MESHES, "spray")}

    def mesh(self, category: str, name: str) -> Mesh:
        """Read one mesh after checking its bytes; metres, z up, front +y, base at z = 0."""
        path = mirror.checked(self._entries[category, name])
        mesh = load_mesh(path)
        require_metres(mesh, str(path))
        return mesh

    def splits(self) -> dict[str, Split]:
        """Return the split of every category that has at least three instances."""
        found = {}
        for category in MESHES:
            meshes = {name: self.mesh(category, name) for wanted, name in self._entries if wanted == category}
            one_unit(category, meshes, self.origin)
            found[category] = choose(category, meshes, self.origin)
        return found


class Drills:
    """``dataset.source: drills``: the 14 released clouds (11 training, 3 test), surfaces reconstructed.

    The canonical is the most central training cloud; the authors do not name theirs.
    """

    CATEGORY = "drill"

    def __init__(self) -> None:
        self.origin = str(mirror.required())
        self._entries = {entry.name: entry for entry in mirror.manifest() if entry.category == CLOUDS}

    def cloud(self, name: str) -> Mesh:
        """Return the points of an instance as published: a mesh without faces [m]."""
        points, _ = load_cloud(mirror.checked(self._entries[name]))
        return Mesh(torch.as_tensor(points), torch.zeros((0, 3), dtype=torch.int64))

    def mesh(self, category: str, name: str) -> Mesh:
        """Return the reconstructed surface of a cloud (see `renderfit.datasets.reconstruct`)."""
        if category != self.CATEGORY:
            raise DataError(f"the released clouds are drills; no category {category}: set dataset.categories to [drill]")
        return reconstruct(*load_cloud(mirror.checked(self._entries[name])))

    def splits(self) -> dict[str, Split]:
        """Return the published split: 11 training and 3 test instances."""
        train = {name: self.cloud(name) for name, entry in self._entries.items() if entry.role == "train"}
        central = choose(self.CATEGORY, train, self.origin)
        names = [name for name in train if name != central.canonical]
        tests = [name for name, entry in self._entries.items() if entry.role == "test"]
        if len(train) + len(tests) < FEWEST:
            raise DataError(f"{self.origin}: {len(train)} training and {len(tests)} test clouds; expected 11 and 3")
        return {self.CATEGORY: Split(central.canonical, tuple(names), {f"t{k + 1}": name for k, name in enumerate(sorted(tests))})}
