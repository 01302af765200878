"""Records computed by the workers of a Dask scheduler are those computed here."""

import multiprocessing
import threading

import numpy as np
import pytest
import torch
import trimesh
from distributed import LocalCluster

from renderfit import config
from renderfit.datasets.views import View
from renderfit.errors import ConfigError
from renderfit.evaluation import methods, scoring
from renderfit.evaluation.instance import Instance
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.pipeline import fanout, kernels
from renderfit.pipeline.reproduce import reproduce
from renderfit.rendering import rasterize
from renderfit.shapes.model import LinearModel


class Space:
    """A ball that grows and shrinks."""

    def __init__(self, model):
        self._model = model

    def model(self, _name="pca"):
        return self._model


def record(number):
    """Register one view of a ball and return its record and the worker that did it."""
    ball = trimesh.creation.icosphere(subdivisions=2, radius=0.08)
    vertices, faces = np.array(ball.vertices), np.array(ball.faces, dtype=np.int64)
    mesh, camera = Mesh(torch.as_tensor(vertices), torch.as_tensor(faces)), Camera.centred(48, 79.0)
    pose = Pose.look_at(torch.tensor([0.5, 0.3, 0.4 + 0.1 * number]), torch.zeros(3))
    seen = rasterize(pose.apply(mesh.vertices), faces, camera, backend="cpu")
    view = View(np.full((48, 48, 3), 100, np.uint8), seen.mask, seen.depth.astype(np.float32), camera, pose, pose)
    space = Space(LinearModel(vertices, 0.1 * vertices[None], faces, {"global": slice(0, 1)}))
    instance = Instance("ball", "t1", "round", space, [view], mesh.with_vertices(1.1 * mesh.vertices), [])
    found = methods.METHODS["cls_pose"].run(instance, view, None, None, pose, False, number)
    return scoring.scored(instance, "cls_pose", 0, False, found, view).record, threading.get_ident()


@pytest.fixture(scope="module")
def scheduler():
    """Two workers in this process, found by their scheduler's address; `test_tools` has some in processes of their own."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def test_two_workers_give_the_records_of_a_serial_run(scheduler, monkeypatch):
    monkeypatch.setenv("RENDERFIT_BACKEND", "serial")
    here = fanout.fan_out(record, [(number,) for number in range(4)], "balls")
    monkeypatch.setenv("RENDERFIT_BACKEND", "dask")
    monkeypatch.setenv("RENDERFIT_SCHEDULER", scheduler)
    assert fanout.chosen() == config.Compute(backend="dask", jobs=config.section(config.Compute).jobs, scheduler=scheduler)
    there = fanout.fan_out(record, [(number,) for number in range(4)], "balls")
    assert [found for found, _ in there] == [found for found, _ in here]
    assert {worker for _, worker in here} == {threading.get_ident()}
    assert threading.get_ident() not in {worker for _, worker in there}


def test_the_command_line_refuses_what_no_backend_can_use():
    with pytest.raises(ConfigError, match="scheduler 'tcp://host:1' without the backend"):
        reproduce("smoke", backend="loky", scheduler="tcp://host:1")
    with pytest.raises(ConfigError, match=r"compute\.backend is 'cluster'"):
        reproduce("smoke", backend="cluster")


def test_workers_that_dask_watches_over_may_start_kernels(monkeypatch):
    here = multiprocessing.current_process()
    monkeypatch.setitem(here._config, "daemon", True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(kernels.LIBRARIES))  # its server stays for the tests that follow
    with kernels._as_a_kernel_is_started():
        child = context.Process(target=len, args=((),))
        child.start()
    child.join()
    assert child.exitcode == 0
    assert here.daemon
