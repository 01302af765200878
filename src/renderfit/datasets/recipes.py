"""Recipes of the embedded data set: one JSON file an object, and the split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from renderfit.datasets.procedural import build
from renderfit.errors import DataError
from renderfit.geometry.mesh import Mesh
from renderfit.whole import write_json

SPLIT = "split.json"


def load_recipe(path: Path) -> dict[str, Any]:
    """Read one recipe: ``{"category", "name", "parameters"}``.

    Raises
    ------
    DataError
        If the file is missing, is not JSON, or lacks an entry.
    """
    try:
        recipe: dict[str, Any] = json.loads(path.read_text())
        category, name, parameters = recipe["category"], recipe["name"], recipe["parameters"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DataError(
            f'{path}: {problem!r}; expected a recipe {{"category", "name", "parameters"}}: renew it with `dvc update data.dvc`'
        ) from problem
    if (category, name) != (path.parent.name, path.stem) or not isinstance(parameters, dict):
        raise DataError(
            f"{path}: the recipe says {category}/{name}; expected {path.parent.name}/{path.stem}: the file was renamed or swapped"
        )
    return recipe


def save_recipe(recipe: dict[str, Any], folder: Path) -> None:
    """Write one recipe below `folder`, the same bytes for the same recipe."""
    write_json(folder / recipe["category"] / f"{recipe['name']}.json", recipe)


def build_recipe(path: Path) -> Mesh:
    """Build the object of a recipe file; see `renderfit.datasets.procedural.build`."""
    recipe = load_recipe(path)
    try:
        return build(recipe["category"], recipe["parameters"])
    except DataError as problem:
        raise DataError(f"{path}: {problem}") from problem
