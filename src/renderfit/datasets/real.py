"""Real objects of the mirror: bottles, drills, cameras as meshes; the released drill clouds of the CLS authors."""

from __future__ import annotations

import logging
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

_log = logging.getLogger(__name__)

CLOUDS = "drill_pcd"
MESHES = ("bottle", "camera", "drill")
"""Categories of the manifest with enough meshes for a shape space."""


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
        if mirror.here(entry):
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
        found = mirror.located(self._entries[category, name])
        stored = load_mesh(found.path)
        matrix = torch.from_numpy(found.matrix)
        mesh = stored.with_vertices(stored.vertices.double() @ matrix[:, :3].T + matrix[:, 3])
        require_metres(mesh, str(found.path))
        return mesh

    def names(self, category: str) -> list[str]:
        """Return the instances of a category that the mirror holds."""
        return [name for (kind, name), entry in self._entries.items() if kind == category and mirror.here(entry)]

    def _complete(self, category: str) -> None:
        """Say which files of a category the mirror lacks; refuse those that lie there under another name."""
        lacking = [entry for (kind, _), entry in self._entries.items() if kind == category and not mirror.here(entry)]
        for entry in lacking:
            if mirror.renamed(entry):
                mirror.checked(entry)  # names both
        if lacking:
            listed = ", ".join(entry.file for entry in lacking)
            _log.warning("%s lacks %d files of the manifest: %s; roles are chosen without them", self.origin, len(lacking), listed)

    def splits(self) -> dict[str, Split]:
        """Return the split of every category that has enough instances in the mirror; the others are left out with a line in the log.

        Raises
        ------
        DataError
            If the mirror holds enough of no category, or a file of it is not the one of the manifest.
        """
        found = {}
        for category in MESHES:
            self._complete(category)
            meshes = {name: self.mesh(category, name) for name in self.names(category)}
            if len(meshes) < FEWEST:
                _log.warning("%s: %d of category %s; expected at least %d", self.origin, len(meshes), category, FEWEST)
                continue
            one_unit(category, meshes, self.origin)
            found[category] = choose(category, meshes, self.origin)
        if not found:
            raise DataError(f"{self.origin}: not enough meshes of {', '.join(MESHES)}; expected the files of {mirror.MANIFEST.name}")
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
        points, _ = load_cloud(mirror.located(self._entries[name]).path)
        return Mesh(torch.as_tensor(points), torch.zeros((0, 3), dtype=torch.int64))

    def mesh(self, category: str, name: str) -> Mesh:
        """Return the reconstructed surface of a cloud (see `renderfit.datasets.reconstruct`)."""
        if category != self.CATEGORY:
            raise DataError(f"the released clouds are drills; no category {category}: set dataset.categories to [drill]")
        return reconstruct(*load_cloud(mirror.located(self._entries[name]).path))

    def splits(self) -> dict[str, Split]:
        """Return the published split: 11 training and 3 test instances."""
        train = {name: self.cloud(name) for name, entry in self._entries.items() if entry.role == "train"}
        central = choose(self.CATEGORY, train, self.origin)
        names = [name for name in train if name != central.canonical]
        tests = [name for name, entry in self._entries.items() if entry.role == "test"]
        if len(train) + len(tests) < FEWEST:
            raise DataError(f"{self.origin}: {len(train)} training and {len(tests)} test clouds; expected 11 and 3")
        return {self.CATEGORY: Split(central.canonical, tuple(names), {f"t{k + 1}": name for k, name in enumerate(sorted(tests))})}
