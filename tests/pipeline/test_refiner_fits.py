"""Starts for the refiner's training: registrations of painted photographs."""

import numpy as np
import pytest
import torch
import trimesh

from renderfit import Mesh, Pose, ShapeSpace
from renderfit.geometry import save_mesh
from renderfit.pipeline import refiner_fits
from renderfit.rendering.photo import Style
from renderfit.vision.refiner_fits import load_fits
from renderfit.vision.refiner_pictures import Pictures, load_chunk
from renderfit.vision.refiner_shapes import save_category

EASY = Style(backgrounds=("plain",), clutter=0, noise=0.3, dome=3, dome_size=24, shadow_size=48, defocus=0.0)


def can(width, height):
    ball = trimesh.creation.icosphere(3)
    lobe = 0.3 * width * np.exp(-((ball.vertices - [1, 0, 0.5]) ** 2).sum(1))[:, None]
    vertices = ball.vertices * [width, width, height] + [0, 0, height] + lobe
    return Mesh(torch.as_tensor(vertices), torch.as_tensor(np.asarray(ball.faces)))


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    family = [can(0.05, 0.08), can(0.06, 0.08), can(0.06, 0.1), can(0.04, 0.1)]
    space = ShapeSpace.fit(can(0.05, 0.09), family, components=2, points=162, iterations=50)
    save_mesh(space.canonical, tmp_path / "can.ply")
    model = space.model("rich")
    save_category(tmp_path / "can.npz", model.mean, model.basis, model.faces, np.zeros((1, len(model.basis))), [tmp_path / "can.ply"])
    monkeypatch.setattr(refiner_fits, "_space", lambda category, instance: space)
    return Pictures((str(tmp_path / "can.npz"),), EASY, seed=5, chunk=4)


def test_photographs_are_registered_once_nearly_at_their_poses(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(refiner_fits, "TRUE", 1.0)
    for _ in range(2):
        refiner_fits.fit_chunk(pictures, 0, str(tmp_path), str(tmp_path / "fits"))
        monkeypatch.setattr(refiner_fits, "fit", None)  # the second time the file is there
    photos, fits = load_chunk(str(tmp_path / "00000.npz")), load_fits(tmp_path / "fits" / "00000.npz")
    poses = [Pose.from_parts(torch.as_tensor(pose[:3, :3]), torch.as_tensor(pose[:3, 3])) for pose in photos["pose"]]
    found = [Pose.from_parts(torch.as_tensor(fit.pose[:3, :3]), torch.as_tensor(fit.pose[:3, 3])) for fit in fits]
    # The cans hardly show a turn about their axis; across the view they must be found.
    assert max(float((a.translation - b.translation)[:2].norm()) for a, b in zip(poses, found, strict=True)) < 0.01
    assert all(fit.known.shape == fit.vertices.shape and not np.array_equal(fit.known, fit.vertices) for fit in fits)


def test_a_photograph_whose_object_is_not_found_has_no_fit(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(refiner_fits, "TRUE", 0.0)
    monkeypatch.setattr(refiner_fits, "_seen", lambda image, category: np.zeros(image.shape[:2]))
    chunk = load_chunk(refiner_fits.paint_chunk(pictures, 0, str(tmp_path)))
    assert refiner_fits.fit({name: values[0] for name, values in chunk.items()}, pictures, 0) is None
