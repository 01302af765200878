"""A folder of anybody's meshes, taken in by `renderfit.datasets.intake`; DeepCPD's data set, which has to be right as it is."""

from __future__ import annotations

import json
import logging
from dataclasses import fields
from pathlib import Path

import numpy as np

from renderfit.datasets.discover import FORMATS, clean, discover
from renderfit.datasets.intake import fitted, take_in
from renderfit.datasets.roles import choose
from renderfit.datasets.split import FEWEST, Split, load_split
from renderfit.datasets.taken import Intake, Wanted
from renderfit.errors import DataError
from renderfit.geometry.io import require_metres
from renderfit.geometry.mesh import Mesh

_log = logging.getLogger(__name__)

UNLIKE = 8.0
"""An instance this many times longer or shorter than its category's median has another unit."""
COMMON = 2
"""Other categories that have to agree on an up axis before it is believed of one whose shapes say little."""
KNOWN = "intake.json"
"""What the owner knows: ``{category: {"up", "unit", "size", "align", "each": {name: up axis}}}``, all optional."""


class Folder:
    """``dataset.source: PATH``: meshes of any unit and axes, brought into one frame per category (metres, z up, base at z = 0).

    Parameters
    ----------
    folder : Path
        One sub-folder a category (`renderfit.datasets.discover`). An optional ``intake.json`` in it says what is known of
        units and axes, an optional ``split.json`` gives the roles; otherwise both are found from the shapes.
    wanted : Wanted, optional
        What is known, for all categories, in place of ``intake.json``.

    Raises
    ------
    DataError
        If the folder is missing or holds no mesh, or ``intake.json`` is not of that form.
    """

    def __init__(self, folder: Path, wanted: Wanted | None = None) -> None:
        self.folder = folder
        self.origin = str(folder)
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; dataset.source takes default, open, drills, deepcpd or a folder of meshes")
        self.files = discover(folder)
        if not self.files:
            raise DataError(f"{folder}: no meshes in it; expected <category>/<name> with one of {', '.join(FORMATS)}")
        self._wanted = dict.fromkeys(self.files, wanted) if wanted else known(folder / KNOWN)
        unknown = sorted(set(self._wanted) - set(self.files))
        if unknown:
            raise DataError(f"{folder / KNOWN}: no category {', '.join(unknown)} here; it has {', '.join(self.files)}")
        self._alone: dict[str, Intake] = {}
        self._intakes: dict[str, Intake] = {}

    def intake(self, category: str) -> Intake:
        """Return a category as it was taken in; read and aligned once.

        One whose up axis would be a guess is taken in again with that of the others, where `COMMON` of them agree.
        """
        if category not in self._intakes:
            found = self._by_itself(category)
            if found.up and not found.up.sure and (shared := self._shared(category)):
                _log.info("%s: %s is up in the other categories of the folder", category, shared)
                found = take_in(category, self.files[category], self._wanted.get(category), shared)
            if found.up and not found.up.sure:
                up = f"{category}: that {found.up.axis} is up is a guess (probability {found.up.chance:.2f})"
                _log.warning("%s: look at the pictures of the report; %s or --up settles it", up, self.folder / KNOWN)
            self._intakes[category] = found
        return self._intakes[category]

    def _by_itself(self, category: str) -> Intake:
        if category not in self._alone:
            self._alone[category] = take_in(category, self.files[category], self._wanted.get(category))
        return self._alone[category]

    def _shared(self, category: str) -> str | None:
        """Return the axis that surely is up in the other categories with files of these formats, if there is one."""
        formats = {other: {path.suffix.lower() for path in files.values()} for other, files in self.files.items()}
        alike = [other for other in self.files if other != category and formats[other] == formats[category]]
        sure = [up.axis for other in alike if (up := self._by_itself(other).up) and up.sure]
        return sure[0] if len(sure) >= COMMON and len(set(sure)) == 1 else None

    def mesh(self, category: str, name: str) -> Mesh:
        """Return one instance in the common frame [m]."""
        found = self.intake(category)
        if name not in found.taken:
            raise DataError(f"{self.origin}: {category}/{name} {found.rejected.get(name, 'does not exist')}")
        return found.taken[name].mesh

    def splits(self) -> dict[str, Split]:
        """Return category -> split: as ``split.json`` says, else chosen by shape; categories with too few meshes are left out.

        Raises
        ------
        DataError
            If no category has enough usable meshes, or ``split.json`` names one that is not usable.
        """
        stored = self.folder / "split.json"
        if stored.is_file():
            found = {clean(category): split for category, split in load_split(stored).items()}
            for category, split in found.items():
                self._complete(category, split, stored)
            return found
        chosen = {category: self.chosen(category) for category in self.files}
        short = [self.shortage(category) for category, split in chosen.items() if split is None]
        for line in short:
            _log.warning("%s", line)
        found = {category: split for category, split in chosen.items() if split is not None}
        if not found:
            raise DataError("\n".join(short))
        return found

    def chosen(self, category: str) -> Split | None:
        """Choose the roles of a category by shape, leaving out what a shape space would refuse; None if too few remain."""
        for _ in range(len(self.files[category])):
            taken = self.intake(category).taken
            meshes = self.intake(category).meshes()
            if len(meshes) < FEWEST:
                return None
            split = choose(category, meshes, self.origin, [name for name, one in taken.items() if one.size.lost])
            self._intakes[category] = fitted(self.intake(category), split.canonical)
            if len(self.intake(category).taken) == len(meshes):
                return split
        return None

    def shortage(self, category: str) -> str:
        """Say why a category has too few meshes, file by file."""
        found = self.intake(category)
        lines = "".join(f"\n  {name}: {reason}" for name, reason in found.rejected.items())
        return (
            f"{self.origin}: category {category} has {len(found.taken)} usable instances of {len(self.files[category])}; expected at least "
            f"{FEWEST}: a canonical, two to train, one to test{lines}"
        )

    def report(self) -> dict[str, object]:
        """Return what was done to every mesh, by category, as JSON types."""
        return {category: self.intake(category).entry() for category in self.files}

    def _complete(self, category: str, split: Split, stored: Path) -> None:
        found = self.intake(category) if category in self.files else Intake(category, {})
        missing = sorted(set(split.names()) - set(found.taken))
        if missing:
            reasons = "; ".join(f"{name}: {found.rejected[name]}" for name in missing if name in found.rejected)
            raise DataError(
                f"{stored}: category {category} names {', '.join(missing)}; expected a usable mesh each in {self.folder / category}"
                f"{f' ({reasons})' if reasons else ''}; it has {', '.join(found.taken) or 'none'}"
            )


def known(path: Path) -> dict[str, Wanted]:
    """Read ``intake.json``; empty where there is none.

    Raises
    ------
    DataError
        If it is not of the form ``{category: {"up", "unit", "size", "align", "each"}}``.
    """
    if not path.is_file():
        return {}
    keys = [field.name for field in fields(Wanted)]
    form = f"expected {{category: {{...}}}} with any of {', '.join(keys)}"
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError) as problem:
        raise DataError(f"{path}: {problem}; {form}") from problem
    if not isinstance(stored, dict):
        raise DataError(f"{path}: a {type(stored).__name__}; {form}")
    found = {}
    for category, entry in stored.items():
        strange = sorted(set(entry) - set(keys)) if isinstance(entry, dict) else [type(entry).__name__]
        if strange:
            raise DataError(f"{path}: {category}: {', '.join(strange)}; {form}")
        try:
            found[clean(category)] = Wanted(**entry)
        except DataError as problem:
            raise DataError(f"{path}: {category}: {problem}") from problem
    return found


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
    """The data set of DeepCPD, for those who have it: bottle, camera, drill and spray, aligned, with the paper's split.

    It was never published; ask the authors of Rodriguez, Huber and Behnke, *Category-level 3D non-rigid
    registration from single-view RGB images* (IROS 2020). Nothing is turned or scaled here: what is not in metres,
    not in one frame or not readable is an error that names the file.
    """

    CATEGORIES = ("bottle", "camera", "drill", "spray")

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(
                f"{folder}: the DeepCPD data set is not there; it is not public: ask the authors of DeepCPD (Rodriguez, Huber, Behnke, "
                "IROS 2020), put it there as <category>/<name>.ply with split.json, metres, z up, front +y; or use another dataset.source"
            )
        super().__init__(folder, Wanted(up="z", unit="m", align=False))
        missing = [category for category in self.CATEGORIES if category not in self.files]
        if missing:
            raise DataError(f"{folder}: no category {', '.join(missing)}; expected {', '.join(self.CATEGORIES)}, one folder each")
        if not (folder / "split.json").is_file():
            raise DataError(
                f"{folder}: no split.json; expected the canonical, training and two test instances of the paper for each category"
            )

    def splits(self) -> dict[str, Split]:
        """Return the stored split after checking roles, units and frames of all instances.

        Raises
        ------
        DataError
            If a category has not two test instances, a file is unreadable or has no role, or an instance is in another unit or
            frame than its category's canonical.
        """
        found = super().splits()
        for category, split in found.items():
            if sorted(split.test) != ["t1", "t2"]:
                raise DataError(f"{self.folder / 'split.json'}: {category} has the tests {', '.join(split.test)}; expected t1 and t2")
            intake = self.intake(category)
            wrong = dict(intake.rejected)
            meshes = {name: entry.mesh for name, entry in intake.taken.items()}
            for name, mesh in meshes.items():
                require_metres(mesh, f"{self.folder / category / name}")
            one_unit(category, meshes, self.origin)
            checked = fitted(intake, split.canonical)
            wrong |= checked.rejected
            wrong |= {
                name: "not in the frame of the canonical"
                for name, entry in checked.taken.items()
                if entry.turn is not intake.taken[name].turn
            }
            wrong |= {name: "no role in split.json" for name in meshes if name not in split.names()}
            if wrong:
                lines = "".join(f"\n  {name}: {reason}" for name, reason in wrong.items())
                raise DataError(
                    f"{self.folder / category}: {len(wrong)} of {len(self.files[category])} files are not as they should be:{lines}"
                )
        return found
