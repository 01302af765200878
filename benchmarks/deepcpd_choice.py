"""The baseline that learns, tuned fairly: a displacement network that has not seen two training instances of each category.

``python benchmarks/deepcpd_choice.py FOLDER`` trains in FOLDER (or goes on there) without the left-out instances, registers
photographs of these with the true mask, and writes its part of ``results/deepcpd_choice.json``: vertex distance [mm] for every
weight of the evidence, known pose and pose noise, beside the mean shape and the latent floor. Test instances are not touched. The
command, the sizes, the curve and the CPU seconds of the training stand in the file too, one entry per size of training. The
default is the training of the stage deepcpd: about two minutes of one core, and half a minute for the registrations.
"""

import argparse
import json
import logging
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from renderfit import config, paths
from renderfit.datasets import load_split
from renderfit.datasets.views import sample_view, seed_of
from renderfit.evaluation import vertex_error
from renderfit.geometry import Camera, load_mesh
from renderfit.pipeline.deepcpd import noise_of, source_of
from renderfit.provenance import provenance
from renderfit.registration.deepcpd import network, register_deepcpd, training
from renderfit.rendering.photo import Subject
from renderfit.shapes import ShapeSpace
from renderfit.shapes.full_fit import fit_full
from renderfit.whole import write_json


def cases(left_out, views):
    """Yield (category, space without the left-out instances, view, full mesh, mean shape's error, floor) of left-out instances."""
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    for category, split in load_split(paths.ARTIFACTS / "dataset" / "split.json").items():
        space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category)
        for index in sorted(left_out, reverse=True):
            space = space.without(index)
        model = space.model("pca")
        for index in left_out:
            name = split.train[index]
            reference = load_mesh(paths.ARTIFACTS / "watertight" / category / f"{name}.ply")
            subject = Subject.of(load_mesh(paths.ARTIFACTS / "dataset" / category / f"{name}.ply"))
            mean = vertex_error(model.decode(np.zeros(model.size)), reference).mean
            floor = vertex_error(fit_full(reference, model).mesh, reference).mean
            for number in range(views):
                seed = seed_of("deepcpd", category, name, number)
                yield (
                    category,
                    space,
                    sample_view(subject, Camera.centred(lens.size, lens.focal), seed, band, lens.distance),
                    reference,
                    mean,
                    floor,
                )


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--left-out", type=int, nargs="+", default=[2, 6])
    options.add_argument("--evidence", type=float, nargs="+", default=[1, 10, 30, 100, 1000])
    default = config.section(config.Deepcpd)
    options.add_argument("--pictures", type=int, default=default.pictures)
    options.add_argument("--steps", type=int, default=default.steps)
    options.add_argument("--views", type=int, default=8)
    chosen = options.parse_args()
    logging.basicConfig(level=logging.INFO)
    sizes = {name: getattr(chosen, name) for name in ("pictures", "steps")}
    settings = replace(default, **sizes, painters=0)
    begun = time.process_time()
    net, about = training.train(source_of(1, tuple(chosen.left_out)), settings, noise_of(), chosen.folder)
    seconds = time.process_time() - begun
    network.save(net, chosen.folder / "network", about)
    net = network.load(chosen.folder / "network")
    found = list(cases(chosen.left_out, chosen.views))
    rows = []
    for noise in (False, True):
        bounds = {"mean_shape_mm": np.mean([c[4] for c in found]), "floor_mm": np.mean([c[5] for c in found])}
        for evidence in chosen.evidence:
            errors = []
            for _, space, view, reference, _, _ in found:
                pose = view.noisy_pose if noise else view.pose
                done = register_deepcpd(view.image, space, view.camera, view.mask, pose, net, noise, evidence=evidence)
                errors.append(vertex_error(done.mesh, reference).mean)
            row = {"pose": "noise" if noise else "known", "evidence": evidence, "runs": len(errors), "v2v_mm": float(np.mean(errors)) * 1e3}
            rows.append({**row, **{name: float(value) * 1e3 for name, value in bounds.items()}})
            print(json.dumps(rows[-1]), flush=True)
    command = f"python benchmarks/deepcpd_choice.py FOLDER {' '.join(f'--{name} {value}' for name, value in sizes.items())}"
    command += f" --views {chosen.views} --left-out {' '.join(map(str, chosen.left_out))}"
    training_of = {name: about[name] for name in ("photographs", "starts", "steps", "batch", "rate", "precision", "curve_mm")}
    entry = {
        "command": command,
        "left_out": chosen.left_out,
        "training": training_of | {"cpu_seconds": seconds},
        "views": chosen.views,
        "rows": rows,
        "provenance": provenance(),
    }
    path = paths.RESULTS / "deepcpd_choice.json"
    others = [one for one in json.loads(path.read_text()) if one["command"] != command] if path.is_file() else []
    write_json(path, sorted([*others, entry], key=lambda one: one["training"]["cpu_seconds"]))


if __name__ == "__main__":
    main()
