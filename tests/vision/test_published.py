"""The segmentation network that comes with the package: what is written beside it is true of it."""

import json

import numpy as np
import pytest

from renderfit import paths
from renderfit.datasets.recipes import build_recipe
from renderfit.geometry import Camera
from renderfit.rendering.photo import Subject
from renderfit.vision import examination, load_network
from renderfit.vision.checkpoint import describe

RECIPES = paths.find_root(paths.Path(__file__).parent) / "datasets" / "default"


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
