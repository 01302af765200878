import numpy as np
import pytest
import torch

from renderfit import config
from renderfit.datasets import views
from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.photo import props

CAMERA = Camera.centred(48, 80.0)
BAND = config.Views()


@pytest.fixture(scope="module")
def view():
    vertices, faces = props.box()
    mesh = Mesh(torch.as_tensor(vertices * 0.05), torch.as_tensor(faces))
    return views.sample_view(mesh, CAMERA, 11, BAND, 0.7)


def test_a_view_comes_back_from_its_folder(view, tmp_path):
    views.save_view(view, tmp_path / "a")
    loaded = views.load_view(tmp_path / "a")
    for name in ("image", "mask", "depth"):
        assert np.array_equal(getattr(view, name), getattr(loaded, name)), name
    assert loaded.camera == view.camera
    assert torch.equal(loaded.noisy_pose.matrix, view.noisy_pose.matrix)
    views.save_view(loaded, tmp_path / "b")
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_missing_or_foreign_file_is_named(view, tmp_path):
    views.save_view(view, tmp_path)
    np.save(tmp_path / "depth.npy", np.zeros((4, 4)))
    with pytest.raises(DataError, match="depth"):
        views.load_view(tmp_path)
    (tmp_path / "depth.npy").unlink()
    with pytest.raises(DataError, match=r"image.png, mask.png"):
        views.load_view(tmp_path)


def test_cameras_lie_on_the_band_and_look_at_the_target():
    generator, target = np.random.default_rng(0), torch.tensor([0.0, 0.0, 0.1])
    for _ in range(50):
        pose = views.band_pose(generator, target, 0.7, 10, 55)
        eye = pose.inverse().translation - target
        assert float(eye.norm()) == pytest.approx(0.7)
        assert 10 <= np.degrees(np.arcsin(float(eye[2]) / 0.7)) <= 55
        assert torch.allclose(pose.apply(target.double()), torch.tensor([0, 0, 0.7]).double(), atol=1e-9)


def test_noise_stays_in_its_ranges_and_keeps_the_depth():
    generator = np.random.default_rng(1)
    pose = Pose.look_at(torch.tensor([0.5, 0.2, 0.4]), torch.zeros(3))
    offsets, angles = [], []
    for _ in range(200):
        start = views.disturbed(pose, generator, 0.05, 15.0)
        offsets.append((start.translation - pose.translation).numpy())
        angles.append(pose.angle_to(start))
    offsets = np.array(offsets)
    assert np.abs(offsets[:, :2]).max() <= 0.05
    assert np.abs(offsets[:, :2]).max() > 0.045
    assert (offsets[:, 2] == 0).all()
    assert max(angles) < 27
    assert np.mean(angles) == pytest.approx(14, abs=1.5)


def test_seeds_of_names_are_fixed():
    assert views.seed_of(7, "bottle-t1", 0) == views.seed_of(7, "bottle-t1", 0) != views.seed_of(7, "bottle-t1", 1)
