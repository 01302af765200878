"""How far the refiner's predictions should be believed: registrations of training instances that it never saw, under pose noise.

``python benchmarks/refiner_choice.py`` writes ``results/refiner_choice.json``: means over photographs of the training instances left
out of the published weights (params.yaml ``refiner.left_out``), each with a shape space made without it: vertex distance over the
5-D latent floor in the object's frame and placed, and what is left of the pose error. Masks are those of the package's segmentation
network, which has seen these instances. Test instances are not touched. Needs the artifacts up to the stage shape_space.
"""

import argparse
import json
import logging

import numpy as np
import torch
from paper_rates import left_out
from prior_weight import FIXED

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import Prior, SolverConfig, register
from renderfit.registration.terms import Trust
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import load_network, load_refiner, segment
from renderfit.whole import write_json

TRUSTS = {
    "mask only": None,
    "coordinates 15, common error 14 degrees and 15 mm": Trust(15.0, 0.0, turn=0.25, shift=0.015),
    "coordinates 15, normals 10, common error 6 degrees and 5 mm": Trust(15.0, 10.0, turn=0.1, shift=0.005, tilt=0.1),
    "normals 10, common error 6 degrees": Trust(0.0, 10.0, tilt=0.1),
}


def cases(views):
    """Yield (space, view, full mesh, floor [m], mask) for photographs of the left-out instances; the first of all is the canonical."""
    network = load_network()
    for category in config.section(config.Dataset).categories:
        for instance in config.section(config.Refiner).left_out:
            for space, view, reference, _ in left_out(category, instance - 1, views):
                floor = vertex_error(fit_full(reference, space.model("pca")).mesh, reference).mean
                yield space, view, reference, floor, segment(view.image, network, category, view.camera, view.noisy_pose)


def score(case, trust, prior, refiner):
    """Return (v2v / floor, placed v2v / floor, degrees left, millimetres left) of one registration."""
    space, view, reference, floor, mask = case
    settings = SolverConfig(Prior(prior), trust=trust or Trust(0.0, 0.0))
    used = None if trust is None else refiner
    fit = register(view.image, space, view.camera, mask, view.noisy_pose, True, model="rich", config=settings, refiner=used)
    back = fit.mesh.with_vertices(view.pose.inverse().apply(fit.pose.apply(fit.mesh.vertices.double())))
    left = 1e3 * float((fit.pose.translation - view.pose.translation).norm())
    return vertex_error(fit.mesh, reference).mean / floor, vertex_error(back, reference).mean / floor, fit.pose.angle_to(view.pose), left


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=3, help="of each instance")
    options.add_argument("--prior", type=float, default=FIXED["published"])
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    prepared, refiner, rows = list(cases(chosen.views)), load_refiner(), []
    for name, trust in TRUSTS.items():
        found = np.array([score(case, trust, chosen.prior, refiner) for case in prepared])
        mean, median = found.mean(axis=0), np.median(found, axis=0)
        row = {"trust": name, "prior": chosen.prior, "runs": len(found), "ratio": mean[0], "placed_ratio": mean[1]}
        row |= {"placed_median": median[1], "rotation_left_deg": median[2], "translation_left_mm": median[3]}
        rows.append({key: round(float(value), 4) if isinstance(value, float) else value for key, value in row.items()})
        print(json.dumps(rows[-1]), flush=True)
    write_json(paths.RESULTS / "refiner_choice.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
