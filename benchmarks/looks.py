"""How a photograph is looked at by the segmentation networks: writes results/looks.json.

    python benchmarks/looks.py

Training instances, warped so that no shape is one of training, half of them in colours of their own and half before backgrounds of
their own too, near and far, are searched for from noisy starts: with two looks at a window, with windows that follow what was found,
with the mean of three windows at the end, and with a second search where those three disagree, as `segment` does. The choice was made
by such photographs; the test instances have no part in it. For the last variant, and for tables with nothing on them, the doubts are
counted too. Networks: that of the package and, where there is one, that of the stage unet.
"""

import json
import sys

import numpy as np
import torch

from renderfit import config, paths
from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh, load_mesh
from renderfit.pipeline.catalogue import splits
from renderfit.pipeline.unet import training_meshes
from renderfit.progress import progress
from renderfit.provenance import provenance
from renderfit.rendering.photo import UNSEEN, Style, Subject, photograph
from renderfit.vision import examination, load_network, search, segmentation
from renderfit.vision.scores import intersection_over_union
from renderfit.vision.segmentation import searched

AGAIN = "follow until still, mean of three windows, again where they disagree"
VARIANTS = {
    "two looks": (2, 0.0, (1.3,), 0.0),
    "two looks, mean of three windows": (2, 0.0, search.MARGINS, 0.0),
    "follow until still": (search.ROUNDS, search.STILL, (1.3,), 0.0),
    "follow until still, mean of three windows": (search.ROUNDS, search.STILL, search.MARGINS, 0.0),
    AGAIN: (search.ROUNDS, search.STILL, search.MARGINS, search.SURE),
}
"""Most rounds, when a window is still, margins of the last look, overlap below which the search begins again."""
PHOTOGRAPHS, TABLES, SEED, SCENES = 160, 60, 4242, 77
NEAR, FAR = 0.5, 1.4
"""Distances of the camera [m]."""
GOOD = 0.8
"""Overlap with the true mask from which one is good."""


def photographs(camera):
    """Yield (category, photograph, start pose) of warped training instances."""
    categories, meshes = list(splits()), training_meshes(splits())
    for index in range(PHOTOGRAPHS):
        generator = np.random.default_rng((SEED, index))
        paths_of = meshes[index % len(meshes)]
        subject = Subject.of(load_mesh(paths_of[int(generator.integers(len(paths_of)))])).warped(generator)
        pose, start = examination._poses(generator, subject, float(generator.uniform(NEAR, FAR)))
        style = Style(keep_colors=float(generator.random() < 0.5), backgrounds=UNSEEN)
        yield categories[index % len(meshes)], photograph(subject, camera, pose, int(generator.integers(1 << 31)), style), start


def tables(camera):
    """Yield (photograph, start pose or None) of tables with nothing on them: the body's faces have no area."""
    corners = torch.cartesian_prod(*torch.tensor([[-0.08, 0.08], [-0.08, 0.08], [0.0, 0.2]]))
    subject = Subject.of(Mesh(corners, torch.arange(8)[:, None].repeat(1, 3)))
    for index in range(TABLES):
        generator = np.random.default_rng((SCENES, index))
        pose, start = examination._poses(generator, subject, 0.7)
        style = Style(backgrounds=UNSEEN) if index % 2 else Style()
        yield photograph(subject, camera, pose, int(generator.integers(1 << 31)), style), start if index % 3 else None


def judged(network, image, true, category, camera, start):
    """Return overlap with the true mask and agreement of the last windows, which is left out where nothing is found."""
    try:
        last = searched(image, network, category, camera, start)
    except DataError:
        return {"iou": 0.0}
    found = last.probability(network.edge)
    overlap = intersection_over_union(found > 0.5, true) if true.any() else 0.0
    return {"iou": round(overlap, 4), "agreement": round(last.agreement, 3)}


def doubts(records, empty):
    """Return how well disagreement tells good masks from others, and empty tables."""
    good = [r for r in records if r["iou"] > GOOD]
    bad = [r for r in records if r["iou"] <= GOOD]
    kept = [r for r in empty if r.get("agreement", 0.0) >= segmentation.CHANGING]
    return {
        "good": len(good),
        "good_least_agreement": min(r["agreement"] for r in good),
        "good_warned": sum(r["agreement"] < segmentation.DOUBTFUL for r in good),
        "bad": len(bad),
        "bad_refused_or_warned": sum(r.get("agreement", 0.0) < segmentation.DOUBTFUL for r in bad),
        "tables": len(empty),
        "tables_taken_for_an_object": len(kept),
        "of_these_without_warning": sum(r["agreement"] >= segmentation.DOUBTFUL for r in kept),
        "tables_before_the_refusal": sum("agreement" in r for r in empty),
    }


def main():
    """Search with every network and variant."""
    torch.set_num_threads(1)
    lens = config.section(config.CameraSection)
    camera = Camera.centred(lens.size, lens.focal)
    networks = {"published": load_network()}
    if (paths.ARTIFACTS / "unet").is_dir():
        networks["pipeline"] = load_network(paths.ARTIFACTS / "unet")
    seen, empty, rows, found = list(photographs(camera)), list(tables(camera)), [], {}
    for network, weights in networks.items():
        for variant, (search.ROUNDS, search.STILL, search.MARGINS, search.SURE) in VARIANTS.items():
            records = [
                {"category": category} | judged(weights, photo.image, photo.mask, category, camera, start)
                for category, photo, start in progress(seen, f"{network}, {variant}", len(seen))
            ]
            for category in ("all", *weights.categories):
                of = [record["iou"] for record in records if category in ("all", record["category"])]
                rows.append(
                    {
                        "network": network, "looks": variant, "category": category, "photographs": len(of),
                        "iou": round(float(np.mean(of)), 4), "iou_least": min(of), "worse_than_good": sum(iou <= GOOD for iou in of),
                    }
                )  # fmt: skip
            print(rows[-len(weights.categories) - 1], file=sys.stderr)
        found[network] = doubts(records, [judged(weights, photo.image, photo.mask, None, camera, start) for photo, start in empty])
        print(network, found[network], file=sys.stderr)
    (paths.RESULTS / "looks.json").write_text(json.dumps({"rows": rows, "doubts": found, "provenance": provenance()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
