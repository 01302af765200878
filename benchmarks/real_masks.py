"""How well the segmentation networks find real objects: writes results/real_masks.json.

    python benchmarks/real_masks.py                    # published network, and that of the stage unet where there is one
    python benchmarks/real_masks.py --images FOLDER    # also pictures of another renderer, from benchmarks/other_renderer.py

Every mesh of the mirror is photographed from its original surface before backgrounds that training never shows, and searched
for from a noisy start as in registration. Training saw parametric objects only.
"""

import argparse
import json
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch

from renderfit import config, paths
from renderfit.datasets import real
from renderfit.datasets.framing import distance_for
from renderfit.errors import RenderFitError
from renderfit.geometry import Camera, Pose
from renderfit.provenance import provenance
from renderfit.rendering.photo import Subject
from renderfit.vision import examination, load_network

CATEGORIES = ("bottle", "camera", "drill", "spray")


def subjects(camera):
    """Yield (category, name, surface [m], distance [m]) of every mesh that can be read; a size nobody knows is left out."""
    band, lens, source = config.section(config.Views), config.section(config.CameraSection), real.Open()
    for category, name in sorted(source._entries):
        try:
            mesh = source.mesh(category, name)
        except RenderFitError as problem:
            print(f"left out: {problem}")
            continue
        yield category, name, mesh, distance_for(mesh, camera, lens.distance, band, name)


def ours(networks, camera, views):
    """Score photographs of our own renderer."""
    found = {name: [] for name in networks}
    for number, (category, name, mesh, distance) in enumerate(subjects(camera)):
        for kind, network in networks.items():
            scored = examination.examine(network, {category: [Subject.of(mesh)]}, camera, views, seed=1000 + number, distance=distance)
            found[kind] += [record | {"subject": name} for record in scored]
    return found


def others(networks, folder):
    """Score pictures of another renderer: NAME.png, NAME-mask.png, NAME.json with camera, start pose and category."""
    found = {name: [] for name in networks}
    for path in sorted(folder.glob("*.json")):
        about = json.loads(path.read_text())
        camera, start = Camera(**about["camera"]), Pose(torch.tensor(about["start"], dtype=torch.float64))
        image, mask = iio.imread(path.with_suffix(".png"))[..., :3], iio.imread(path.with_name(f"{path.stem}-mask.png")) > 127
        for kind, network in networks.items():
            scored = examination.judged(network, image, mask, about["category"], camera, start)
            found[kind].append({"category": about["category"], "subject": path.stem, **scored})
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--views", type=int, default=3)
    options.add_argument("--images", type=Path)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    lens = config.section(config.CameraSection)
    networks = {"published": load_network()}
    if (paths.ARTIFACTS / "unet").is_dir():
        networks["pipeline"] = load_network(paths.ARTIFACTS / "unet")
    sets = {"our photographs": ours(networks, Camera.centred(lens.size, lens.focal), chosen.views)}
    if chosen.images:
        sets["another renderer"] = others(networks, chosen.images)
    entry = {"provenance": provenance([], ["camera", "unet"])}
    for kind, found in sets.items():
        entry[kind] = {name: {"summary": examination.summary(records), "records": records} for name, records in found.items()}
        for name in found:
            print(kind, name, json.dumps(entry[kind][name]["summary"]))
    worst = sorted(entry["our photographs"]["published"]["records"], key=lambda record: record["iou"])[:5]
    print(
        "worst:",
        [(record["subject"], record["iou"]) for record in worst],
        "median",
        np.median([r["iou"] for r in entry["our photographs"]["published"]["records"]]),
    )
    (paths.RESULTS / "real_masks.json").write_text(json.dumps(entry, indent=1) + "\n")


if __name__ == "__main__":
    main()
