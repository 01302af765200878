"""What the stages after ``dataset`` share: the split of the data set and where its meshes lie."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from renderfit import config, paths
from renderfit.errors import ConfigError, DataError

FEWEST = 3
"""Instances a category must have to span a shape space: canonical, one training mesh, one test mesh."""


@dataclass(frozen=True)
class Split:
    """The instances of one category by role (section 4.1 of the paper)."""

    category: str
    canonical: str
    train: list[str]
    test: dict[str, str]

    def names(self) -> list[str]:
        """Return all instances: canonical, training, test."""
        return [self.canonical, *self.train, *self.test.values()]


def splits() -> list[Split]:
    """Return the split of every category that params.yaml names, in its order.

    Raises
    ------
    DataError
        If the data set has not been made yet or a category has fewer than 3 instances.
    ConfigError
        If params.yaml names a category the data set does not have.
    """
    path = paths.ARTIFACTS / "dataset" / "split.json"
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError) as problem:
        raise DataError(f"{path}: {problem}; expected the split written by the stage dataset: run `renderfit stage dataset`") from problem
    found = []
    for category in config.section(config.Dataset).categories:
        if category not in known:
            raise ConfigError(f"params.yaml: dataset.categories names {category!r}; the data set has {', '.join(sorted(known))}")
        entry = known[category]
        split = Split(category, entry["canonical"], list(entry["train"]), dict(entry["test"]))
        if len(split.names()) < FEWEST:
            raise DataError(f"category {category}: {len(split.names())} instances; expected at least {FEWEST}: add meshes or leave it out")
        found.append(split)
    return found


def tests() -> list[tuple[str, str]]:
    """Return (category, "t1" | "t2") of every test instance."""
    return [(split.category, slot) for split in splits() for slot in split.test]


def mesh_path(stage: str, category: str, name: str) -> Path:
    """Return where `stage` ("dataset" or "watertight") keeps the mesh of an instance."""
    return paths.ARTIFACTS / stage / category / f"{name}.ply"
