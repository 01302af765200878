"""The command `renderfit register` with files as people have them."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
import typer
from trimesh.creation import icosphere

import renderfit as rf
from renderfit import config, paths
from renderfit.cli import register, register_cloud
from renderfit.errors import ConfigError, DataError
from renderfit.registration import ours
from renderfit.rendering.images import write_image
from renderfit.vision import UNet, save_network

TERMS = ("coordinates", "normals", "shading", "robust")
"""Options that say how much a kind of evidence counts."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shape space, two photographs of one object with masks and poses, and their camera."""
    root, ball = tmp_path_factory.mktemp("files"), icosphere(2)
    family = [rf.Mesh(ball.vertices * [0.05 + 0.004 * k, 0.05, 0.08 - 0.006 * k], ball.faces) for k in range(4)]
    rf.ShapeSpace.fit(family[0], family[1:], components=2, points=100, iterations=10).save(root / "space")
    camera = rf.Camera.centred(128, 210.0)
    camera.save(root / "camera.json")
    for number, eye in enumerate([[0.45, 0.4, 0.3], [-0.4, 0.5, 0.2]]):
        pose = rf.Pose.look_at(torch.tensor(eye, dtype=torch.float64), torch.zeros(3, dtype=torch.float64))
        pose.save(root / f"pose-{number}.json")
        seen = rf.render(family[2], camera, pose, "lambert")
        write_image((seen.rgb.detach().numpy() * 255).astype(np.uint8), root / f"photo-{number}.png")
        write_image(
            np.repeat(255 * seen.mask.detach().numpy()[..., None] > 127, 3, axis=2).astype(np.uint8) * 255, root / f"mask-{number}.png"
        )
    return root


def _call(folder, out, views, **options):
    names = {
        name: [folder / f"{name}-{view}.{end}" for view in views] for name, end in (("photo", "png"), ("mask", "png"), ("pose", "json"))
    }
    arguments = {"mask": names["mask"], "pose": names["pose"], "model": "pca", "json": True, "optimise_pose": False} | options
    register.command(names["photo"], folder / "space", [folder / "camera.json"], out, **arguments)
    return json.loads((out / "registration.json").read_text())


def test_several_photographs_are_fitted_together(folder, tmp_path):
    found = _call(folder, tmp_path, (0, 1), replay=True)
    assert found["converged"]
    assert found["poses"] == [json.loads((folder / f"pose-{view}.json").read_text())["object_to_camera"] for view in (0, 1)]
    assert {"photo-0.png", "photo-1.png", "mask-1.png", "pose-1.json", "space", "camera.json"} <= set(found["provenance"]["inputs"])
    assert {path.name for path in tmp_path.iterdir()} == {"registration.json", "mesh.ply", "overlay.png", "overlay-2.png", "replay.html"}
    assert "poses" not in _call(folder, tmp_path, (0,))
    assert {path.name for path in tmp_path.iterdir()} == {"registration.json", "mesh.ply", "overlay.png"}


def test_predicted_evidence_can_be_used(folder, tmp_path):
    plain, refined = (_call(folder, tmp_path / str(refine), (0,), optimise_pose=True, refine=refine) for refine in (False, True))
    assert plain["object_to_camera"] != refined["object_to_camera"]
    assert refined["renders"] > plain["renders"] / 2
    (network,) = set(refined["provenance"]["inputs"]) - set(plain["provenance"]["inputs"])
    assert network.endswith("published")


@pytest.mark.parametrize("name", TERMS)
def test_what_a_kind_of_evidence_counts_reaches_the_solver(folder, tmp_path, monkeypatch, name):
    solve, used = ours.solve, []

    def noted(columns, views, optimise_pose, settings, before=None):
        used.append(settings)
        return solve(columns, views, optimise_pose, settings, before)

    monkeypatch.setattr(ours, "solve", noted)
    refine = name in {"coordinates", "normals"}
    for given in ({}, {name: 0.25}, {name: 0.0}):
        assert _call(folder, tmp_path, (0,), refine=refine, **given)["options"] == {"optimise_pose": False, "refine": refine} | given
    fits = len(used) // 3
    assert fits == 1 + refine
    plain, told, none = (used[fits * k : fits * (k + 1)] for k in range(3))
    for before, after, off in zip(plain, told, none, strict=True):
        if name == "robust":
            assert (after, off) == (dataclasses.replace(before, robust=0.25), dataclasses.replace(before, robust=float("inf")))
        else:
            assert getattr(after.trust, name) == 0.25
            assert getattr(off.trust, name) == 0
            assert dataclasses.replace(after.trust, **{name: getattr(before.trust, name)}) == before.trust


def test_a_weight_outside_its_range_is_named_before_anything_is_read(folder, tmp_path):
    with pytest.raises(ConfigError, match=r"robust is 2.0; expected at least 0 and at most 1"):
        _call(folder, tmp_path / "out", (0,), robust=2.0)
    assert not (tmp_path / "out").exists()


def test_a_category_that_the_refiner_never_saw_is_warned_of(folder, tmp_path, caplog):
    (tmp_path / "drill").symlink_to(folder / "space")
    shutil.copytree(folder / "space", tmp_path / "spaces" / "drill")
    for space, warned in ((folder / "space", True), (tmp_path / "drill", True), (tmp_path / "spaces" / "drill", False)):
        caplog.clear()
        arguments = {"mask": [folder / "mask-0.png"], "pose": [folder / "pose-0.json"], "model": "pca", "refine": True}
        register.command([folder / "photo-0.png"], space, [folder / "camera.json"], tmp_path / "out", **arguments)
        assert ("none of them called space" in caplog.text) == warned


def test_the_refiner_is_the_one_that_params_yaml_names(folder, tmp_path, monkeypatch):
    trained = dataclasses.replace(config.section(config.Refiner), weights="train")
    section = config.section
    monkeypatch.setattr(config, "section", lambda kind: trained if kind is config.Refiner else section(kind))
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path / "artifacts")
    with pytest.raises(DataError, match=r"refiner .*artifacts/unet"):
        _call(folder, tmp_path / "out", (0,), refine=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask": [], "pose": []}, "2 photographs and 3 times --camera"),
        ({"mask": ["a"]}, "2 photographs and 1 times --mask"),
        ({"pose": ["a", "b", "c"]}, "2 photographs and 3 times --pose"),
        ({"refine": True, "method": "paper"}, "--refine goes with --method ours"),
        ({"mask": ["a", "b"], "network": "c"}, "got --network and --mask"),
        ({"coordinates": 5.0}, "--coordinates goes with --refine"),
        ({"normals": 0.0}, "--normals goes with --refine"),
        *[({name: 0.5, "method": "paper"}, f"--{name} goes with --method ours") for name in TERMS],
    ],
)
def test_what_does_not_go_together_is_named(folder, tmp_path, options, message):
    cameras = [folder / "camera.json"] * (3 if "camera" in message else 1)
    with pytest.raises(typer.BadParameter, match=message):
        register.command([folder / "photo-0.png", folder / "photo-1.png"], folder / "space", cameras, tmp_path, **options)


def test_the_same_photograph_does_not_count_twice(folder, tmp_path):
    with pytest.raises(DataError, match=r"photo-0.png and .*photo-0.png hold the same picture"):
        _call(folder, tmp_path / "out", (0, 0))
    assert not (tmp_path / "out").exists()


def test_files_that_only_look_like_results_stay(folder, tmp_path):
    mine = [tmp_path / name for name in ("overlay-notes.png", "overlay-.png", "my-registration.json")]
    for path in mine:
        path.write_text("mine")
    (tmp_path / "overlay-2.png").write_text("of an earlier run")
    _call(folder, tmp_path, (0,))
    assert {path.read_text() for path in mine} == {"mine"}
    assert not (tmp_path / "overlay-2.png").exists()


def test_an_earlier_result_is_no_start_for_one_in_the_same_folder(folder, tmp_path):
    _call(folder, tmp_path, (0,))
    before = (tmp_path / "registration.json").read_bytes()
    with pytest.raises(DataError, match=r"registration.json: an input that the results in .* would overwrite"):
        _call(folder, tmp_path, (0,), pose=[tmp_path / "registration.json"])
    assert (tmp_path / "registration.json").read_bytes() == before
    _call(folder, tmp_path / "next", (0,), pose=[tmp_path / "registration.json"])


def test_results_never_go_into_the_shape_space_or_a_network(folder, tmp_path):
    before = sorted(path.name for path in (folder / "space").iterdir())
    for out in (folder / "space", folder / "space" / "new"):
        with pytest.raises(DataError, match=r"the input .*space; expected another place for results"):
            _call(folder, out, (0,))
    with pytest.raises(DataError, match=r"the input .*space; expected another place for results"):
        register_cloud.command(folder / "camera.json", folder / "space", folder / "space")
    save_network(UNet(["ball"], width=4, levels=2), tmp_path / "network")
    with pytest.raises(DataError, match=r"the input .*network; expected another place for results"):
        _call(folder, tmp_path / "network", (0,), mask=None, network=tmp_path / "network")
    assert sorted(path.name for path in (folder / "space").iterdir()) == before
