"""A segmentation network for one's own categories: its settings, what it is trained on, what it leaves."""

import dataclasses
import json

import pytest
import trimesh

from renderfit import config
from renderfit.errors import DataError
from renderfit.pipeline import own_network, refiner
from renderfit.vision import UNet, load_network, save_network


@pytest.fixture
def section(monkeypatch):
    """Section unet of a small network, for a while."""
    found = dataclasses.replace(
        config.UNet(), width=4, levels=2, size=32, fine_size=64, fine_steps=4, small_size=32, small_steps=8, steps=16, batch=2, painters=0
    )
    monkeypatch.setattr(config, "section", lambda _: found)
    return found


@pytest.fixture
def meshes(tmp_path):
    for category in ("can", "crate"):
        (tmp_path / "own" / category).mkdir(parents=True)
        for k in range(4):
            shape = (
                trimesh.creation.cylinder(0.04, 0.1 + 0.01 * k) if category == "can" else trimesh.creation.box([0.1, 0.08, 0.05 + 0.01 * k])
            )
            shape.export(tmp_path / "own" / category / f"{category}{k}.ply")
    return tmp_path / "own"


def asked(start=None, size=0, rate=0.0, steps=0, seed=0):
    return own_network.settings_of(start, size=size, rate=rate, steps=steps, seed=seed)


def test_what_is_not_asked_for_is_as_params_yaml_says(section):
    assert asked() == section


def test_other_steps_keep_the_shares_of_the_window_sizes(section):
    found = asked(steps=32, rate=0.5, seed=3)
    assert (found.steps, found.small_steps, found.fine_steps, found.rate, found.seed) == (32, 16, 8, 0.5, 3)
    assert found.window == section.fine_size


def test_a_size_is_that_of_the_last_windows(section):
    found = asked(size=48)
    assert (found.window, found.small_steps, found.fine_steps) == (48, section.small_steps, 0)


def test_a_start_gives_the_architecture_and_needs_no_small_windows(section):
    found = asked(UNet(["can"], width=6, levels=3, window=96))
    assert (found.width, found.levels, found.window, found.small_steps, found.fine_steps) == (6, 3, 96, 0, 0)
    assert asked(UNet(["can"], width=6, levels=3, window=96), size=48).window == 48


def test_the_tests_of_a_split_are_left_out(meshes):
    categories, every = own_network.instances(meshes)
    assert categories == ("can", "crate")
    assert [len(names) for names in every] == [4, 4]
    (meshes / "split.json").write_text(json.dumps({"can": {"canonical": "can2", "train": ["can0", "can1"], "test": {"t1": "can3"}}}))
    categories, kept = own_network.instances(meshes)
    assert categories == ("can",)
    assert [name.rsplit("/", 1)[1] for name in kept[0]] == ["can2.ply", "can0.ply", "can1.ply"]


@pytest.mark.usefixtures("section")
def test_it_leaves_a_network_and_its_description_but_no_state(meshes, tmp_path):
    first = own_network.train(meshes, tmp_path / "first", steps=2, seed=1)
    assert first["categories"] == ["can", "crate"]
    assert first["meshes"] == [4, 4]
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == ["unet.json", "unet.safetensors"]
    own_network.train(meshes, tmp_path / "second", tmp_path / "first", steps=1)
    about = json.loads((tmp_path / "second" / "unet.json").read_text())
    assert about["command"].startswith("renderfit train unet own OUT --size ")
    assert about["command"].endswith("--steps 1 --seed 0 --initial INITIAL")
    assert about["initial"]["seed"] == 1
    assert about["initial"]["sha256"] != about["sha256"]
    assert load_network(tmp_path / "second").categories == ("can", "crate")


def test_what_it_starts_from_is_never_replaced(meshes, tmp_path):
    save_network(UNet(["can", "crate"], width=4, levels=2), tmp_path / "first")
    before = (tmp_path / "first" / "unet.safetensors").read_bytes()
    with pytest.raises(DataError, match=r"the input .*first; expected another place for results"):
        own_network.train(meshes, tmp_path / "first", tmp_path / "first", steps=1)
    with pytest.raises(DataError, match=r"the input .*own; expected another place for results"):
        own_network.train(meshes, meshes, steps=1)
    with pytest.raises(DataError, match=r"the input .*first; expected another place for results"):
        refiner.train(tmp_path / "first", config.Refiner(), "test", tmp_path / "first")
    assert (tmp_path / "first" / "unet.safetensors").read_bytes() == before
