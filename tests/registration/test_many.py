import numpy as np
import pytest
import torch

from renderfit.errors import ConfigError, DataError, ShapeError
from renderfit.geometry import Mesh, Pose
from renderfit.registration import basin, register_many, transfer_grasp


@pytest.fixture(scope="module")
def task(space, camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera)
    return {"image": mask, "space": space, "camera": camera, "mask": mask, "pose": pose, "optimise_pose": False, "model": "pca"}


def test_a_failing_task_leaves_its_error_and_the_others_go_on(task):
    first, broken, second = register_many([task, task | {"mask": np.zeros((256, 256))}, task], "serial")
    assert isinstance(broken, DataError)
    assert torch.equal(first.latent, second.latent)


def test_unknown_backends_and_missing_schedulers_are_named(task):
    with pytest.raises(ConfigError, match='expected "serial"'):
        register_many([task], "threads")
    with pytest.raises(ConfigError, match="address of a scheduler"):
        register_many([task], "dask")
    with pytest.raises(ConfigError, match="jobs is -2"):
        register_many([task], "loky", jobs=-2)


def test_the_basin_holds_the_truth_and_not_everything(task, pose, target):
    common = {k: task[k] for k in ("image", "space", "camera", "mask")}
    found = basin(**common, pose=pose, truth=target, translations=(0.0, 0.03), rotations=(0.0, 90.0), draws=2, model="pca")
    assert found.success.shape == (2, 2)
    assert found.success[0, 0] == found.success[1, 0] == 1
    assert found.success[:, 1].mean() < 1


def test_a_rigid_motion_carries_the_grasp_exactly(space, pose):
    canonical = space.model("pca").decode(np.zeros(3))
    moved = canonical.with_vertices(pose.apply(canonical.vertices))
    grasp = Pose.from_parts(torch.eye(3).double(), torch.tensor([0.0, 0.05, 0.1]))
    carried = transfer_grasp(grasp, canonical, moved, contacts=[[0.01, 0, 0], [-0.01, 0, 0]])
    assert torch.allclose(carried.matrix, (pose @ grasp).matrix.double(), atol=1e-9)


def test_a_grasp_follows_the_part_it_holds(space):
    model = space.model("pca")
    canonical, taller = model.decode(np.zeros(3)), model.decode(np.array([0.0, 2.0, 0.0]))
    top = int(canonical.vertices[:, 2].argmax())
    grasp = Pose.from_parts(torch.eye(3).double(), canonical.vertices[top])
    carried = transfer_grasp(grasp, canonical, taller)
    assert float((carried.translation - taller.vertices[top]).norm()) < 0.004
    with pytest.raises(ShapeError, match="same mesh"):
        transfer_grasp(grasp, canonical, Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]))
