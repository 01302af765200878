"""DeepCPD: the latent that explains displacements, windows, weights and the published network's claims about itself."""

import dataclasses
import json

import numpy as np
import pytest
import torch
import trimesh

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose, save_mesh
from renderfit.registration import deepcpd
from renderfit.registration.columns import Columns
from renderfit.registration.deepcpd import fit, network, pictures, samples, training
from renderfit.registration.deepcpd import window as windows
from renderfit.rendering import rasterize
from renderfit.shapes.model import LinearModel


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

    def __init__(self, growth, height, pose):
        super().__init__()
        self.factor = torch.tensor([0.05 + 0.1 * growth, 0.05 + 0.1 * growth, 0.05 + 0.1 * growth + 0.15 * height])
        self.turn = pose.rotation.float()

    def forward(self, _photo, canonical):
        moved = torch.einsum("ij,bjhw->bihw", self.turn, canonical[:, :3] / 10 * self.factor[:, None, None])
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
    found = deepcpd.register_deepcpd(image, space, camera, mask, pose, Oracle(0.8, -0.5, pose), evidence=3000.0)
    assert found.latent.numpy() == pytest.approx([0.8, -0.5], abs=0.05)
    assert found.pose is pose
    assert found.method == "deepcpd"
    vanishing = deepcpd.register_deepcpd(image, space, camera, mask, pose, Oracle(0.8, -0.5, pose), evidence=0.0)
    assert vanishing.latent.numpy() == pytest.approx([0.0, 0.0])


def test_only_vertices_that_the_camera_sees_count(scene):
    space, camera, pose, mask, image = scene
    seen, displacement, scale = fit.predicted(Oracle(0, 0, pose), image / np.float32(255), mask, space.canonical, camera, pose, False)
    eye = pose.inverse().translation.numpy()
    vertices = space.canonical.numpy()[0]
    assert ((vertices[seen] * (eye - vertices[seen])).sum(axis=1) > -0.005).all()  # a vertex of a face that is seen
    assert 0.2 < len(seen) / len(vertices) < 0.5
    assert displacement == pytest.approx(0.05 * vertices[seen], abs=1.5e-3)
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
        deepcpd.register_deepcpd(image, space, camera, mask[::2, ::2], pose, Oracle(0, 0, pose))
    with pytest.raises(DataError, match="0 object pixels"):
        deepcpd.register_deepcpd(image, space, camera, 0 * mask, pose, Oracle(0, 0, pose))
    away = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.5, 0.0, 0.0], dtype=torch.float64))
    with pytest.raises(DataError, match="outside the window"):
        deepcpd.register_deepcpd(image, space, camera, mask, away, Oracle(0, 0, pose))


def test_weights_come_back_as_they_were_written(tmp_path):
    torch.manual_seed(0)
    made = network.DisplacementNet().eval()
    network.save(made, tmp_path, {"data": {"ball": network.meshes_hash([])}})
    inputs = torch.rand(1, 4, windows.SIDE, windows.SIDE), torch.rand(1, windows.CHANNELS, windows.SIDE // 2, windows.SIDE // 2)
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
    assert about["steps"] > section.steps
    assert about["photographs"] > section.pictures
    assert set(about["data"]) == {"bottle", "camera", "drill", "spray"}
    assert sum(value.numel() for value in deepcpd.load(network.PUBLISHED).parameters()) == about["parameters"]
    assert about["curve_mm"][-1][1] < about["curve_mm"][0][1]


def test_the_rate_rises_falls_and_cools():
    rates = [training.rate_factor(step, 200) for step in range(200)]
    assert rates[0] < rates[9] > rates[60] > rates[179]
    assert rates[199] < 0.2 * rates[179]


def test_a_noisy_canonical_is_rendered_in_the_middle_of_its_own_window(scene):
    space, camera, pose, mask, _ = scene
    window = windows.around(mask > 0.5)
    away = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.06, -0.03, 0.0], dtype=torch.float64))
    exact, shifted = (windows.rendered(space.canonical, camera, away, window, noise) for noise in (False, True))
    assert exact.window == window
    assert shifted.window.side == window.side
    assert bool((exact.channels[-1] == 0).all())
    assert bool((shifted.channels[-1] == 1).all())

    def middle(rendered):
        return torch.nonzero(rendered.channels[samples.COVERAGE] > 0.5).float().mean(dim=0)

    assert middle(shifted).numpy() == pytest.approx([windows.SIDE / 4 - 0.5] * 2, abs=0.7)
    assert abs(middle(exact) - middle(shifted)).max() > 2


def test_what_is_rendered_agrees_along_both_axes(scene):
    space, camera, pose, mask, _ = scene
    found = windows.rendered(space.canonical, camera, pose, windows.around(mask > 0.5), False).channels
    seen = found[samples.COVERAGE] > 0.5
    assert found[4:7, seen].numpy() == pytest.approx((pose.rotation.float() @ found[:3, seen]).numpy(), abs=1e-5)
    outward = found[4:7, seen] / found[4:7, seen].norm(dim=0)
    assert (outward * found[7:10, seen]).sum(dim=0).numpy() == pytest.approx(1.0, abs=0.02)


def test_a_sample_pairs_the_window_with_the_displacement_of_what_the_render_shows(monkeypatch, scene):
    space, camera, pose, mask, image = scene
    vertices = space.canonical.numpy()[0]
    monkeypatch.setattr(samples, "category_of", lambda source, number: type("Ball", (), {"canonical": space.canonical}))
    monkeypatch.setattr(samples, "camera_of", lambda source: camera)
    photo = pictures.Painted(image, mask, pose.matrix.numpy(), 0, 0.1 * vertices)
    picture, canonical, target = samples.sample(None, photo, samples.Noise(0.0, 0.0), np.random.default_rng(0))
    assert picture.shape == (4, windows.SIDE, windows.SIDE)
    seen = canonical[samples.COVERAGE] > 0.5
    assert bool(seen.any())
    assert target[:, seen] * network.UNIT == pytest.approx(0.1 * canonical[4:7, seen].numpy() / 10, abs=1e-6)


@pytest.fixture
def drawn(monkeypatch):
    """Replace the painting of a chunk by noise, told apart by its number."""

    def chunk(_source, _noise, number, starts):
        generator, size = np.random.default_rng(number), samples.PICTURES * starts
        photo = generator.integers(0, 255, (size, 4, windows.SIDE, windows.SIDE), dtype=np.uint8)
        canonical = generator.random((size, windows.CHANNELS, windows.SIDE // 2, windows.SIDE // 2)).astype(np.float16)
        return samples.Samples(photo, canonical, canonical[:, :3])

    monkeypatch.setattr(samples, "chunk", chunk)


def test_an_interrupted_training_goes_on_to_the_same_weights(monkeypatch, drawn, tmp_path):
    from renderfit import config

    source = type("Source", (), {"left_out": (), "data_hashes": lambda self: {}})()
    settings = config.Deepcpd(pictures=80, starts=1, steps=6, batch=2, painters=0)
    monkeypatch.setattr(training, "SAVE_EVERY", 3)
    monkeypatch.setattr(training, "CURVE_EVERY", 3)
    monkeypatch.setattr(training, "POOL", 3)
    whole, about = training.train(source, settings, samples.Noise(0.0, 0.0), tmp_path / "whole")
    other = dataclasses.replace(settings, evidence=1.0)  # does not change the training
    again, known = training.train(source, other, samples.Noise(0.0, 0.0), tmp_path / "whole")
    assert [tuple(entry) for entry in known["curve_mm"]] == about["curve_mm"]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    with pytest.raises(DataError, match="delete it to start anew"):
        training.train(source, dataclasses.replace(settings, rate=1e-3), samples.Noise(0.0, 0.0), tmp_path / "whole")


def test_batches_do_not_depend_on_where_a_training_begins(drawn):
    from renderfit import config

    settings = config.Deepcpd(pictures=800, starts=1, steps=30, batch=4, painters=0)
    whole = dict(training._batches(None, settings, None, 0))
    for step, parts in training._batches(None, settings, None, 17):
        for one, other in zip(parts, whole[step], strict=True):
            assert torch.equal(one, other)


@pytest.fixture
def instance_source(monkeypatch, tmp_path):
    """A category of two balls, one larger and one taller than the canonical."""
    ball = Space().canonical
    vertices = ball.numpy()[0]
    fields = np.stack([0.1 * vertices, vertices * [0, 0, 0.2]])
    names = tuple(str(tmp_path / f"{number}.ply") for number in range(2))
    for name, field in zip(names, fields, strict=True):
        save_mesh(ball.with_vertices(ball.vertices + torch.as_tensor(field)), name)
    category = pictures.Category(ball, fields, names)
    monkeypatch.setattr(pictures, "category_of", lambda source, number: category)
    pictures._held.cache_clear()
    return pictures.Source((str(tmp_path),), (names,), (128, 210.0, 0.7), (10.0, 55.0))


def test_stretched_mixtures_are_painted_with_what_moved_them(instance_source):
    found = [pictures.paint(instance_source, index) for index in range(4)]
    again = pictures.paint(instance_source, 3)
    assert np.array_equal(found[3].image, again.image)
    assert np.array_equal(found[3].displacement, again.displacement)
    sizes = [np.ptp(pictures.category_of(instance_source, one.category).canonical.numpy()[0] + one.displacement, axis=0) for one in found]
    assert len({tuple(size) for size in sizes}) == len(sizes)
    for one in found:
        assert (one.coverage >= 0.5).any()
