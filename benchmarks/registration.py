"""CPU seconds of one registration on one thread: ``OMP_NUM_THREADS=1 python benchmarks/registration.py``.

Writes ``results/registration_speed.json``: every method at the known pose and under pose noise on the first views of all test
instances, with their true masks, so that the network's time is apart; it has a row of its own. Each call is made once unmeasured
for each instance, so that kernels are compiled and what an instance keeps is kept. CPU time hardly depends on what else the
machine does, but a little: the load stands beside the times.
"""

import argparse
import json
import logging
import statistics
import time

import torch

from renderfit import paths
from renderfit.datasets import load_split
from renderfit.evaluation.instance import depth_cloud, load_instance
from renderfit.evaluation.runtime import machine
from renderfit.provenance import provenance
from renderfit.registration import register, register_pointcloud
from renderfit.vision import load_network, segment
from renderfit.whole import write_json

MODELS = ("rich", "pca", "nearest")
CLS = {"released": "known", "front": "noise"}
"""Variants of the registration of clouds: the one that keeps its pose and the one that moves it."""


def calls(instance, view, network):
    """Yield (method, pose, call without arguments) of everything that is timed on one view."""
    cloud = depth_cloud(view, 0)
    for pose, start in (("known", view.pose), ("noise", view.noisy_pose)):
        for model in MODELS:
            given = (view.image, instance.space, view.camera, view.mask, start, pose == "noise")
            yield model, pose, lambda given=given, model=model: register(*given, model=model)
        yield "segmentation", pose, lambda s=start: segment(view.image, network, instance.category, view.camera, s)
    for method, pose in CLS.items():
        start, moves = (view.pose, False) if pose == "known" else (view.noisy_pose, True)
        yield f"CLS {method}", pose, lambda s=start, j=moves, m=method: register_pointcloud(cloud, instance.space, s, j, m)


def measured(views):
    """Return (method, pose) -> CPU seconds of each call."""
    network, found = load_network(), {}
    for category, entry in load_split(paths.ARTIFACTS / "dataset" / "split.json").items():
        for test in entry.test:
            instance = load_instance(category, test)
            for _, _, call in calls(instance, instance.views[0], network):
                call()
            for view in instance.views[:views]:
                for method, pose, call in calls(instance, view, network):
                    begun = time.process_time()
                    call()
                    found.setdefault((method, pose), []).append(time.process_time() - begun)
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=2, help="of each instance")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    rows = []
    for (method, pose), seconds in measured(chosen.views).items():
        times = {"median": statistics.median(seconds), "least": min(seconds), "most": max(seconds)}
        rows.append({"method": method, "pose": pose, "runs": len(seconds)} | {f"{k}_cpu_seconds": round(v, 4) for k, v in times.items()})
        print(json.dumps(rows[-1]), flush=True)
    here = {name: value for name, value in machine().items() if name in {"processor", "cores", "load"}}
    write_json(paths.RESULTS / "registration_speed.json", {"machine": here, "rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
