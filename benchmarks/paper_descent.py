"""Does the paper's descent lower its loss, and does a lower loss mean a better shape? Writes ``results/paper_descent.json``.

    python benchmarks/paper_descent.py

Photographs of training instances left out of their spaces, more than `paper_sensitivity.py` has, at the known pose: for the loss on
features, the same at a third of the rate, and the loss on masks, the loss at the end over that at the start, the distance over that
of the mean shape, and how often the loss rose, and how often it fell while the shape moved away from the truth. Test instances are
not touched. Needs the artifacts up to the stage unet.
"""

import json
import logging
from dataclasses import replace

import numpy as np
import torch
from paper_sensitivity import cases

from renderfit import config, paths
from renderfit.evaluation import vertex_error
from renderfit.provenance import provenance
from renderfit.registration import register
from renderfit.vision import load_network
from renderfit.whole import write_json


def main():
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    network, section = load_network(paths.ARTIFACTS / "unet"), config.section(config.Paper)
    prepared = [entry for entry in cases(range(1, 9), network) if entry[1][0] is not None]
    slower = replace(section, shape_rate=section.shape_rate / 3)
    rows, first = [], None
    for name, settings in (("features", section), ("features, a third of the rate", slower), ("mask", section.by_mask())):
        found = []
        for (space, view, reference, mean), masks in prepared:
            fit = register(view.image, space, view.camera, masks[0], view.pose, False, "paper", network=network, config=settings)
            found.append((vertex_error(fit.mesh, reference).mean / mean, fit.history[-1].loss / fit.history[0].loss))
        distance, loss = np.array(found).T
        first = distance if first is None else first
        row = {"loss": name, "shape_rate": settings.shape_rate, "runs": len(found), "over_mean_shape": distance.mean()}
        row |= {"over_mean_shape_median": np.median(distance), "error": (distance - first).std(ddof=1) / len(found) ** 0.5}
        row |= {"loss_left": loss.mean(), "loss_rose": int((loss > 1).sum()), "fell_but_away": int(((loss <= 1) & (distance > 1)).sum())}
        rows.append({key: round(float(value), 4) if isinstance(value, float) else value for key, value in row.items()})
        print(json.dumps(rows[-1]), flush=True)
    write_json(paths.RESULTS / "paper_descent.json", {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
