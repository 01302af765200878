"""CPU seconds per registration on one core, after warm-up: ``OMP_NUM_THREADS=1 pytest benchmarks/registration.py --benchmark-only``.

Uses the first test instance of each category in artifacts/ with its true mask, so that the network's time is apart.
"""

import time

import pytest

from renderfit import config
from renderfit.evaluation.instance import depth_cloud, load_instance
from renderfit.registration import register, register_pointcloud

CATEGORIES = config.section(config.Dataset).categories


@pytest.fixture(scope="module", params=CATEGORIES)
def instance(request):
    return load_instance(request.param, "t1")


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("model", ["pca", "rich"])
@pytest.mark.parametrize("noise", [False, True], ids=["known", "noise"])
def test_ours(benchmark, instance, model, noise):
    view = instance.views[0]
    start = view.noisy_pose if noise else view.pose
    arguments = (view.image, instance.space, view.camera, view.mask, start, noise)
    found = benchmark.pedantic(register, arguments, {"model": model}, rounds=5, warmup_rounds=1)
    assert found.renders > 0


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("method", ["released", "front"])
def test_cls(benchmark, instance, method):
    view = instance.views[0]
    arguments = (depth_cloud(view, 0), instance.space, view.noisy_pose, method == "front", method)
    found = benchmark.pedantic(register_pointcloud, arguments, rounds=3, warmup_rounds=1)
    assert found.history
