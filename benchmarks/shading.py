"""What the photograph's shading buys: registrations of left-out training instances with the light estimated, and with it known.

``python benchmarks/shading.py`` writes ``results/shading.json``: vertex distance over that of the mean shape at the true
pose, for several weights of the brightness inside the outline (`renderfit.registration.shading`), with true masks and with those of
the package's network. In the rows with the light known it was read off the true normals beforehand: what the estimate of the light
costs. Test instances are not touched.
"""

import argparse
import dataclasses
import json
import logging
import time

import numpy as np
import torch
from left_out import left_out
from prior_weight import FIXED, moved

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.evaluation.oracle import oracle
from renderfit.geometry import Mesh, Pose
from renderfit.provenance import provenance
from renderfit.registration import Prior, SolverConfig, lighting, ours
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.registration.photometry import Photometry
from renderfit.registration.terms import Trust
from renderfit.vision import load_network, segment
from renderfit.whole import write_json

SEEN = ("true mask, light estimated", "network's mask, light estimated", "true mask, light known")


def lit(photometry, view, reference):
    """Return the brightness with the light, and the gains of its regions, that the true normals tell."""
    truth = oracle(view, reference)
    column, row = photometry.pixels.astype(int).T
    counts = truth.valid[row, column].astype(float)
    shape = lighting.basis(truth.normals[row, column] @ photometry.upright.T)
    spread = np.full(len(row), 0.05)
    found = lighting.estimate(shape, photometry.brightness, photometry.regions, photometry.materials, counts, spread, 2.0)
    return dataclasses.replace(photometry, brightness=photometry.brightness / found.gains[photometry.regions], light=found.light)


def score(case, mask, noise, settings, known):
    """Return (error over that of the mean shape, the same as placed, degrees left, millimetres left) of one registration."""
    space, view, reference, mean = case
    start, columns = view.noisy_pose if noise else view.pose, Columns.of_space(space, "rich")
    photometry = Photometry.of(view.image, mask, view.camera, start) if settings.trust.shading > 0 else None
    if photometry is not None and known:
        photometry = lit(photometry, view, reference)
    solved = ours.solve(columns, [View(view.camera, mask, start, None, photometry)], noise, settings)
    mesh = Mesh(torch.as_tensor(solved.state.vertices), torch.as_tensor(columns.faces))
    pose = Pose.from_parts(*map(torch.as_tensor, solved.state.placed(0)))
    placed = vertex_error(moved(mesh, pose), moved(reference, view.pose)).mean / mean
    left = 1e3 * float((pose.translation - view.pose.translation).norm())
    return vertex_error(mesh, reference).mean / mean, placed, pose.angle_to(view.pose), left


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--views", type=int, default=2)
    options.add_argument("--weights", type=float, nargs="+", default=[0.0, 10.0, 30.0])
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    section, network = config.section(config.Ours), load_network()
    cases = [(c, case) for c in config.section(config.Dataset).categories for i in chosen.left_out for case in left_out(c, i, chosen.views)]
    rows = []
    for seen in SEEN:
        prior = Prior(FIXED["published" if "network" in seen else "true"])
        for noise in (False, True):
            masks = []
            for category, (_, view, _, _) in cases:
                start = view.noisy_pose if noise else view.pose
                mask = segment(view.image, network, category, view.camera, start) if "network" in seen else view.mask
                masks.append(np.asarray(mask, dtype=np.float64))
            for weight in chosen.weights:
                settings, begun = SolverConfig(prior, trust=Trust(shading=weight, uneven=section.uneven)), time.process_time()
                found = [score(case, mask, noise, settings, "known" in seen) for (_, case), mask in zip(cases, masks, strict=True)]
                names = ("over_mean_shape", "placed_over_mean_shape", "rotation_left_deg", "translation_left_mm")
                row = {"seen": seen, "pose": "noise" if noise else "known", "shading": weight, "runs": len(found)}
                row |= {name: round(float(value), 4) for name, value in zip(names, np.mean(found, axis=0), strict=True)}
                rows.append(row)
                print(json.dumps(row), f"{(time.process_time() - begun) / len(found):.3f} CPU-s with scoring", flush=True)
    write_json(paths.RESULTS / "shading.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
