import numpy as np
import pytest
import torch
import trimesh
from distributed import LocalCluster

from renderfit import rendering
from renderfit.errors import ConfigError, DataError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration import basin, register_many, transfer_grasp
from renderfit.shapes import ShapeSpace


@pytest.fixture(scope="module")
def task(space, camera, pose, target, mask_of):
    mask = mask_of(target, pose, camera)
    return {"image": mask, "space": space, "camera": camera, "mask": mask, "pose": pose, "optimise_pose": False, "model": "pca"}


def ellipsoid(width, height):
    ball = trimesh.creation.icosphere(2)
    return Mesh(ball.vertices * [width, width, height], ball.faces)


@pytest.fixture(scope="module")
def tasks():
    """Four registrations, one of which cannot be done; of a fitted space, as workers do not know the classes of these tests.

    All so small that numpy does not spread their sums over threads, in whatever environment the tests run.
    """
    family = [ellipsoid(0.05, 0.08), ellipsoid(0.06, 0.08), ellipsoid(0.06, 0.1), ellipsoid(0.04, 0.1)]
    space = ShapeSpace.fit(ellipsoid(0.05, 0.09), family, components=2, points=162, iterations=50)
    camera, pose = Camera.centred(96, 158.0), Pose.look_at(torch.tensor([0.4, 0.4, 0.3]), torch.zeros(3))
    start = Pose.from_parts(pose.rotation, pose.translation + torch.tensor([0.01, 0.0, 0.0]))
    found = []
    for width in (0.045, 0.06, 0.055):
        truth = ellipsoid(width, 0.09)
        mask = rendering.rasterize(pose.apply(truth.vertices), truth.faces, camera, backend="cpu").mask
        found.append({"image": mask, "space": space, "camera": camera, "mask": mask, "pose": start})
    return [*found, found[0] | {"mask": np.zeros((96, 96))}]


@pytest.fixture(scope="module")
def here(tasks):
    return register_many(tasks, "serial")


def same(ours, theirs):
    """Tell whether two lists of results are the same to the last bit."""
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if not isinstance(a, DataError)]
    assert [str(a) for a in ours if isinstance(a, DataError)] == [str(b) for b in theirs if isinstance(b, DataError)]
    assert len(pairs) == len(ours) - 1
    parts = [(a.latent, b.latent) for a, b in pairs] + [(a.pose.matrix, b.pose.matrix) for a, b in pairs]
    return all(torch.equal(a, b) for a, b in parts) and all(np.array_equal(a.covariance, b.covariance) for a, b in pairs)


def test_worker_processes_find_what_a_loop_finds_to_the_last_bit(tasks, here):
    assert same(here, register_many(tasks, "loky", jobs=2))


def test_workers_of_a_dask_cluster_find_what_a_loop_finds_to_the_last_bit(tasks, here):
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        assert same(here, register_many(tasks, "dask", scheduler=cluster.scheduler_address))


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
