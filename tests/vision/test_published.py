"""The segmentation network that comes with the package: what is written beside it is true of it."""

import json
import re

import numpy as np
import pytest

from renderfit import paths
from renderfit.datasets.recipes import build_recipe
from renderfit.geometry import Camera
from renderfit.rendering.photo import Subject
from renderfit.vision import examination, load_network, refiner_files
from renderfit.vision.checkpoint import PUBLISHED, WEIGHTS, describe, sha256

ROOT = paths.find_root(paths.Path(__file__).parent)
RECIPES = ROOT / "datasets" / "default"


@pytest.mark.parametrize("category", ["bottle", "camera", "drill", "spray"])
def test_finds_objects_that_training_never_saw(category):
    network = load_network()
    assert category in network.categories
    split = json.loads((RECIPES / "split.json").read_text())[category]
    subjects = {category: [Subject.of(build_recipe(RECIPES / category / f"{name}.json")) for name in split["test"].values()]}
    records = examination.examine(network, subjects, Camera.centred(256, 420.0), 1, seed=11)
    assert np.mean([record["iou"] for record in records]) > 0.9, records


def test_is_described():
    stages = [describe()]
    while "initial" in stages[-1]:
        stages.append(stages[-1]["initial"])
    assert [about["steps"] for about in stages] == [600, 2400, 8000]
    assert stages[0]["loss"][-1][1] < 0.15 * stages[-1]["loss"][0][1]
    assert len({about["data"] for about in stages}) == 1
    assert all({"seed", "precision", "scores", "command", "sha256"} <= set(about) for about in stages)


def test_descriptions_say_how_the_networks_were_made():
    for about in (describe(), refiner_files.description()):
        assert about["command"].startswith("renderfit train")
        assert isinstance(about["seed"], int)
        assert all(re.fullmatch("[0-9a-f]{64}", about[name]) for name in ("data", "sha256"))
    assert describe()["sha256"] == sha256(PUBLISHED / WEIGHTS)
    assert refiner_files.description()["sha256"] == sha256(PUBLISHED / refiner_files.WEIGHTS)


def test_results_are_of_the_published_networks():
    refined, calibrated, trained = (
        json.loads((ROOT / "results" / f"{name}.json").read_text()) for name in ("refiner", "calibration", "unet")
    )
    about = refiner_files.description()
    assert refined["sha256"] == about["sha256"]
    assert {name: about[name] for name in refined["training"]} == refined["training"]
    edges = {row["edge"] for row in calibrated["rows"] if row["network"] == "package"}
    assert max(edges) == pytest.approx(describe()["edge"], abs=1e-4)
    assert trained["data"] == describe()["data"]  # the pipeline's network learns from the same meshes
