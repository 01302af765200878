import json

import pytest
import torch

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera


def test_scaling_and_cropping_move_projections_with_the_pixels():
    camera = Camera(640, 480, 500.0, 510.0, 300.0, 250.0)
    point = torch.tensor([0.05, -0.02, 0.8], dtype=torch.float64)
    pixel = camera.project(point)
    torch.testing.assert_close(camera.scaled(0.5).project(point), pixel / 2)
    torch.testing.assert_close(camera.cropped(100, 50, 64, 64).project(point), pixel - torch.tensor([100.0, 50.0]))


def test_orthographic_projection_ignores_depth():
    camera = Camera(64, 64, 200.0, 200.0, 32.0, 32.0, orthographic=True)
    near, far = camera.project(torch.tensor([[0.05, 0.02, 0.5], [0.05, 0.02, 5.0]]))
    assert torch.equal(near, far)


def test_bad_cameras_are_named(tmp_path):
    with pytest.raises(ShapeError, match="0 x 64"):
        Camera(0, 64, 1, 1, 0, 0)
    with pytest.raises(ShapeError, match="positive"):
        Camera(64, 64, -1, 1, 0, 0)
    (tmp_path / "camera.json").write_text('{"width": 64}')
    with pytest.raises(DataError, match="fx"):
        Camera.load(tmp_path / "camera.json")


def test_file_round_trip(tmp_path):
    camera = Camera.centred(256, 420.0)
    camera.save(tmp_path / "camera.json")
    assert Camera.load(tmp_path / "camera.json") == camera


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fx": None}, "fx is None; expected a number"),
        ({"fx": "500"}, "fx is '500'; expected a number"),
        ({"width": True}, "width is True; expected a number"),
        ({"orthographic": 1}, "orthographic is 1; expected true or false"),
        ({"fx": -500}, "positive"),
        ({"fx": float("nan")}, "camera.json: camera has fx nan"),
        ({"distortion": [0.1]}, "lacks nothing, has distortion besides; .* undo distortion"),
        ({"fx": 0.8, "fy": 1.1, "cx": 0.5, "cy": 0.5}, "expected pixels: in units of the image's width"),
    ],
)
def test_numbers_of_a_camera_file_are_checked_by_name(tmp_path, changed, said):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({"width": 640, "height": 480, "fx": 500, "fy": 500, "cx": 320, "cy": 240} | changed))
    with pytest.raises(DataError, match=said):
        Camera.load(path)


def test_other_camera_files_are_told_where_the_numbers_stand(tmp_path):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({"K": [[500, 0, 320], [0, 500, 240], [0, 0, 1]], "width": 640, "height": 480}))
    with pytest.raises(DataError, match=r"lacks cx, cy, fx, fy, has K besides; .* fx = K\[0\]\[0\]"):
        Camera.load(path)
    for content, said in {"[]": "holds a list", "7": "holds 7", "{": "Expecting", "": "Expecting"}.items():
        path.write_text(content)
        with pytest.raises(DataError, match=said):
            Camera.load(path)
    with pytest.raises(DataError, match="No such file"):
        Camera.load(tmp_path / "none.json")


def test_a_byte_order_mark_is_passed_over(tmp_path):
    camera = Camera.centred(256, 420.0)
    camera.save(tmp_path / "camera.json")
    (tmp_path / "marked.json").write_text((tmp_path / "camera.json").read_text(), encoding="utf-8-sig")
    assert Camera.load(tmp_path / "marked.json") == camera
