"""How much too wide the segmentation networks draw outlines, and what drawing them in does about it.

``python benchmarks/calibration.py`` writes ``results/calibration.json``: median area of the masks over that of the objects, and mean
overlap, on photographs of warped training instances which the calibration did not see, as trained and with what
`renderfit.vision.calibration` finds, for the networks of the stage unet and of the package. Test instances are not touched.
``--publish`` writes what it finds into the description of the package's weights.
"""

import argparse
import json

import numpy as np
import torch

from renderfit import config, paths
from renderfit.pipeline import catalogue, unet
from renderfit.provenance import provenance
from renderfit.vision import load_network
from renderfit.vision.calibration import area, calibrate, mask_of, photographed
from renderfit.vision.checkpoint import DESCRIPTION, PUBLISHED, describe
from renderfit.vision.scores import intersection_over_union
from renderfit.vision.stream import Source
from renderfit.whole import write_json


def overlap(found, edge):
    """Return the mean overlap of masks with outlines drawn in by `edge`."""
    return float(np.mean([intersection_over_union(mask_of(look, edge), look[2]) for look in found]))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--publish", action="store_true")
    options.add_argument("--count", type=int, default=40, help="photographs to calibrate by")
    options.add_argument("--judged", type=int, default=80, help="other photographs")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    source, rows = Source(unet.training_meshes(catalogue.splits()), seed=config.section(config.UNet).seed), []
    for name, folder in (("pipeline", paths.ARTIFACTS / "unet"), ("package", PUBLISHED)):
        network = load_network(folder)
        judged = photographed(network, source, chosen.judged, first=1000)
        edge = calibrate(network, source, chosen.count)
        for kind, added in (("as trained", 0.0), ("calibrated", edge)):
            row = {"network": name, "outlines": kind, "edge": added, "area": area(judged, added), "iou": overlap(judged, added)}
            rows.append({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
            print(json.dumps(rows[-1]), flush=True)
        if chosen.publish and folder == PUBLISHED:
            how = "python benchmarks/calibration.py --publish"
            write_json(folder / DESCRIPTION, describe(folder) | {"edge": edge, "calibrated": how})
    settings = {"photographs": chosen.count, "judged": chosen.judged}
    write_json(paths.RESULTS / "calibration.json", settings | {"rows": rows, "provenance": provenance()})


if __name__ == "__main__":
    main()
