"""How far the refiner's predictions should be believed: registrations of training instances that it never saw.

``python benchmarks/refiner_choice.py`` writes ``results/refiner_choice.json``: means over photographs of the training instances left
out of the published weights (params.yaml ``refiner.left_out``), each with a shape space made without it: vertex distance over the
5-D latent floor at known pose, and under pose noise in the object's frame and placed, and what is left of the pose error. Masks are
those of the package's segmentation network, which has seen these instances. Test instances are not touched. Needs the artifacts up to
the stage shape_space.
"""

import argparse
import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from left_out import left_out

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.registration.register import settings_of
from renderfit.registration.terms import Trust
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import load_network, load_refiner, segment
from renderfit.vision.refiner_files import PUBLISHED
from renderfit.whole import write_json

WORTHS = {"coordinates": (1.0, 0.0), "normals": (0.0, 1.0), "both": (1.0, 1.0)}
"""What is believed."""
ERRORS = {"4 degrees": (0.07, 0.004), "8 degrees": (0.14, 0.008), "14 degrees": (0.25, 0.015)}
"""Errors common to a photograph: turn and tilt [rad], shift [m]."""


def trusts(worths):
    """Yield (name, Trust), first the outline alone."""
    yield "mask only", None
    for worth in worths:
        for what, (points, normals) in WORTHS.items():
            for size, (turn, shift) in ERRORS.items():
                name = f"{what}, {worth:g} pixels, common error {size} and {1e3 * shift:g} mm"
                yield name, Trust(worth * points, worth * normals, turn=turn, shift=shift, tilt=turn)


def cases(views):
    """Yield (space, view, full mesh, floor [m], masks) for photographs of the left-out instances; the first of all is the canonical."""
    network = load_network()
    for category in config.section(config.Dataset).categories:
        for instance in config.section(config.Refiner).left_out:
            for space, view, reference, _ in left_out(category, instance - 1, views):
                floor = vertex_error(fit_full(reference, space.model("pca")).mesh, reference).mean
                masks = [segment(view.image, network, category, view.camera, start) for start in (view.pose, view.noisy_pose)]
                yield space, view, reference, floor, masks


def score(case, trust, refiner):
    """Return v2v / floor known, noise, placed, and degrees and millimetres left under noise."""
    space, view, reference, floor, masks = case
    section = config.section(config.Ours)
    settings, used = replace(settings_of(section, False), trust=trust or Trust(0.0, 0.0)), None if trust is None else refiner
    shared = {"method": "ours", "model": "rich", "config": settings, "refiner": used}
    still = register(view.image, space, view.camera, masks[0], view.pose, False, **shared)
    fit = register(view.image, space, view.camera, masks[1], view.noisy_pose, True, **shared)
    back = fit.mesh.with_vertices(view.pose.inverse().apply(fit.pose.apply(fit.mesh.vertices.double())))
    left = 1e3 * float((fit.pose.translation - view.pose.translation).norm())
    errors = [vertex_error(mesh, reference).mean / floor for mesh in (still.mesh, fit.mesh, back)]
    return *errors, fit.pose.angle_to(view.pose), left


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=6, help="of each instance")
    options.add_argument(
        "--worths", type=float, nargs="+", default=[15.0, 60.0], help="independent pixels that a view's predictions are worth"
    )
    options.add_argument("--weights", type=Path, default=PUBLISHED)
    options.add_argument("--out", type=Path, default=paths.RESULTS / "refiner_choice.json")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    prepared, refiner, rows = list(cases(chosen.views)), load_refiner(chosen.weights), []
    for name, trust in trusts(chosen.worths):
        found = np.array([score(case, trust, refiner) for case in prepared])
        mean, median = found.mean(axis=0), np.median(found, axis=0)
        row = {"trust": name, "runs": len(found), "known_ratio": mean[0], "ratio": mean[1], "placed_ratio": mean[2]}
        row |= {"placed_median": median[2], "rotation_left_deg": median[3], "translation_left_mm": median[4]}
        rows.append({key: round(float(value), 4) if isinstance(value, float) else value for key, value in row.items()})
        print(json.dumps(rows[-1]), flush=True)
    write_json(chosen.out, {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
