"""Real objects of the mirror: bottles, drills, cameras as meshes; the released drill clouds of the CLS authors."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

import torch

from renderfit.datasets import mirror
from renderfit.datasets.folder import one_unit
from renderfit.datasets.licences import POLICIES, allowed, barred, policy
from renderfit.datasets.reconstruct import load_cloud, reconstruct
from renderfit.datasets.roles import choose, cloud_of
from renderfit.datasets.split import FEWEST, FEWEST_TRAINED, Split
from renderfit.errors import DataError
from renderfit.geometry.io import load_mesh, require_metres
from renderfit.geometry.mesh import Mesh
from renderfit.shapes.inspection import complaint_about

_log = logging.getLogger(__name__)

CLOUDS = "drill_pcd"
MESHES = ("bottle", "camera", "drill")
"""Categories of the manifest with enough meshes for a shape space, if all licences will do."""


class Open:
    """``dataset.source: open``: real meshes as published, roles chosen by shape alone.

    Parameters
    ----------
    licence : str, optional
        "clear", "stated" or "any" (`renderfit.datasets.licences`); default: ``dataset.licence``.

    Raises
    ------
    DataError
        If there is no mirror.
    ConfigError
        If there is no such policy.
    """

    def __init__(self, licence: str | None = None) -> None:
        self.licence = policy(licence)
        self.origin = str(mirror.required())
        entries = [entry for entry in mirror.manifest() if entry.category in (*MESHES, "spray")]
        self._entries = {(entry.category, entry.name): entry for entry in allowed(entries, self.licence)}
        self._barred = barred(entries, self.licence)

    def mesh(self, category: str, name: str) -> Mesh:
        """Read one mesh after checking its bytes; metres, z up, front +y, base at z = 0.

        Raises
        ------
        DataError
            If its bytes are not those of the manifest, the policy on licences keeps it out, or there is no such mesh.
        """
        if (category, name) not in self._entries:
            out = next((one for one in self._barred if (one.category, one.name) == (category, name)), None)
            why = f"kept out by its licence ({out.licence}); set dataset.licence to any" if out else "not in the manifest"
            raise DataError(f"{self.origin}: {category}/{name} is {why}")
        found = mirror.located(self._entries[category, name])
        stored = load_mesh(found.path)
        matrix = torch.from_numpy(found.matrix)
        mesh = stored.with_vertices(stored.vertices.double() @ matrix[:, :3].T + matrix[:, 3])
        require_metres(mesh, str(found.path))
        return mesh

    def names(self, category: str) -> list[str]:
        """Return the instances of a category that the mirror holds."""
        return [name for (kind, name), entry in self._entries.items() if kind == category and mirror.here(entry)]

    def listed(self, category: str) -> list[str]:
        """Return the instances of a category that the policy on licences lets in, in the mirror or not."""
        return [name for kind, name in self._entries if kind == category]

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
        if out := [entry.file for entry in self._barred if entry.category in MESHES and mirror.here(entry)]:
            _log.warning("%d meshes are not used for their licences (dataset.licence: %s): %s", len(out), self.licence, ", ".join(out))
        for category in MESHES:
            self._complete(category)
            meshes = {name: self.mesh(category, name) for name in self.names(category)}
            if len(meshes) < FEWEST:
                _log.warning("%s: %d of category %s; expected at least %d", self.origin, len(meshes), category, FEWEST)
                continue
            one_unit(category, meshes, self.origin)
            split = acceptable(choose(category, meshes, self.origin), meshes)
            if len(split.train) < FEWEST_TRAINED:
                _log.warning("%s: category %s has too few meshes like %s to train on", self.origin, category, split.canonical)
                continue
            found[category] = split
        if not found:
            raise DataError(
                f"{self.origin}: not enough meshes of {', '.join(MESHES)}; expected the files of {mirror.MANIFEST.name} "
                f"whose licence is {' or '.join(POLICIES[self.licence])} (dataset.licence: {self.licence})"
            )
        return found


def acceptable(split: Split, meshes: Mapping[str, Mesh]) -> Split:
    """Return the split as a shape space of its canonical accepts it.

    The frames of the manifest are known, so an object that looks turned beside the canonical is right and only too unlike
    it to train on: it changes places with a test object that is not, or is left out with a line in the log.
    """
    middle = cloud_of(meshes[split.canonical])
    odd = {name for name in split.names() if name != split.canonical and complaint_about(cloud_of(meshes[name]), middle)}
    train, test = list(split.train), dict(split.test)
    for name in [name for name in train if name in odd]:
        slot = next((slot for slot, other in test.items() if other not in odd), None)
        if slot is None:
            _log.warning("%s is left out: too unlike %s to train on", name, split.canonical)
            train.remove(name)
        else:
            train[train.index(name)], test[slot] = test[slot], name
    return Split(split.canonical, tuple(train), test)


class Drills:
    """``dataset.source: drills``: the 14 released clouds (11 training, 3 test), surfaces reconstructed.

    The canonical is the most central training cloud; the authors do not name theirs.

    Parameters
    ----------
    without : collection of str
        Clouds to do without.
    """

    CATEGORY = "drill"

    def __init__(self, without: Collection[str] = ()) -> None:
        self.origin = str(mirror.required())
        self._entries = {entry.name: entry for entry in mirror.manifest() if entry.category == CLOUDS and entry.name not in without}

    def names(self) -> list[str]:
        """Return the clouds of the manifest, in the mirror or not."""
        return list(self._entries)

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
        """Return the published split: 11 training and 3 test instances, less what there is none of."""
        train = {name: self.cloud(name) for name, entry in self._entries.items() if entry.role == "train"}
        central = choose(self.CATEGORY, train, self.origin)
        names = [name for name in train if name != central.canonical]
        tests = [name for name, entry in self._entries.items() if entry.role == "test"]
        if not tests or len(train) + len(tests) < FEWEST:
            raise DataError(f"{self.origin}: {len(train)} training and {len(tests)} test clouds; expected 11 and 3")
        return {self.CATEGORY: Split(central.canonical, tuple(names), {f"t{k + 1}": name for k, name in enumerate(sorted(tests))})}
