import json

import numpy as np
import pytest
import torch
from scenes import AWAY, camera, sphere

from renderfit.cli import main
from renderfit.evaluation import memory
from renderfit.evaluation.gradient_accuracy import check_gradients
from renderfit.evaluation.runtime import measure, write
from renderfit.geometry import save_mesh


def run(capsys, *arguments: object) -> tuple[int, dict]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out = capsys.readouterr().out.strip()
    return ended.value.code, json.loads(out.splitlines()[-1]) if out else {}


def test_render_writes_image_mask_and_depth(tmp_path, capsys):
    save_mesh(sphere(), tmp_path / "ball.ply")
    camera().save(tmp_path / "camera.json")
    AWAY.save(tmp_path / "pose.json")
    common = ("render", tmp_path / "ball.ply", "--camera", tmp_path / "camera.json", "--pose", tmp_path / "pose.json", "--json")
    extra = ("--mask", tmp_path / "mask.png", "--depth-map", tmp_path / "depth.npy", "--shading", "lambert")
    status, answer = run(capsys, *common, "--out", tmp_path / "image.png", *extra)
    depth = np.load(tmp_path / "depth.npy")
    assert status == 0
    assert answer["coverage"] == pytest.approx((depth > 0).mean())
    assert (tmp_path / "image.png").stat().st_size > 100
    for bad in (("--out", tmp_path / "image.xyz"), ("--out", tmp_path / "image.png", "--shading", "neon")):
        assert run(capsys, *common, *bad)[0] == 2


def test_doctor_says_what_is_used(capsys):
    status, answer = run(capsys, "doctor", "--json")
    assert status == 0
    assert answer["torch"] == torch.__version__
    assert set(answer["backend"].values()) <= {"gl", "cpu"}
    assert answer["sharing"].startswith(("on", "off: "))


def test_memory_of_a_pass_is_as_promised():
    (row,) = memory.measure([(3000, 512)])
    assert row["faces"] > 5000
    assert 0 < row["share"] <= 1


def test_runtime_lists_what_is_not_measured(tmp_path):
    result = measure((100,), (32,), 1)
    assert {row["renderer"] for row in result["rows"]} >= {"renderfit (cpu)", "renderfit (gl)"}
    assert all(row["cpu_ms"] > 0 for row in result["rows"])
    assert result["not_measured"]["nvdiffrast"].startswith("not measured")
    assert json.loads(write(result, tmp_path / "runtime.json").read_text())["machine"] == result["machine"]


@pytest.mark.parametrize(
    ("name", "cosine", "low", "high"), [("drill", 0.995, 0.95, 1.10), ("two", 0.99, 0.9, 1.15), ("crossing", 0.99, 0.9, 1.15)]
)
def test_the_edge_estimator_is_as_accurate_as_recorded(name, cosine, low, high):
    for row in check_gradients(name, 1000, 96, ("edge",), seeds=2):
        assert row["cosine_min"] >= cosine, row
        assert low <= row["magnitude_min"] <= row["magnitude_max"] <= high, row
