"""Which instance of a category is what: canonical, training, test."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renderfit import paths
from renderfit.errors import DataError
from renderfit.whole import write_json

_log = logging.getLogger(__name__)

FEWEST_TRAINED = 2
"""Training instances besides the canonical that a shape space needs at least."""
FEWEST = 1 + FEWEST_TRAINED + 1
"""Instances a category needs at least: a canonical, two more to train on, one to test."""


@dataclass(frozen=True)
class Split:
    """Names of the instances of one category.

    Attributes
    ----------
    canonical : str
        The instance that is deformed to all others.
    train : tuple of str
        The other training instances, in the order in which a smaller data set drops them from the end.
    test : dict
        Key (t1, t2, ...) -> name; never seen in training.
    """

    canonical: str
    train: tuple[str, ...]
    test: dict[str, str]

    def names(self) -> list[str]:
        """Return all names: canonical, training, test."""
        return [self.canonical, *self.train, *self.test.values()]

    def limited(self, instances: int) -> Split:
        """Return the split cut down to `instances`; the canonical, two to train on and the tests stay."""
        keep = instances - 1 - len(self.test)
        return Split(self.canonical, self.train[: max(keep, FEWEST_TRAINED)], dict(self.test))

    def entries(self) -> dict[str, Any]:
        """Return the split as JSON types."""
        return {"canonical": self.canonical, "train": list(self.train), "test": dict(self.test)}


def load_split(path: Path) -> dict[str, Split]:
    """Read ``split.json``: category -> `Split`.

    Raises
    ------
    DataError
        If the file is missing or not of that form, names an instance twice, or a category has
        too few instances (`FEWEST`).
    """
    try:
        found = {
            category: Split(entry["canonical"], tuple(entry["train"]), dict(entry["test"]))
            for category, entry in json.loads(path.read_text()).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise DataError(f'{path}: {problem!r}; expected {{category: {{"canonical", "train", "test"}}}}') from problem
    for category, split in found.items():
        check(category, split, str(path))
    return found


def known_categories() -> list[str]:
    """Return the categories of the data set that the stage ``dataset`` made, in its order."""
    return list(load_split(paths.ARTIFACTS / "dataset" / "split.json"))


def check(category: str, split: Split, origin: str) -> None:
    """Raise `DataError` when a category is too small or an instance has two roles."""
    names = split.names()
    if len(split.train) < FEWEST_TRAINED or not split.test:
        raise DataError(
            f"{origin}: category {category} has {len(names)} instances, {len(split.train)} to train and {len(split.test)} to test; "
            f"expected at least {FEWEST}: a canonical, {FEWEST_TRAINED} to train, one to test"
        )
    if "t1" not in split.test:
        raise DataError(f"{origin}: category {category} has the tests {', '.join(split.test)}; expected t1, and t2 if there are two")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{origin}: category {category} names {', '.join(twice)} more than once; expected one role per instance")


def save_split(splits: dict[str, Split], path: Path) -> None:
    """Write ``split.json``."""
    write_json(path, {category: split.entries() for category, split in splits.items()})


def chosen(splits: dict[str, Split], categories: list[str], instances: int, origin: str, *, strict: bool = True) -> dict[str, Split]:
    """Return the wanted categories, each cut down to `instances`.

    Parameters
    ----------
    splits : dict
        Category -> split, of a data source.
    categories : list of str
        `dataset.categories`.
    instances : int
        `dataset.instances`.
    origin : str
        The source, for messages.
    strict : bool
        Whether all wanted categories must be there. False for sources that hold what they hold: then those wanted that
        are there are used, and where none is, all that the source has, with a line in the log.

    Raises
    ------
    DataError
        If a category is missing.
    """
    missing = [category for category in categories if category not in splits]
    if missing and strict:
        raise DataError(
            f"{origin}: no category {', '.join(missing)}; it has {', '.join(splits)}: correct dataset.categories in params.yaml"
        )
    kept = [category for category in categories if category in splits] or list(splits)
    if missing:
        others = [category for category in splits if category not in kept]
        besides = f"; not {', '.join(others)}, which dataset.categories does not name" if others else ""
        _log.warning("%s has no %s: using %s (dataset.categories)%s", origin, ", ".join(missing), ", ".join(kept), besides)
    return {category: splits[category].limited(instances) for category in kept}
