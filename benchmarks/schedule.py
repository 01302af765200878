"""What the solver's schedule and a bound on residuals buy: registrations of left-out training instances with one part changed at a time.

``python benchmarks/schedule.py`` writes ``results/schedule.json``: vertex distance over that of the mean shape at the true
pose, with true masks and with those of the package's network; CPU time of a registration beside it goes to the log
only. Test instances are not touched.
"""

import argparse
import dataclasses
import json
import logging
import time

import numpy as np
import torch
from left_out import left_out
from prior_weight import moved

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import register, stages
from renderfit.registration.register import settings_of
from renderfit.vision import load_network, segment
from renderfit.whole import write_json

BOUNDS = (0.5, 0.25, 0.1)
"""Shares of full contrast beyond which a residual counts linearly only (`ours.robust`)."""


def schedules(whole):
    """Yield (name, schedule): the whole one, then with one change each."""
    finest = whole[-1]
    yield "as used", whole
    coarse = dataclasses.replace(finest, name="detail 128", width=128)
    yield "detail at 128 px", (*whole[:-1], coarse)
    yield "detail at 128 px, then at 256 px", (*whole[:-1], coarse, finest)
    yield "twice the steps at 256 px", (*whole[:-1], dataclasses.replace(finest, iterations=2 * finest.iterations))
    yield "256 px blurred twice as far", (*whole[:-1], dataclasses.replace(finest, sigma=2 * finest.sigma))
    yield "half the steps at 256 px", (*whole[:-1], dataclasses.replace(finest, iterations=finest.iterations // 2))
    if any(stage.caution > 1 for stage in whole):
        yield "one prior from first to last", tuple(dataclasses.replace(stage, caution=1.0) for stage in whole)
        yield "columns of size and detail as free as the others", (*whole[:-1], dataclasses.replace(finest, firmness=1.0))
        yield "columns of size and detail held four times as hard", (*whole[:-1], dataclasses.replace(finest, firmness=4 * finest.firmness))
        still = dataclasses.replace(finest, groups=tuple(group for group in finest.groups if group not in stages.SIZE))
        yield "columns of size not moved", (*whole[:-1], still)


def variants(used, whole):
    """Yield (name, settings): each schedule, then the whole one with ever smaller bounds on the residuals of the outline."""
    for name, schedule in schedules(whole):
        yield name, dataclasses.replace(used, stages=schedule)
    for share in BOUNDS:
        yield f"residuals beyond {share:g} of full contrast linear", dataclasses.replace(used, stages=whole, robust=share)


def outline(view, network, category):
    """Return what the network finds from the noisy start."""
    return segment(view.image, network, category, view.camera, view.noisy_pose)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--views", type=int, default=4)
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network = load_network()
    cases = [(c, case) for c in config.section(config.Dataset).categories for i in chosen.left_out for case in left_out(c, i, chosen.views)]
    rows, used = [], settings_of(config.section(config.Ours), False)
    for masks in ("true", "published"):
        seen = [
            view.mask if masks == "true" else segment(view.image, network, c, view.camera, view.noisy_pose) for c, (_, view, _, _) in cases
        ]
        for noise, whole in ((False, stages.KNOWN), (True, stages.NOISE)):
            for name, settings in variants(used, whole):
                found, placed, begun = [], [], time.process_time()
                for (_, (space, view, reference, mean)), mask in zip(cases, seen, strict=True):
                    pose = view.noisy_pose if noise else view.pose
                    fit = register(view.image, space, view.camera, mask, pose, noise, config=settings)
                    found.append(vertex_error(fit.mesh, reference).mean / mean)
                    placed.append(vertex_error(moved(fit.mesh, fit.pose), moved(reference, view.pose)).mean / mean)
                row = {"masks": masks, "pose": "noise" if noise else "known", "schedule": name, "runs": len(found)}
                row |= {"over_mean_shape": round(float(np.mean(found)), 4), "placed_over_mean_shape": round(float(np.mean(placed)), 4)}
                rows.append(row)
                print(json.dumps(row), f"{(time.process_time() - begun) / len(found):.3f} CPU-s with scoring", flush=True)
    write_json(paths.RESULTS / "schedule.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
