"""How much the prior should weigh: registrations of left-out training instances with masks of three qualities.

``python benchmarks/prior_weight.py`` writes ``results/prior_weight.json``: vertex distance over that of the mean shape, at
known pose, and under pose noise with the pose removed and as placed by the fit, for the true masks, those of the network in the package
and those of a network trained as the stage unet trains its own; once with fixed weights, once with weights read off each image by the
length over which errors of a mask go together. Of the lengths whose sum over the three masks is within one percent of the least, the
middle one is taken (of two the smaller), at known pose and under noise: a rule made when the sums were seen to be so flat, instead of the
least sum, which would take 5 and 60. Test instances are not touched. The third network is trained first, without the left-out
instances (ten minutes, kept in build/); that of the package has seen them.
"""

import argparse
import json
import logging
from dataclasses import replace

import numpy as np
import torch
from left_out import left_out

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.errors import RenderFitError
from renderfit.evaluation import vertex_error
from renderfit.pipeline.unet import train
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.registration.register import settings_of
from renderfit.vision import load_network, segment
from renderfit.vision.checkpoint import WEIGHTS
from renderfit.whole import write_json

FIXED = {"true": 1.0, "published": 2.0}
"""Fixed weights with which other benchmarks compare parts of the solver."""


def network_without(left_out):
    """Return a network trained like the pipeline's, but without some training instances of every category."""
    split = load_split(paths.ARTIFACTS / "dataset" / "split.json")
    folder = paths.ROOT / "build" / f"unet-without-{'-'.join(map(str, left_out))}"
    if not (folder / WEIGHTS).is_file():
        kept = {c: replace(s, train=tuple(n for i, n in enumerate(s.train) if i not in left_out)) for c, s in split.items()}
        folder.mkdir(parents=True, exist_ok=True)
        train(folder, kept, config.section(config.UNet))
    return load_network(folder)


def moved(mesh, pose):
    """Return the mesh in the camera frame."""
    return mesh.with_vertices(pose.apply(mesh.vertices))


def masks_of(case, category, networks):
    """Return (masks, noise) -> mask of one case, None where the network finds nothing."""
    view, found = case[1], {}
    for noise, pose in ((False, view.pose), (True, view.noisy_pose)):
        found["true", noise] = view.mask
        for name, network in networks.items():
            try:
                found[name, noise] = segment(view.image, network, category, view.camera, pose)
            except RenderFitError:
                found[name, noise] = None
    return found


def scores(case, mask, noise, settings):
    """Return distance, placed distance (over the mean shape's) and degrees left of one registration; without a mask the start stays."""
    space, view, reference, mean = case
    pose = view.noisy_pose if noise else view.pose
    mesh = space.model("rich").decode(torch.zeros(space.model("rich").size, dtype=torch.float64))
    if mask is not None:
        fit = register(view.image, space, view.camera, mask, pose, noise, config=settings)
        mesh, pose = fit.mesh, fit.pose
    placed = vertex_error(moved(mesh, pose), moved(reference, view.pose)).mean / mean
    return vertex_error(mesh, reference).mean / mean, placed, pose.angle_to(view.pose)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--weights", type=float, nargs="*", default=[1.0, 2.0, 5.0, 10.0, 30.0])
    options.add_argument("--lengths", type=float, nargs="*", default=[5.0, 10.0, 20.0, 40.0, 60.0])
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--views", type=int, default=4)
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    networks = {"published": load_network(), "pipeline": network_without(chosen.left_out)}
    cases = [(c, case) for c in config.section(config.Dataset).categories for i in chosen.left_out for case in left_out(c, i, chosen.views)]
    seen = [masks_of(case, category, networks) for category, case in cases]
    whole, rows = settings_of(config.section(config.Ours), False), []
    tried = [{"weight": weight} for weight in chosen.weights] + [{"correlation": length} for length in chosen.lengths]
    for choice in tried:
        settings = replace(whole, correlation=(choice.get("correlation", 0.0),) * 2)
        if "weight" in choice:
            settings = replace(settings, prior=replace(whole.prior, weight=choice["weight"]))
        for masks in ("true", *networks):
            for noise in (False, True):
                found = [scores(case, given[masks, noise], noise, settings) for (_, case), given in zip(cases, seen, strict=True)]
                shape, placed, degrees = np.array(found).T
                row = choice | {"masks": masks, "pose": "noise" if noise else "known", "runs": len(found)}
                row |= {"over_mean_shape": round(float(shape.mean()), 4), "worst": round(float(shape.max()), 4)}
                if noise:
                    row |= {"placed_over_mean_shape": round(float(placed.mean()), 4), "degrees_left": round(float(np.median(degrees)), 3)}
                rows.append(row)
                print(json.dumps(row), flush=True)
    write_json(paths.RESULTS / "prior_weight.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
