"""The embedded data set: which objects there are, and the seeds their variation comes from.

``python -m renderfit.datasets.procedural.catalogue`` writes all recipes anew; the bytes repeat.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from renderfit import paths
from renderfit.datasets.procedural import BUILDERS
from renderfit.datasets.procedural.designs import DESIGNS
from renderfit.datasets.recipes import SPLIT, save_recipe
from renderfit.datasets.split import Split, save_split

SEED = 20200607
JITTER = 0.02
"""Relative spread of every length around its design."""

_FIXED = {"rings", "bit", "label_low", "label_high", "band_low", "band_high", "squareness", "lens_x", "dial_x"}


def recipes(category: str) -> list[dict[str, Any]]:
    """Return the recipes of a category: canonical first, then training, T1, T2."""
    kind = BUILDERS[category][0]
    found = []
    for place, (name, design) in enumerate(DESIGNS[category].items()):
        generator = np.random.default_rng([SEED, sorted(DESIGNS).index(category), place])
        parameters: dict[str, Any] = {}
        for field in dataclasses.fields(kind):
            entry = design.get(field.name, field.default)
            draw = float(np.clip(generator.normal(), -2, 2))
            if str(field.type) == "float" and field.name not in _FIXED and entry != 0:
                entry = float(f"{entry * (1 + JITTER * draw):.4g}")
            parameters[field.name] = list(entry) if isinstance(entry, tuple) else entry
        parameters["defects"] = {"seed": int(generator.integers(2**31)), "flipped": 0.01, "duplicated": 0.01, "cracks": 40}
        found.append({"category": category, "name": name, "parameters": parameters})
    return found


def write_default(folder: Path) -> None:
    """Write all recipes and the split below `folder`."""
    splits = {}
    for category in BUILDERS:
        written = recipes(category)
        for recipe in written:
            save_recipe(recipe, folder)
        names = [recipe["name"] for recipe in written]
        splits[category] = Split(names[0], tuple(names[1:-2]), {"t1": names[-2], "t2": names[-1]})
    save_split(splits, folder / SPLIT)


if __name__ == "__main__":
    write_default(paths.ROOT / "datasets" / "default")
