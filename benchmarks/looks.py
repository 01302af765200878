"""How a photograph is looked at by the segmentation networks: writes results/looks.json.

    python benchmarks/looks.py

Training instances, warped so that no shape is one of training, before backgrounds that training never shows, are searched for
from noisy starts: with two looks at a window, with windows that follow what was found, and with the mean of three windows at
the end, as `segment` does. The choice was made by these photographs; the test instances have no part in it. Networks: that of
the package and, where there is one, that of the stage unet.
"""

import json
import sys

import numpy as np

from renderfit import config, paths
from renderfit.geometry import Camera, load_mesh
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.provenance import provenance
from renderfit.rendering.photo import Subject
from renderfit.vision import examination, load_network, segmentation

VARIANTS = {
    "two looks": (2, 0.0, (1.3,)),
    "two looks, mean of three windows": (2, 0.0, segmentation.MARGINS),
    "follow until still": (segmentation.ROUNDS, segmentation.STILL, (1.3,)),
    "follow until still, mean of three windows": (segmentation.ROUNDS, segmentation.STILL, segmentation.MARGINS),
}
"""Most rounds, when a window is still, margins of the last look."""
INSTANCES, VIEWS = 10, 2


def subjects():
    """Return the warped training instances by category."""
    found = {}
    for category, split in splits().items():
        meshes = [load_mesh(mesh_path("dataset", category, name)) for name in split.train[:INSTANCES]]
        found[category] = [Subject.of(mesh).warped(np.random.default_rng((5, number))) for number, mesh in enumerate(meshes)]
    return found


def main():
    """Search with every network and variant."""
    lens = config.section(config.CameraSection)
    camera, seen = Camera.centred(lens.size, lens.focal), subjects()
    networks = {"published": load_network()}
    if (paths.ARTIFACTS / "unet").is_dir():
        networks["pipeline"] = load_network(paths.ARTIFACTS / "unet")
    rows = []
    for network, weights in networks.items():
        for variant, (segmentation.ROUNDS, segmentation.STILL, segmentation.MARGINS) in VARIANTS.items():
            scored = examination.summary(examination.examine(weights, seen, camera, VIEWS, seed=77))
            rows += [{"network": network, "looks": variant, "category": category} | entry for category, entry in scored.items()]
            print(rows[-len(scored)], file=sys.stderr)
    (paths.RESULTS / "looks.json").write_text(json.dumps({"rows": rows, "provenance": provenance()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
