import dataclasses

import numpy as np
import pytest
import torch

from renderfit import config
from renderfit.errors import DataError, ShapeError
from renderfit.evaluation import vertex_error
from renderfit.registration import register, register_pointcloud
from renderfit.registration.objective import View
from renderfit.registration.paper import WIDTH, Window


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


def test_the_compared_window_shows_the_object_where_its_camera_says(camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera).astype(float)
    window = Window.around(View(camera, mask, pose))
    small = mask_of(target, pose, window.camera)
    cut = window.cut(mask)
    assert cut.shape == (WIDTH, WIDTH)
    assert ((cut >= 0.5) & small).sum() / ((cut >= 0.5) | small).sum() > 0.97
