"""What the stages after ``dataset`` share: the split of the data set and where its meshes lie."""

from __future__ import annotations

from pathlib import Path

from renderfit import paths
from renderfit.datasets import Split, load_split


def splits() -> dict[str, Split]:
    """Return the split of every category of the data set; the stage ``dataset`` has chosen them.

    Raises
    ------
    DataError
        If the data set has not been made yet or a category has too few instances.
    """
    return load_split(paths.ARTIFACTS / "dataset" / "split.json")


def tests() -> list[tuple[str, str]]:
    """Return (category, "t1" | "t2") of every test instance."""
    return [(category, slot) for category, split in splits().items() for slot in split.test]


def mesh_path(stage: str, category: str, name: str) -> Path:
    """Return where `stage` ("dataset" or "watertight") keeps the mesh of an instance."""
    return paths.ARTIFACTS / stage / category / f"{name}.ply"
