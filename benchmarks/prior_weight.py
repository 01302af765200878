"""How much the prior should weigh: registrations of left-out training instances with the network's masks.

``python benchmarks/prior_weight.py`` writes ``results/prior_weight_*.json``: vertex distance over that of the mean shape,
for every weight, at known pose, and under pose noise with the pose removed and as placed by the fit. The weight with the
least sum of the three is taken. Test instances are not touched. A network that has not seen the left-out instances is
trained first, as the stage unet trains its own (ten minutes, kept in build/); the one that comes with the package
(``--published``) has seen them, so that its masks are better here than in Table 1.
"""

import argparse
import json
import logging
from dataclasses import replace

import numpy as np
import torch
from paper_rates import left_out

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.errors import RenderFitError
from renderfit.evaluation import vertex_error
from renderfit.pipeline.unet import train
from renderfit.registration import register
from renderfit.registration.objective import Prior
from renderfit.registration.ours import SolverConfig
from renderfit.vision import load_network, segment
from renderfit.vision.checkpoint import WEIGHTS


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


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--weights", type=float, nargs="+", default=[0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--views", type=int, default=2)
    options.add_argument("--model", default="rich", choices=["rich", "pca"])
    options.add_argument("--true-masks", action="store_true", help="masks without error instead of the network's")
    options.add_argument("--published", action="store_true", help="masks of the network that comes with the package")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network = load_network() if chosen.published or chosen.true_masks else network_without(chosen.left_out)
    cases = [(c, case) for c in config.section(config.Dataset).categories for i in chosen.left_out for case in left_out(c, i, chosen.views)]
    rows = []
    for weight in chosen.weights:
        settings = SolverConfig(Prior(weight=weight))
        for noise in (False, True):
            found, placed, turned = [], [], []
            for category, (space, view, reference, mean) in cases:
                pose = view.noisy_pose if noise else view.pose
                try:
                    mask = view.mask if chosen.true_masks else segment(view.image, network, category, view.camera, pose)
                    fit = register(view.image, space, view.camera, mask, pose, noise, model=chosen.model, config=settings)
                    found.append(vertex_error(fit.mesh, reference).mean / mean)
                    placed.append(vertex_error(moved(fit.mesh, fit.pose), moved(reference, view.pose)).mean / mean)
                    turned.append(fit.pose.angle_to(view.pose))
                except RenderFitError:
                    found.append(1.0)
                    placed.append(vertex_error(moved(reference, pose), moved(reference, view.pose)).mean / mean)
                    turned.append(pose.angle_to(view.pose))
            row = {"model": chosen.model, "prior": weight, "pose": "noise" if noise else "known", "runs": len(found)}
            row |= {"over_mean_shape": round(float(np.mean(found)), 4), "worst": round(float(max(found)), 4)}
            if noise:
                row |= {"placed_over_mean_shape": round(float(np.mean(placed)), 4), "degrees_left": round(float(np.median(turned)), 3)}
            rows.append(row)
            print(json.dumps(rows[-1]), flush=True)
    name = f"prior_weight_{chosen.model}{'_true_masks' if chosen.true_masks else '_published' if chosen.published else ''}.json"
    (paths.RESULTS / name).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
