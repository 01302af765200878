"""How image losses look around the truth: writes results/landscapes.json.

    python benchmarks/landscapes.py [POINTS]

One parameter at a time is varied around the truth of test views (two of the first test instance of each category): translation,
rotation and latent coordinates, `renderfit.evaluation.landscapes.AXES`. The object is cut out by the mask of the stage unet's
network, in whose features the images are compared too. Per group of axes and loss, means over views and axes: *basin*, part of
the varied range around the lowest point near the truth within which the loss rises monotonically away from it; *bias*, how far
that point is from the truth, as a part of the reach to either side; *sharpness*, share of the rise within a tenth of the range.
"""

import json
import sys
import time

import torch

from renderfit import paths
from renderfit.datasets import known_categories
from renderfit.evaluation import landscapes
from renderfit.evaluation.instance import load_instance
from renderfit.provenance import provenance
from renderfit.vision import load_network
from renderfit.whole import write_json

POINTS, VIEWS = 41, 2


def main(points):
    torch.set_num_threads(1)
    network, found, seen = load_network(paths.ARTIFACTS / "unet"), [], []
    for category in known_categories():
        instance = load_instance(category, "t1")
        for number, view in enumerate(instance.views[:VIEWS]):
            begin = time.process_time()
            one = landscapes.landscape(instance, view, network, points)
            found.append(one.valleys())
            seen.append({"category": category, "view": number, "isolated_by": one.isolated_by})
            print(json.dumps(seen[-1]), f"{time.process_time() - begin:.0f} CPU seconds", flush=True)
    groups = {name: landscapes.verdict(found, axes) for name, axes in landscapes.GROUPS.items()}
    each = [
        {axis: {loss: vars(valley) for loss, valley in curves.items()} for axis, curves in valleys.items()} for valleys in found
    ]  # fmt: skip
    entry = {"points": points, "views": seen, "groups": groups, "all": landscapes.verdict(found), "valleys": each}
    write_json(paths.RESULTS / "landscapes.json", entry | {"provenance": provenance(sections=["camera", "dataset", "unet", "views"])})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else POINTS)
