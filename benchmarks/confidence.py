"""Does a registration say when it is wrong? Confidence and expected deviation held to the error that was made.

``python benchmarks/confidence.py`` writes ``results/confidence.json``: registrations with the published network's masks of photographs
of training instances, each with a shape space made without it, at the known pose and under pose noise. A run is bad where its placed
error (camera frame) is over twice the 5-D latent floor. ``thresholds``: the share of the bad runs (detection) and of the others (false
alarms) whose confidence lies below a threshold. ``expected``: actual over expected deviation of the placed surface, as the share of runs
below one and two, and how the two go together. The bounds of `renderfit.registration.checks` were chosen on the instances of params.yaml
``refiner.left_out``; the others were not looked at for that. Test instances are not touched. Needs the artifacts up to the stage unet.
"""

import argparse
import json
import logging

import numpy as np
import pandas as pd
import torch
from left_out import left_out

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.registration.checks import OPEN, TRUSTED
from renderfit.shapes.full_fit import fit_full
from renderfit.vision import load_network, segment
from renderfit.whole import write_json

BAD = 2.0
"""Placed error over the latent floor from which an answer counts as wrong."""
THRESHOLDS = (TRUSTED + 0.01, 0.6, OPEN, 0.9, 0.99)
"""Of the confidence; the first takes in what lies at `TRUSTED`."""


def runs(category, index, views, network):
    """Yield what each registration of a left-out training instance said and what it did, in metres, degrees and latent floors."""
    floor = None
    for space, view, reference, _ in left_out(category, index, views):
        floor = floor or vertex_error(fit_full(reference, space.model("pca")).mesh, reference).mean  # the same for all its views
        for pose, start in (("known", view.pose), ("noise", view.noisy_pose)):
            mask = segment(view.image, network, category, view.camera, start)
            fit = register(view.image, space, view.camera, mask, start, pose == "noise", model="rich")
            back = fit.mesh.with_vertices(view.pose.inverse().apply(fit.pose.apply(fit.mesh.vertices.double())))
            error = vertex_error(back, reference).mean
            yield {
                "category": category,
                "instance": index + 1,
                "pose": pose,
                "confidence": round(fit.confidence, 4),
                "warned": bool(fit.warnings),
                "ratio": round(error / floor, 4),
                "error_mm": round(1e3 * error, 4),
                "expected_mm": round(1e3 * fit.placed_deviation, 4),
                "rotation_left_deg": round(fit.pose.angle_to(view.pose), 4),
                "expected_deg": round(float(np.linalg.norm(fit.rotation_deviation)), 4),
            }


def share(chosen):
    """Return the share of true entries; none where there are no entries."""
    return round(float(chosen.mean()), 3) if len(chosen) else None


def alarms(part):
    """Yield detections and false alarms of `part` for every threshold, and for any warning."""
    bad = part["ratio"] > BAD
    for threshold in THRESHOLDS:
        low = part["confidence"] < threshold
        yield {"threshold": round(threshold, 2), "runs": len(part), "bad": int(bad.sum())} | {
            "detected": share(low[bad]), "false_alarms": share(low[~bad])
        }  # fmt: skip
    warned = part["warned"]
    yield {"threshold": "any warning", "runs": len(part), "bad": int(bad.sum())} | {
        "detected": share(warned[bad]), "false_alarms": share(warned[~bad])
    }  # fmt: skip


def coverage(part):
    """Return how the errors of `part` lie to what was expected of them."""
    times = part["error_mm"] / part["expected_mm"]
    both = part[["error_mm", "expected_mm"]]
    return {
        "runs": len(part),
        "error_mm": round(float(part["error_mm"].mean()), 3),
        "expected_mm": round(float(part["expected_mm"].mean()), 3),
        "within_1": share(times < 1),
        "within_2": share(times < 2),
        "correlation": round(float(both.corr().iloc[0, 1]), 3),
        "rank_correlation": round(float(both.corr("spearman").iloc[0, 1]), 3),
    }


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--views", type=int, default=3, help="of each instance")
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network, found = load_network(), []
    split = load_split(paths.ARTIFACTS / "dataset" / "split.json")
    for category in config.section(config.Dataset).categories:
        for index in range(len(split[category].train)):
            found += runs(category, index, chosen.views, network)
        print(category, flush=True)
    table = pd.DataFrame(found)
    used = table["instance"].isin(config.section(config.Refiner).left_out)
    parts = {"all": table, "bounds chosen on": table[used], "others": table[~used]} | dict(iter(table.groupby("category", sort=False)))
    grouped = [(pose, name, part[part["pose"] == pose]) for pose in ("known", "noise") for name, part in parts.items()]
    thresholds = [{"pose": pose, "instances": name} | row for pose, name, part in grouped for row in alarms(part)]
    expected = [{"pose": pose, "instances": name} | coverage(part) for pose, name, part in grouped]
    for row in (*thresholds, *expected):
        print(json.dumps(row))
    write_json(
        paths.RESULTS / "confidence.json", {"thresholds": thresholds, "expected": expected, "runs": found} | {"provenance": provenance()}
    )


if __name__ == "__main__":
    main()
