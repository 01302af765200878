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
