import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from trimesh.creation import icosphere

from renderfit import config
from renderfit.errors import DataError, ShapeError
from renderfit.evaluation import vertex_error
from renderfit.geometry import Mesh, save_mesh
from renderfit.registration import files, register, register_pointcloud
from renderfit.registration.objective import View
from renderfit.registration.paper import Window


@pytest.fixture(scope="module")
def cloud(target, pose):
    placed = pose.apply(target.vertices).numpy()
    normals = target.vertex_normals().numpy() @ pose.rotation.numpy().T
    return placed[(normals * placed).sum(axis=1) < 0]


@pytest.mark.parametrize("method", ["released", "front"])
def test_cls_fits_the_cloud_at_the_known_pose(cloud, space, pose, target, method):
    found = register_pointcloud(cloud, space, pose, optimise_pose=False, method=method)
    start = vertex_error(space.model("pca").decode(np.zeros(3)), target).mean
    assert vertex_error(found.mesh, target).mean < (0.1 if method == "front" else 0.5) * start
    assert torch.allclose(found.pose.matrix, pose.matrix)


def test_cls_with_joint_pose_removes_most_of_the_noise(cloud, space, pose, noisy, target):
    truth = target.with_vertices(pose.apply(target.vertices))
    still = register_pointcloud(cloud, space, noisy, optimise_pose=False, method="front")
    found = register_pointcloud(cloud, space, noisy, method="front")
    errors = [vertex_error(target.with_vertices(fit.pose.apply(fit.mesh.vertices)), truth).mean for fit in (still, found)]
    assert errors[1] < 0.4 * errors[0]
    assert found.pose.angle_to(pose) < noisy.angle_to(pose)


def test_without_a_pose_the_cloud_is_in_the_object_frame(space, target):
    found = register_pointcloud(target.vertices.numpy(), space, optimise_pose=False)
    assert vertex_error(found.mesh, target).mean < 0.0005


@pytest.mark.parametrize(
    ("points", "options", "error", "message"),
    [
        (np.zeros((5, 2)), {}, ShapeError, "expected \\(N, 3\\)"),
        (np.zeros((3, 3)), {}, DataError, "expected at least 10"),
        (np.zeros((20, 3)), {"method": "front"}, DataError, "where the camera is"),
    ],
)
def test_bad_clouds_are_named(space, points, options, error, message):
    with pytest.raises(error, match=message):
        register_pointcloud(points, space, **options)


def test_a_cloud_that_cannot_be_meant_is_refused_with_what_it_may_be(cloud, space, pose):
    broken = cloud.copy()
    broken[::5, 1] = np.nan
    wall = np.concatenate([cloud, [[x, y, 1.5] for x in np.linspace(-1, 1, 40) for y in np.linspace(-1, 1, 40)]])
    far = cloud + np.array([0, 0, 2.0])
    cases = [
        (broken, pose, ShapeError, "points are not finite"),
        (1000 * cloud, pose, DataError, "millimetres instead of metres"),
        (wall, pose, DataError, "other things in the cloud"),
        (cloud * [1, -1, -1], pose, DataError, "behind the camera.*OpenGL axes"),
        (cloud, pose.inverse(), DataError, "camera-to-object pose"),
        (far, pose, DataError, "from the cloud; expected it near"),
        (far, None, DataError, "expected the object frame"),
    ]
    for points, start, error, message in cases:
        with pytest.raises(error, match=message):
            register_pointcloud(points, space, start)


def test_a_fit_to_another_kind_of_object_says_so(cloud, space, pose):
    good = register_pointcloud(cloud, space, pose, method="front")
    assert (good.converged, good.warnings, good.confidence) == (True, [], 1.0)
    stick = pose.apply(torch.tensor([[0.0, 0.0, 0.1]])) + torch.linspace(-0.2, 0.2, 300)[:, None] * torch.tensor([[1.0, 0.0, 0.0]])
    other = register_pointcloud(stick.numpy(), space, pose, method="front", optimise_pose=False)
    assert not other.converged
    assert "another object" in other.warnings[0]


@pytest.mark.parametrize("name", ["cloud.npy", "cloud.xyz", "cloud.csv", "cloud.ply"])
def test_clouds_are_read_from_what_people_have(cloud, tmp_path, name):
    path = tmp_path / name
    if name.endswith(".npy"):
        np.save(path, np.hstack([cloud, cloud]))  # normals or colours behind the coordinates
    elif name.endswith(".ply"):
        save_mesh(Mesh(cloud, np.zeros((0, 3), np.int64)), path)
    else:
        comma = name.endswith(".csv")
        np.savetxt(path, cloud, delimiter="," if comma else " ", header="x,y,z" if comma else "", comments="")
    assert np.allclose(files.read_points(path), cloud, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "x,y\n1,2\n"), ("a.xyz", "1 2 three\n"), ("a.npy", "nothing"), ("a.txt", "1 2 3\n4 5\n")]
)
def test_what_is_no_cloud_is_named(tmp_path, name, content):
    with pytest.raises(DataError, match="no such file"):
        files.read_points(tmp_path / name)
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=f"{name}: .*three coordinates a point"):
        files.read_points(tmp_path / name)


def test_the_command_takes_paths_from_where_the_user_is(cloud, tmp_path, monkeypatch):
    from renderfit.cli import register_cloud
    from renderfit.shapes import ShapeSpace

    balls = [Mesh(ball.vertices * [0.05 + 0.004 * k, 0.05, 0.08 - 0.006 * k], ball.faces) for k, ball in enumerate([icosphere(2)] * 4)]
    ShapeSpace.fit(balls[0], balls[1:], components=2, points=100, iterations=10).save(tmp_path / "space")
    np.save(tmp_path / "cloud.npy", balls[1].vertices.numpy())
    monkeypatch.chdir(tmp_path)
    register_cloud.command(Path("cloud.npy"), Path("space"), Path("out"), json=True)
    found = json.loads((tmp_path / "out" / "registration.json").read_text())
    assert found["converged"]
    assert set(found["provenance"]["inputs"]) == {"cloud.npy", "space"}


@pytest.fixture(scope="module")
def by_mask():
    return dataclasses.replace(config.section(config.Paper), loss="mask", shape_rate=0.03)


def test_the_paper_method_lowers_loss_and_error(by_mask, space, camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera)
    found = register(mask, space, camera, mask=mask, pose=pose, optimise_pose=False, method="paper", config=by_mask)
    start = vertex_error(space.model("pca").decode(np.zeros(3)), target).mean
    assert found.renders <= 30
    assert found.history[-1].loss < 0.3 * found.history[0].loss
    assert vertex_error(found.mesh, target).mean < 0.5 * start
    assert torch.equal(found.pose.matrix, pose.matrix.double())


def test_one_pose_update_follows_three_shape_updates(by_mask, space, camera, noisy, target, pose, mask_of):
    mask = mask_of(target, pose, camera)
    settings = dataclasses.replace(by_mask, iterations=9, plateau=0.0)
    found = register(mask, space, camera, mask=mask, pose=noisy, method="paper", config=settings)
    moved = [not np.allclose(a.pose, b.pose) for a, b in zip(found.history, found.history[1:], strict=False)]
    shaped = [not np.allclose(a.latent, b.latent) for a, b in zip(found.history, found.history[1:], strict=False)]
    assert moved == [False, False, False, True, False, False, False, True]
    assert shaped == [not entry for entry in moved]


def test_a_plateau_ends_the_iteration(by_mask, space, camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera)
    settings = dataclasses.replace(by_mask, shape_rate=0.0)
    found = register(mask, space, camera, mask=mask, pose=pose, optimise_pose=False, method="paper", config=settings)
    assert found.renders < 30
    assert found.confidence < 1
    assert any("overlap" in warning for warning in found.warnings)


def test_the_feature_loss_needs_its_network(space, camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera)
    with pytest.raises(DataError, match="segmentation network"):
        register(mask, space, camera, mask=mask, pose=pose, method="paper")


@pytest.mark.parametrize(("width", "margin"), [(128, 1.6), (96, 2.5)])
def test_the_compared_window_shows_the_object_where_its_camera_says(camera, pose, target, mask_of, width, margin):
    mask = mask_of(target, pose, camera).astype(float)
    settings = dataclasses.replace(config.section(config.Paper), width=width, margin=margin)
    window = Window.around(View(camera, mask, pose), settings)
    small = mask_of(target, pose, window.camera)
    cut = window.cut(mask)
    assert cut.shape == (width, width)
    assert ((cut >= 0.5) & small).sum() / ((cut >= 0.5) | small).sum() > 0.97
    assert max(np.ptp(axis) + 1 for axis in np.nonzero(small)) == pytest.approx(width / margin, abs=2)
