"""What the stages after ``dataset`` share: the split of the data set and where its meshes lie."""

from __future__ import annotations

from pathlib import Path

from renderfit import config, paths
from renderfit.datasets import Split, load_split
from renderfit.errors import ConfigError


def splits() -> dict[str, Split]:
    """Return the split of every category that params.yaml names, in its order.

    Raises
    ------
    DataError
        If the data set has not been made yet or a category has fewer than 3 instances.
    ConfigError
        If params.yaml names a category the data set does not have.
    """
    known = load_split(paths.ARTIFACTS / "dataset" / "split.json")
    wanted = config.section(config.Dataset).categories
    missing = [category for category in wanted if category not in known]
    if missing:
        raise ConfigError(f"params.yaml: dataset.categories names {', '.join(missing)}; the data set has {', '.join(sorted(known))}")
    return {category: known[category] for category in wanted}


def tests() -> list[tuple[str, str]]:
    """Return (category, "t1" | "t2") of every test instance."""
    return [(category, slot) for category, split in splits().items() for slot in split.test]


def mesh_path(stage: str, category: str, name: str) -> Path:
    """Return where `stage` ("dataset" or "watertight") keeps the mesh of an instance."""
    return paths.ARTIFACTS / stage / category / f"{name}.ply"
