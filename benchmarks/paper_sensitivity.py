"""What the paper leaves open of its own method, one choice at a time: writes ``results/paper_sensitivity.json``.

    python benchmarks/paper_sensitivity.py

Photographs of training instances left out of their spaces, seen through the network of the stage unet (which was trained on them),
registered by the paper's method as params.yaml has it and with one value changed at a time, once with the loss on features and once
with the one on masks. Distances are over that of no fit at all, the mean shape at the start pose: below 1 the method helps. Beside
them the standard error of the difference to the setting of params.yaml, over the same runs. Test instances are not touched. Needs
the artifacts up to the stage unet.
"""

import argparse
import json
import logging
import time
from dataclasses import replace

import numpy as np
import torch
from left_out import left_out

from renderfit import config, paths
from renderfit.errors import RenderFitError
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.vision import load_network, segment
from renderfit.whole import write_json

TIMES = {"shape_rate": (0.1, 1 / 3, 3), "rotation_rate": (1 / 3, 3, 10), "translation_rate": (1 / 3, 3, 10)}
"""Factors of the rates."""
OTHERS = {
    "momentum": (0.5,),
    "decay": (1.0,),
    "iterations": (60,),
    "plateau": (0.0,),
    "pose_every": (1,),
    "gradient": ("paper", "screen", "edge"),
    "width": (64,),
}
POSE_ONLY = ("rotation_rate", "translation_rate", "pose_every")
"""Nothing that a known pose would feel."""
SCORES = ("known", "object", "placed", "rotation_left_deg", "translation_left_mm")


def variants(base):
    """Yield (factor, value, settings), first params.yaml's own."""
    yield "params.yaml", None, base
    for name, factors in TIMES.items():
        for factor in factors:
            value = float(f"{factor * getattr(base, name):.3g}")
            yield name, value, replace(base, **{name: value})
    for name, values in OTHERS.items():
        for value in values:
            yield name, value, replace(base, **{name: value})


def cases(indices, network):
    """Return (left-out case, masks at the known and at the noisy start) for every photograph; a mask not found is None."""
    found = []
    for category in config.section(config.Dataset).categories:
        for index in indices:
            for case in left_out(category, index, 1):
                view, masks = case[1], []
                for start in (view.pose, view.noisy_pose):
                    try:
                        masks.append(segment(view.image, network, category, view.camera, start))
                    except RenderFitError:
                        masks.append(None)
                found.append((case, masks))
    return found


def fitted(case, mask, start, noise, network, settings):
    """Return mesh and pose of one registration; where there is no answer, those of the start. Without `settings`: the start's."""
    space, view = case[:2]
    model = space.model("pca")
    still = model.decode(torch.zeros(model.size, dtype=torch.float64)), start
    if settings is None or mask is None:
        return still
    try:
        found = register(view.image, space, view.camera, mask, start, noise, "paper", network=network, config=settings)
    except RenderFitError:
        return still
    return found.mesh, found.pose


def errors(prepared, network, settings, known):
    """Return the SCORES of every photograph, distances over that of the mean shape; `known` False leaves the first out (NaN)."""
    rows = []
    for case, masks in prepared:
        _, view, reference, mean = case
        shape = fitted(case, masks[0], view.pose, False, network, settings)[0] if known else None
        mesh, pose = fitted(case, masks[1], view.noisy_pose, True, network, settings)
        back = mesh.with_vertices(view.pose.inverse().apply(pose.apply(mesh.vertices.double())))
        distances = [np.nan if one is None else vertex_error(one, reference).mean / mean for one in (shape, mesh, back)]
        rows.append([*distances, pose.angle_to(view.pose), 1e3 * float((pose.translation - view.pose.translation).norm())])
    return np.array(rows)


def summary(found, base):
    """Return means, and the standard errors of the differences to `base` (runs, 5)."""
    spread = (found - base).std(axis=0, ddof=1) / np.sqrt(len(found))
    means = dict(zip(SCORES, found.mean(axis=0), strict=True))
    sure = {f"{name}_error": error for name, error in zip(SCORES, spread, strict=True)}
    return {name: round(float(value), 4) for name, value in (means | sure).items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 4, 6, 8], help="training instances of every category")
    options.add_argument("--losses", nargs="+", default=["mask", "features"])
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network, section = load_network(paths.ARTIFACTS / "unet"), config.section(config.Paper)
    prepared = cases(chosen.left_out, network)
    print(f"{len(prepared)} photographs, {time.process_time():.0f} s", flush=True)
    start = errors(prepared, network, None, True)
    scale = np.concatenate([start[:, :3], np.ones((len(start), 2))], axis=1)
    start = start / scale
    rows = [{"loss": None, "factor": "no fit", "value": None, "runs": len(start)} | summary(start, start)]
    for loss in chosen.losses:
        base = None
        for factor, value, settings in variants(section.by_mask() if loss == "mask" else section):
            found = errors(prepared, network, settings, factor not in POSE_ONLY) / scale
            base = found if base is None else base
            if factor in POSE_ONLY:
                found[:, 0] = base[:, 0]
            rows.append({"loss": loss, "factor": factor, "value": value, "runs": len(found)} | summary(found, base))
            print(f"{time.process_time():.0f} s", json.dumps(rows[-1]), flush=True)
    write_json(paths.RESULTS / "paper_sensitivity.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
