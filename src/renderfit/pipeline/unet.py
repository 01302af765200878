"""Stage unet: train the segmentation network on training instances, examine it on the test instances.

With params.yaml ``refiner.weights: train`` the refiner is trained as well, which takes half an hour.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.datasets import Split
from renderfit.pipeline.atomic import whole_folder, write_json
from renderfit.pipeline.catalogue import mesh_path, splits

_log = logging.getLogger(__name__)

EXAM_VIEWS = 5
"""Photographs per test instance in the final examination."""


def run() -> None:
    """Write ``artifacts/unet/`` (weights, description) and ``results/unet.json`` (curves, scores)."""
    import torch

    from renderfit.geometry import Camera, load_mesh
    from renderfit.rendering.photo import Subject
    from renderfit.vision import examination, save_network, stream, training
    from renderfit.vision.unet import UNet

    settings, lens = config.section(config.UNet), config.section(config.CameraSection)
    found = splits()
    categories = tuple(found)
    source = stream.Source(tuple(_training(category, split) for category, split in found.items()), seed=settings.seed)
    check = examination.validation_samples(source, 64, settings.size)

    def score(network: UNet) -> dict[str, Any]:
        return examination.window_scores(network, check)

    state = paths.ARTIFACTS / f"unet-state-{training.fingerprint(source, settings)[:12]}.safetensors"
    for stale in set(paths.ARTIFACTS.glob("unet-state*.safetensors")) - {state}:
        _log.info("training state %s is of other settings or meshes: it is left out", stale.name)
        stale.unlink()
    network, log = training.train(source, categories, settings, state=state, score=score, score_every=max(1, settings.steps // 6))
    camera = Camera.centred(lens.size, lens.focal)
    subjects = {
        category: [Subject.of(load_mesh(mesh_path("dataset", category, name))) for name in split.test.values()]
        for category, split in found.items()
    }
    records = examination.examine(network, subjects, camera, EXAM_VIEWS, seed=settings.seed + 5)
    training_hash = _hash([path for names in source.meshes for path in names])
    refined = config.section(config.Refiner)
    with whole_folder(paths.ARTIFACTS / "unet") as part:
        save_network(
            network,
            part,
            seed=settings.seed,
            steps=settings.steps,
            data=training_hash,
            size=settings.size,
            precision=str(training.precision_of(settings.precision, torch.device("cpu"))).removeprefix("torch."),
            loss=log.loss,
            scores=log.scores,
        )
        if refined.weights == "train":
            from renderfit.pipeline import refiner

            folder = paths.ARTIFACTS / "refiner-training"
            refiner.train(folder, refined, "renderfit stage unet")
            for name in refiner.FILES:
                shutil.copyfile(folder / name, part / name)
    entry = {
        "parameters": sum(value.numel() for value in network.parameters()),
        "data": training_hash,
        "loss": log.loss,
        "scores": log.scores,
        "test": examination.summary(records),
        "records": records,
    }
    write_json(paths.RESULTS / "unet.json", entry)
    state.unlink(missing_ok=True)


def _training(category: str, split: Split) -> tuple[str, ...]:
    return tuple(str(mesh_path("dataset", category, name)) for name in (split.canonical, *split.train))


def _hash(files: list[str]) -> str:
    digest = hashlib.sha256()
    for name in files:
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()
