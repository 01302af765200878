"""What the methods get of one test instance, and what its scores are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.datasets.views import View, load_view
from renderfit.errors import DataError
from renderfit.geometry import Mesh, load_mesh
from renderfit.shapes import ShapeSpace

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Instance:
    """One test instance: its category's space, its views, its full mesh (for scores only) and the files all that comes from."""

    category: str
    test: str
    name: str
    space: ShapeSpace
    views: list[View]
    reference: Mesh
    inputs: list[Path]


def load_instance(category: str, test: str) -> Instance:
    """Load the test instance `test` ("t1", "t2") of `category` from the artifacts.

    Raises
    ------
    DataError
        If the category or test is unknown or a stage before has not run.
    """
    split = load_split(paths.ARTIFACTS / "dataset" / "split.json")
    if category not in split or test not in split[category].test:
        known = ", ".join(f"{name} {'/'.join(entry.test)}" for name, entry in split.items())
        raise DataError(f"no test instance {test!r} of category {category!r}; expected one of {known}")
    name = split[category].test[test]
    mesh = paths.ARTIFACTS / "watertight" / category / f"{name}.ply"
    space = paths.ARTIFACTS / "shape_space" / category
    folder = paths.ARTIFACTS / "views" / f"{category}-{test}"
    numbered = sorted((path for path in folder.glob("*") if path.name.isdigit()), key=lambda path: int(path.name))
    if not numbered:
        raise DataError(f"no views in {folder}; run `dvc repro views`")
    views = [load_view(path) for path in numbered]
    return Instance(category, test, name, ShapeSpace.load(space), views, load_mesh(mesh), [mesh, space, folder])


def depth_cloud(view: View, seed: int) -> Array:
    """Return the points (N, 3) [m], camera frame, that a depth camera would see of the object: with noise and holes."""
    settings = config.section(config.Cls)
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(view.mask & (view.depth > 0))
    kept = rng.random(len(rows)) >= settings.depth_holes
    rows, columns = rows[kept], columns[kept]
    depth = view.depth[rows, columns].astype(np.float64)
    depth += rng.standard_normal(len(depth)) * settings.depth_noise * (depth / 0.7) ** 2
    camera = view.camera
    return np.stack([(columns + 0.5 - camera.cx) / camera.fx * depth, (rows + 0.5 - camera.cy) / camera.fy * depth, depth], axis=1)
