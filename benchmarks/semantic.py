"""How well the segmentation networks tell categories apart: writes results/semantic.json.

    python benchmarks/semantic.py

`renderfit.segment` returns the outline of any object. Here the class of every pixel is asked for: that of the greatest mean
probability over the last looks, which are those of `segment`, in photographs of the test instances before backgrounds that
training never shows (`renderfit.vision.examination`). Background lies where no look reaches. Networks: that of the package and,
where there is one, that of the stage unet.
"""

import json

import numpy as np
import torch

from renderfit import config, paths
from renderfit.errors import DataError
from renderfit.geometry import Camera, load_mesh
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.provenance import provenance
from renderfit.rendering.photo import Subject, photograph
from renderfit.vision import examination, load_network
from renderfit.vision.scores import class_iou, confusion
from renderfit.vision.segmentation import searched
from renderfit.whole import write_json

VIEWS, SEED, DISTANCE = 5, 5, 0.7


def classes(network, image, category, camera, start):
    """Return the class (H, W) of every pixel, 0 for the background."""
    height, width = image.shape[:2]
    try:
        last = searched(image, network, category, camera, start)
    except DataError:
        return np.zeros((height, width), np.int64)
    pasted = [
        look.paste(torch.cat([one, torch.ones_like(one[:1])]), height, width) for look, one in zip(last.windows, last.scores, strict=True)
    ]
    total = np.sum(pasted, axis=0)
    seen = total[-1] > 0
    return np.where(seen & last.own, total[:-1].argmax(axis=0), 0)


def photographs(camera):
    """Yield (category, photograph, start pose) of all test instances."""
    for category, split in splits().items():
        for number, name in enumerate(split.test.values()):
            subject = Subject.of(load_mesh(mesh_path("dataset", category, name)))
            for view in range(VIEWS):
                generator = np.random.default_rng((SEED, number, view))
                pose, start = examination._poses(generator, subject, DISTANCE)
                yield category, photograph(subject, camera, pose, int(generator.integers(1 << 31)), examination.EXAM), start


def main():
    torch.set_num_threads(1)
    lens = config.section(config.CameraSection)
    camera = Camera.centred(lens.size, lens.focal)
    networks = {"published": load_network()}
    if (paths.ARTIFACTS / "unet").is_dir():
        networks["pipeline"] = load_network(paths.ARTIFACTS / "unet")
    pictures, entry = list(photographs(camera)), {}
    for kind, network in networks.items():
        names = ("background", *network.categories)
        counts = np.zeros((len(names), len(names)), np.int64)
        for category, photo, start in pictures:
            true = photo.mask * (1 + network.categories.index(category))
            counts += confusion(classes(network, photo.image, category, camera, start), true, len(names))
        iou = {name: round(float(value), 4) for name, value in zip(names, class_iou(counts), strict=True)}
        entry[kind] = {"classes": names, "iou": iou | {"mean": round(float(np.mean(list(iou.values()))), 4)}, "pixels": counts.tolist()}
        print(kind, json.dumps(entry[kind]))
    entry |= {"photographs": len(pictures), "provenance": provenance(sections=["camera", "dataset", "unet"])}
    write_json(paths.RESULTS / "semantic.json", entry)


if __name__ == "__main__":
    main()
