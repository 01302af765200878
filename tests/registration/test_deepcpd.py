"""DeepCPD: the latent that explains displacements, windows, weights and the published network's claims about itself."""

import json

import numpy as np
import pytest
import torch
import trimesh

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import deepcpd
from renderfit.registration.columns import Columns
from renderfit.registration.deepcpd import fit, network, training
from renderfit.registration.deepcpd import window as windows
from renderfit.rendering import rasterize
from renderfit.shapes.model import LinearModel
from renderfit.vision.windows import Window


class Space:
    """A ball that grows (first parameter) and gets taller (second)."""

    def __init__(self):
        ball = trimesh.creation.icosphere(subdivisions=3, radius=0.08)
        vertices, faces = np.array(ball.vertices), np.array(ball.faces, dtype=np.int64)
        self.canonical = Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))
        basis = np.stack([0.1 * vertices, vertices * [0, 0, 0.15]])
        self._model = LinearModel(1.05 * vertices, basis, faces, {"global": slice(0, 2)})

    def model(self, _name="pca"):
        return self._model


class Oracle(torch.nn.Module):
    """Predicts the true displacement of a shape of the space at every pixel, from the canonical's coordinates."""

    def __init__(self, growth, height):
        super().__init__()
        self.factor = torch.tensor([0.05 + 0.1 * growth, 0.05 + 0.1 * growth, 0.05 + 0.1 * growth + 0.15 * height])

    def forward(self, _photo, canonical):
        moved = canonical[:, :3] / 10 * self.factor[:, None, None]
        return moved / network.UNIT, torch.full_like(canonical[:, 0], 0.1)


@pytest.fixture
def scene():
    space, camera = Space(), Camera.centred(128, 210.0)
    pose = Pose.look_at(torch.tensor([0.5, 0.3, 0.4]), torch.zeros(3))
    vertices, faces = space.canonical.numpy()
    mask = rasterize(pose.apply(torch.as_tensor(vertices)), faces, camera, backend="cpu").mask
    return space, camera, pose, mask.astype(np.float32), np.full((128, 128, 3), 90, np.uint8)


def test_true_displacements_of_the_visible_side_give_the_true_latent(scene):
    space, camera, pose, mask, image = scene
    found = deepcpd.register_deepcpd(image, space, camera, mask, pose, Oracle(0.8, -0.5), evidence=3000.0)
    assert found.latent.numpy() == pytest.approx([0.8, -0.5], abs=0.05)
    assert found.pose is pose
    assert found.method == "deepcpd"
    vanishing = deepcpd.register_deepcpd(image, space, camera, mask, pose, Oracle(0.8, -0.5), evidence=0.0)
    assert vanishing.latent.numpy() == pytest.approx([0.0, 0.0])


def test_only_vertices_that_the_camera_sees_count(scene):
    space, camera, pose, mask, image = scene
    seen, displacement, scale = fit.predicted(Oracle(0, 0), image / np.float32(255), mask, space.canonical, camera, pose)
    eye = pose.inverse().translation.numpy()
    vertices = space.canonical.numpy()[0]
    assert ((vertices[seen] * (eye - vertices[seen])).sum(axis=1) > 0).all()
    assert 0.2 < len(seen) / len(vertices) < 0.5
    assert displacement == pytest.approx(0.05 * vertices[seen], abs=1e-3)
    assert scale == pytest.approx(np.full(len(seen), 0.1 * network.UNIT))


def test_uncertain_vertices_weigh_less():
    space = Space()
    columns, vertices = Columns.of_space(space, "pca"), space.canonical.numpy()[0]
    chosen = np.arange(len(vertices))
    truth = columns.decode(np.array([1.0, 0.0])) - vertices
    wrong = truth.copy()
    wrong[::2] += 0.02
    scale = np.where(chosen % 2 == 0, 0.05, 0.0005)
    assert fit.latent_of(columns, vertices, chosen, wrong, scale, 300.0) == pytest.approx([1.0, 0.0], abs=0.02)


def test_bad_masks_and_poses_are_refused(scene):
    space, camera, pose, mask, image = scene
    with pytest.raises(ShapeError, match=r"mask has shape \(64, 64\)"):
        deepcpd.register_deepcpd(image, space, camera, mask[::2, ::2], pose, Oracle(0, 0))
    with pytest.raises(DataError, match="0 object pixels"):
        deepcpd.register_deepcpd(image, space, camera, 0 * mask, pose, Oracle(0, 0))
    away = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.5, 0.0, 0.0], dtype=torch.float64))
    with pytest.raises(DataError, match="outside the window"):
        deepcpd.register_deepcpd(image, space, camera, mask, away, Oracle(0, 0))


def test_weights_come_back_as_they_were_written(tmp_path):
    torch.manual_seed(0)
    made = network.DisplacementNet().eval()
    network.save(made, tmp_path, {"data": {"ball": network.meshes_hash([])}})
    inputs = torch.rand(1, 4, windows.SIDE, windows.SIDE), torch.rand(1, 4, windows.SIDE // 2, windows.SIDE // 2)
    with torch.no_grad():
        before, after = made(*inputs)[0], deepcpd.load(tmp_path)(*inputs)[0]
    assert after == pytest.approx(before, abs=2e-2)
    assert deepcpd.trained_on(tmp_path, "ball", [])
    assert not deepcpd.trained_on(tmp_path, "cube", [])
    (tmp_path / network.WEIGHTS).write_bytes(b"broken")
    with pytest.raises(DataError, match="renderfit train deepcpd"):
        deepcpd.load(tmp_path)


def test_the_published_weights_say_what_they_are():
    from renderfit import config

    about = json.loads((network.PUBLISHED / network.DESCRIPTION).read_text())
    section = config.section(config.Deepcpd)
    for name, entry in (("photographs", section.pictures), ("steps", section.steps), ("horizon", section.horizon), ("seed", section.seed)):
        assert about[name] == entry
    assert set(about["data"]) == {"bottle", "camera", "drill", "spray"}
    assert sum(value.numel() for value in deepcpd.load(network.PUBLISHED).parameters()) == about["parameters"]
    assert about["curve_mm"][-1][1] < about["curve_mm"][0][1]


def test_the_rate_rises_falls_and_cools():
    from renderfit import config

    settings = config.Deepcpd(steps=100, horizon=200, cooling=20)
    rates = [training.rate_factor(step, settings) for step in range(100)]
    assert rates[0] < rates[9] > rates[60] > rates[79]
    assert rates[99] < 0.1 * rates[79]


def test_a_sample_pairs_the_window_with_the_displacement_of_what_the_render_shows(monkeypatch, scene):
    space, camera, pose, mask, image = scene
    vertices = space.canonical.numpy()[0]
    category = type("Ball", (), {"canonical": space.canonical, "displacement": lambda self, mix: mix[0] * vertices})()
    monkeypatch.setattr(training, "category_of", lambda source, number: category)
    monkeypatch.setattr(training, "camera_of", lambda source: camera)
    photo = {"image": image, "coverage": (255 * mask).astype(np.uint8), "pose": pose.matrix.numpy(), "category": 0, "mix": np.array([0.1])}
    picture, canonical, target, seen = training.sample(None, photo, training.Noise(0.0, 0.0), np.random.default_rng(0))
    assert picture.shape == (4, windows.SIDE, windows.SIDE)
    assert bool(seen.any())
    assert target[:, seen] * network.UNIT == pytest.approx(0.1 * canonical[:3, seen] / 10, abs=1e-6)
    assert isinstance(windows.around(mask > 0.5), Window)
