"""What further photographs of the same object buy: registrations of the test instances from one, two, four and eight views.

``python benchmarks/several_views.py`` writes ``results/several_views.json``: vertex distance over the 5-D latent floor in the
object's frame, with the masks of the network in the package, at known poses and with every view at its own noisy start. The views
of an instance are taken in disjoint groups of consecutive ones, so that every number of views sees the same photographs. Under
noise also the distance as the first view of the group places the object, and what is left of rotation and translation (medians over views).
Nothing is chosen here. Needs the artifacts up to the stage unet.
"""

import argparse
import json
import logging

import numpy as np
import torch

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.evaluation.instance import load_instance
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import load_network, segment
from renderfit.whole import write_json

COUNTS = (1, 2, 4, 8)
FAILED = 2.0
"""Distance over the floor from which a registration has failed, as in Table 1."""


def start_of(view, noise):
    """Return the pose a registration of `view` starts at."""
    return view.noisy_pose if noise else view.pose


def score(instance, floor, group, noise):
    """Return (ratio, placed ratio, degrees left of each view, millimetres left of each view) of a `group` of (view, mask)."""
    views, masks = zip(*group, strict=True)
    starts = [start_of(view, noise) for view in views]
    images, cameras = [view.image for view in views], [view.camera for view in views]
    fit = register(images, instance.space, cameras, list(masks), starts, noise)
    back = fit.mesh.with_vertices(views[0].pose.inverse().apply(fit.poses[0].apply(fit.mesh.vertices.double())))
    ratio, placed = (vertex_error(mesh, instance.reference).mean / floor for mesh in (fit.mesh, back))
    pairs = list(zip(fit.poses, views, strict=True))
    degrees = [found.angle_to(view.pose) for found, view in pairs]
    millimetres = [1e3 * float((found.translation - view.pose.translation).norm()) for found, view in pairs]
    return ratio, placed, degrees, millimetres


def summary(scores, noise):
    """Return means of ratios, the worst of them and the share that failed; under noise placed ratios and medians of what is left too."""
    ratios, placed, degrees, millimetres = zip(*scores, strict=True)
    found = {"runs": len(ratios), "ratio": np.mean(ratios), "worst": np.max(ratios), "failures": sum(r > FAILED for r in ratios)}
    if noise:
        found |= {"placed_ratio": np.mean(placed), "placed_failures": sum(r > FAILED for r in placed)}
        found |= {"rotation_left_deg": np.median(np.concatenate(degrees)), "translation_left_mm": np.median(np.concatenate(millimetres))}
    return {name: value if isinstance(value, int) else round(float(value), 4) for name, value in found.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="of views registered together")
    options.add_argument("--tests", nargs="+", default=["t1", "t2"])
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network, scores = load_network(), {}
    for category in config.section(config.Dataset).categories:
        for test in chosen.tests:
            instance = load_instance(category, test)
            floor = vertex_error(fit_full(instance.reference, instance.space.model("pca")).mesh, instance.reference).mean
            for noise in (False, True):
                seen = [(view, segment(view.image, network, category, view.camera, start_of(view, noise))) for view in instance.views]
                for count in chosen.counts:
                    for first in range(0, len(seen) - count + 1, count):
                        found = score(instance, floor, seen[first : first + count], noise)
                        scores.setdefault((noise, count, category), []).append(found)
    rows = []
    for noise in (False, True):
        for count in chosen.counts:
            parts = {category: found for (n, c, category), found in scores.items() if (n, c) == (noise, count)}
            for name, found in ({"all": [score for part in parts.values() for score in part]} | parts).items():
                rows.append({"pose": "noise" if noise else "known", "views": count, "category": name} | summary(found, noise))
            print(json.dumps(rows[-len(parts) - 1]), flush=True)
    write_json(paths.RESULTS / "several_views.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
