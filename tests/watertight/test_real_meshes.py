"""Meshes as people store them: the open ones where present, and one recipe of each category."""

import json
from pathlib import Path

import pytest

from renderfit import paths
from renderfit.datasets import procedural
from renderfit.geometry import load_mesh
from renderfit.geometry.topology import topology
from renderfit.watertight import report, resample, solidify

FOLDER = paths.ROOT.parent / "shared" / "data" / "open_meshes"
OPEN = sorted(path for path in FOLDER.glob("*/*.ply") if path.parent.name != "drill_pcd")
RECIPES = sorted((paths.ROOT / "datasets" / "default").glob("*/*.json"))


def _first(category: str) -> Path:
    return next(path for path in RECIPES if path.parent.name == category)


def _check(mesh, flaws_of=None):
    solid = solidify(mesh, depth=5, seal=None)
    even = resample(solid.mesh, 500)
    for made in (solid.mesh, even):
        assert topology(made.faces).solid
        assert made.volume() > 0
    assert flaws_of is None or flaws_of(even) == []
    assert report(solid.mesh, mesh)["distance_mean"] < 0.02 * mesh.diagonal()


@pytest.mark.parametrize("path", OPEN, ids=lambda path: path.stem)
def test_open_meshes(path, flaws_of):
    _check(load_mesh(path), flaws_of)


@pytest.mark.parametrize("category", ["bottle", "camera", "drill", "spray"])
def test_recipes(category, flaws_of):
    recipe = json.loads(_first(category).read_text())
    _check(procedural.build(category, recipe["parameters"]), flaws_of)
