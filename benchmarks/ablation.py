"""What evidence buys: the solver on the test views with the network's mask, with the true one, and with coordinates and normals.

``python benchmarks/ablation.py`` writes ``results/ablation.json``: means over the test views of the distance to the nearest
vertex over the 5-D latent floor, in the object's and the camera's frame, and what is left of the pose error. True coordinates and
normals are the ceiling of any network; "with errors" adds what a well trained one would leave
(`renderfit.evaluation.oracle.Errors`); "published" are the predictions of the weights in the package. Nothing is chosen here.
"""

import argparse
import json
import logging

import numpy as np
import torch

from renderfit import config, paths
from renderfit.datasets.views import seed_of
from renderfit.errors import RenderFitError
from renderfit.evaluation import vertex_error
from renderfit.evaluation.instance import load_instance
from renderfit.evaluation.oracle import Errors, degraded, oracle
from renderfit.geometry import Mesh
from renderfit.provenance import provenance
from renderfit.registration import Prior, SolverConfig, register
from renderfit.registration.columns import Columns
from renderfit.registration.terms import Trust
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import estimate, load_network, load_refiner, segment
from renderfit.whole import write_json

SURE = {"turn": 0.01, "shift": 0.001, "tilt": 0.02}
WEAK = {"turn": 0.25, "shift": 0.015, "tilt": 0.15}
VARIANTS = {
    "network's mask": ("network", None, SolverConfig(Prior(30.0))),
    "network's mask, published coordinates": ("network", "published", SolverConfig(Prior(30.0), trust=Trust(normals=0.0, **WEAK))),
    "true mask": ("true", None, SolverConfig(Prior(3.0))),
    "true mask, coordinates and normals with errors": ("true", "errors", SolverConfig(Prior(3.0))),
    "true mask, true coordinates": ("true", "truth", SolverConfig(Prior(3.0), trust=Trust(100.0, 0.0, **SURE))),
    "true mask, true coordinates and normals": ("true", "truth", SolverConfig(Prior(3.0), trust=Trust(100.0, 10.0, **SURE))),
}
"""Name -> mask, evidence, settings."""


def rows_of(category, test, views, networks):
    """Yield (variant, pose, ratio, placed ratio, degrees left, millimetres left) of the first `views` views of an instance."""
    instance = load_instance(category, test)
    floor = vertex_error(fit_full(instance.reference, instance.space.model("pca")).mesh, instance.reference).mean
    columns = Columns.of_space(instance.space, "rich")
    mean = Mesh(torch.as_tensor(columns.mean), torch.as_tensor(columns.faces))
    segmenter, refiner = networks
    for number, view in enumerate(instance.views[:views]):
        truth = oracle(view, instance.reference)
        for noise in (False, True):
            start = view.noisy_pose if noise else view.pose
            seen = {
                None: None,
                "truth": truth,
                "errors": degraded(truth, Errors(), seed_of("ablation", category, test, number)),
                "published": estimate(view.image, view.camera, start, mean, refiner, exact=not noise),
            }
            masks = {"true": view.mask, "network": segment(view.image, segmenter, category, view.camera, start)}
            for name, (mask, evidence, settings) in VARIANTS.items():
                fit = register(
                    view.image,
                    instance.space,
                    view.camera,
                    masks[mask],
                    start,
                    noise,
                    model="rich",
                    config=settings,
                    evidence=seen[evidence],
                )
                back = fit.mesh.with_vertices(view.pose.inverse().apply(fit.pose.apply(fit.mesh.vertices.double())))
                left = 1e3 * float((fit.pose.translation - view.pose.translation).norm())
                ratios = [vertex_error(mesh, instance.reference).mean / floor for mesh in (fit.mesh, back)]
                yield name, "noise" if noise else "known", *ratios, fit.pose.angle_to(view.pose), left


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=1, help="of each test instance")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    networks = load_network(paths.ARTIFACTS / "unet"), load_refiner()
    found = {}
    for category in config.section(config.Dataset).categories:
        for test in ("t1", "t2"):
            try:
                for name, pose, *scores in rows_of(category, test, chosen.views, networks):
                    found.setdefault((pose, name), []).append(scores)
            except RenderFitError as problem:
                logging.error("%s %s: %s", category, test, problem)
    rows = []
    for (pose, name), scores in sorted(found.items(), key=lambda entry: (entry[0][0], list(VARIANTS).index(entry[0][1]))):
        mean, median = np.mean(scores, axis=0), np.median(scores, axis=0)
        row = {"variant": name, "pose": pose, "runs": len(scores), "ratio": round(float(mean[0]), 4)}
        if pose == "noise":
            left = {"rotation_left_deg": round(float(median[2]), 2), "translation_left_mm": round(float(median[3]), 2)}
            row |= {"placed_ratio": round(float(mean[1]), 4)} | left
        rows.append(row)
        print(json.dumps(row), flush=True)
    write_json(paths.RESULTS / "ablation.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
