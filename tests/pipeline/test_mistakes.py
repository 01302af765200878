"""A user's mistakes: a message that says what to do, exit status 2, nothing half-written."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import trimesh
import yaml

from renderfit import paths


@pytest.fixture
def root(tmp_path):
    """A tiny root: three boxes of one category as the stage dataset would leave them."""
    folder = tmp_path / "artifacts" / "dataset"
    (folder / "box").mkdir(parents=True)
    for number, name in enumerate("abcd"):
        trimesh.creation.box([0.1, 0.2, 0.1 + 0.02 * number]).export(folder / "box" / f"{name}.ply")
    (folder / "split.json").write_text(json.dumps({"box": {"canonical": "a", "train": ["b", "c"], "test": {"t1": "d"}}}))
    write(tmp_path, {"dataset": {"categories": ["box"]}, "watertight": {"depth": 4, "vertices": 100}, "compute": {"backend": "serial"}})
    return tmp_path


def write(root, entries):
    (root / "params.yaml").write_text(yaml.safe_dump(entries))
    return root


def stage(root, name):
    command = [sys.executable, "-m", "renderfit.cli", "stage", name]
    return subprocess.run(command, env={**os.environ, "RENDERFIT_ROOT": str(root)}, capture_output=True, text=True, check=False)


def refused(root, name, *expected):
    """Run a stage that must refuse; return what is left below artifacts."""
    ended = stage(root, name)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    message = ended.stderr.splitlines()[-1]
    for part in expected:
        assert part in message
    left = {path.name for path in (root / "artifacts").iterdir()} if (root / "artifacts").exists() else set()
    assert not [entry for entry in left if "part" in entry]
    return left


def test_a_correct_root_is_accepted(root):
    assert stage(root, "watertight").returncode == 0
    assert {path.name for path in (root / "artifacts" / "watertight" / "box").iterdir()} == {"a.ply", "b.ply", "c.ply", "d.ply"}


def test_an_unknown_parameter(root):
    write(root, {"watertight": {"dept": 4}})
    assert refused(root, "watertight", "unknown parameter watertight.dept", "expected one of depth, seal") == {"dataset"}


def test_a_value_out_of_range(root):
    write(root, {"watertight": {"depth": 40}})
    assert refused(root, "watertight", "watertight.depth is 40;", "expected at least 4 and at most 10") == {"dataset"}


def test_a_missing_category(tmp_path):
    write(tmp_path, {"dataset": {"categories": ["bottle", "teapot"]}})
    shutil.copytree(paths.ROOT / "datasets" / "default", tmp_path / "data")
    assert refused(tmp_path, "dataset", "no category teapot", "it has bottle") == set()


def test_a_category_with_two_instances(root):
    split = root / "artifacts" / "dataset" / "split.json"
    split.write_text(json.dumps({"box": {"canonical": "a", "train": [], "test": {"t1": "d"}}}))
    assert refused(root, "watertight", "category box has 2 instances", "expected at least 4") == {"dataset"}


def test_an_unreadable_mesh(root):
    (root / "artifacts" / "dataset" / "box" / "c.ply").write_bytes(b"ply\nthis is no mesh\n")
    assert refused(root, "watertight", "c.ply", "not readable as a mesh") == {"dataset"}
    assert not (root / "results" / "watertight.json").exists()


def test_a_mesh_in_the_wrong_unit(root):
    path = root / "artifacts" / "dataset" / "box" / "b.ply"
    trimesh.creation.box(np.full(3, 200.0)).export(path)
    assert refused(root, "watertight", "b.ply", "200 m long", "expected metres") == {"dataset"}


def test_a_stage_before_its_input(tmp_path):
    write(tmp_path, {"dataset": {"categories": ["box"]}})
    assert refused(tmp_path, "watertight", "split.json") == set()


def test_no_opengl(tmp_path):
    trimesh.creation.box([0.1, 0.1, 0.1]).export(tmp_path / "box.ply")
    (tmp_path / "camera.json").write_text(json.dumps({"width": 32, "height": 32, "fx": 50, "fy": 50, "cx": 16, "cy": 16}))
    (tmp_path / "pose.json").write_text(json.dumps({"object_to_camera": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.7], [0, 0, 0, 1]]}))
    command = [
        sys.executable,
        "-m",
        "renderfit.cli",
        "render",
        "box.ply",
        "--camera",
        "camera.json",
        "--pose",
        "pose.json",
        "--out",
        "out.png",
    ]
    nothing = {**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": str(tmp_path / "no-driver.json")}
    ended = subprocess.run([*command, "--backend", "gl"], cwd=tmp_path, env=nothing, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "no OpenGL" in ended.stderr
    assert "apt-get install" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out.png").exists()
    ended = subprocess.run(command, cwd=tmp_path, env=nothing, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "out.png").exists()
