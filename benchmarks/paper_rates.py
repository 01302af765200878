"""The paper leaves its learning rates unstated: choose them on training instances left out of the shape space.

``python benchmarks/paper_rates.py`` photographs left-out training instances, registers them with the paper's
method at every rate, and writes ``results/paper_rates.json``: mean vertex distance over that of the mean shape
(below 1 the method helps). Test instances are not touched. Needs the artifacts up to the stage unet.
"""

import argparse
import dataclasses
import itertools
import json
import logging

import numpy as np
import torch

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.datasets.views import sample_view, seed_of
from renderfit.errors import RenderFitError
from renderfit.evaluation import vertex_error
from renderfit.geometry import Camera, load_mesh
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.rendering.photo import Subject
from renderfit.shapes import ShapeSpace
from renderfit.vision import load_network, segment
from renderfit.whole import write_json


def left_out(category, index, views):
    """Yield (space without the instance, view, full mesh, error of the mean shape) for photographs of a training instance."""
    split = load_split(paths.ARTIFACTS / "dataset" / "split.json")[category]
    name = split.train[index]
    space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category).without(index)
    reference = load_mesh(paths.ARTIFACTS / "watertight" / category / f"{name}.ply")
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    subject = Subject.of(load_mesh(paths.ARTIFACTS / "dataset" / category / f"{name}.ply"))
    model = space.model("pca")
    mean = vertex_error(model.decode(torch.zeros(model.size, dtype=torch.float64)), reference).mean
    for number in range(views):
        view = sample_view(subject, Camera.centred(lens.size, lens.focal), seed_of("rates", category, name, number), band, lens.distance)
        yield space, view, reference, mean


def ratio(case, network, category, settings, noise):
    """Return the error of one registration over that of the mean shape; a run that gives up keeps the mean shape."""
    space, view, reference, mean = case
    pose = view.noisy_pose if noise else view.pose
    try:
        mask = segment(view.image, network, category, view.camera, pose)
        found = register(view.image, space, view.camera, mask, pose, noise, "paper", network=network, config=settings)
    except RenderFitError:
        return 1.0, float("nan")
    return vertex_error(found.mesh, reference).mean / mean, found.pose.angle_to(view.pose)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rates", type=float, nargs="+", default=[0.003, 0.01, 0.03, 0.1, 0.3])
    options.add_argument("--losses", nargs="+", default=["features", "mask"])
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--views", type=int, default=1)
    options.add_argument("--noise", action="store_true", help="start at noisy poses and move them")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network = load_network(paths.ARTIFACTS / "unet")
    base = config.section(config.Paper)
    cases = [(c, case) for c in config.section(config.Dataset).categories for i in chosen.left_out for case in left_out(c, i, chosen.views)]
    rows = []
    for loss, rate in itertools.product(chosen.losses, chosen.rates):
        settings = dataclasses.replace(base, loss=loss, shape_rate=rate)
        found = np.array([ratio(case, network, category, settings, chosen.noise) for category, case in cases])
        row = {"loss": loss, "shape_rate": rate, "noise": chosen.noise, "runs": len(found)}
        row |= {"over_mean_shape": round(float(found[:, 0].mean()), 4), "worst": round(float(found[:, 0].max()), 4)}
        row |= {"degrees_left": round(float(np.nanmean(found[:, 1])), 3)}
        rows.append(row)
        print(json.dumps(row), flush=True)
    name = "paper_rates_noise.json" if chosen.noise else "paper_rates.json"
    write_json(paths.RESULTS / name, {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
