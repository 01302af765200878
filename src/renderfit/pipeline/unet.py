"""Stage unet: train the segmentation network on training instances, examine it on the test instances.

With params.yaml ``unet.weights: published`` the network of the package is taken instead, with
``refiner.weights: train`` the refiner is trained as well, which takes hours with its fits.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from renderfit import config, paths
from renderfit.datasets import Split
from renderfit.errors import DataError
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.whole import whole_folder, write_json

_log = logging.getLogger(__name__)

EXAM_VIEWS = 5
"""Photographs per test instance in the final examination."""
STATES = "unet-state-{}.safetensors"
"""Names of training states, by the hash of what they depend on."""


def run() -> None:
    """Write ``artifacts/unet/`` (weights, description) and ``results/unet.json`` (curves, scores)."""
    from renderfit.geometry import Camera, load_mesh
    from renderfit.rendering.photo import Subject
    from renderfit.vision import examination, load_network
    from renderfit.vision.checkpoint import describe

    settings, lens, refined = config.section(config.UNet), config.section(config.CameraSection), config.section(config.Refiner)
    found = splits()
    with whole_folder(paths.ARTIFACTS / "unet") as part:
        if settings.weights == "train":
            train(part, found, settings)
        else:
            publish(part, found)
        if refined.weights == "train":
            from renderfit.pipeline import refiner

            folder = paths.ARTIFACTS / "refiner-training"
            refiner.train(folder, refined, "renderfit stage unet")
            for name in refiner.FILES:
                shutil.copyfile(folder / name, part / name)
    network, about = load_network(paths.ARTIFACTS / "unet"), describe(paths.ARTIFACTS / "unet")
    subjects = {
        category: [Subject.of(load_mesh(mesh_path("dataset", category, name))) for name in split.test.values()]
        for category, split in found.items()
    }
    records = examination.examine(network, subjects, Camera.centred(lens.size, lens.focal), EXAM_VIEWS, seed=settings.seed + 5)
    entry = {
        "parameters": sum(value.numel() for value in network.parameters()),
        **{name: about[name] for name in ("data", "loss", "scores")},
        "test": examination.summary(records),
        "records": records,
    }
    write_json(paths.RESULTS / "unet.json", entry)
    for state in paths.ARTIFACTS.glob(STATES.format("*")):
        state.unlink()


def train(folder: Path, found: dict[str, Split], settings: config.UNet) -> None:
    """Train the network, or go on with it, and write it to `folder`; the training state stays in the artifacts."""
    from renderfit.vision import fitting, stream, training

    source = stream.Source(training_meshes(found), seed=settings.seed)
    state = paths.ARTIFACTS / STATES.format(training.fingerprint(source, settings)[:12])
    for stale in set(paths.ARTIFACTS.glob(STATES.format("*"))) - {state}:
        _log.info("training state %s is of other settings or meshes: it is left out", stale.name)
        stale.unlink()
    fitting.fit(source, tuple(found), settings, state, folder)


def publish(folder: Path, found: dict[str, Split]) -> None:
    """Write the network that comes with the package to `folder`.

    Raises
    ------
    DataError
        If it does not know a category of the data set.
    """
    from renderfit.vision import checkpoint, training

    about = checkpoint.describe()
    if unknown := sorted(set(found) - set(about["categories"])):
        raise DataError(
            f"the network of the package knows {', '.join(about['categories'])}, not {', '.join(unknown)}; set unet.weights: train"
        )
    if about["data"] != training.data_hash(training_meshes(found)):
        _log.warning("the network of the package was trained on other meshes than this data set's; to train on these: unet.weights: train")
    for name in (checkpoint.WEIGHTS, checkpoint.DESCRIPTION):
        shutil.copyfile(checkpoint.PUBLISHED / name, folder / name)


def training_meshes(found: dict[str, Split]) -> tuple[tuple[str, ...], ...]:
    """Return the meshes of the training instances of every category."""
    return tuple(
        tuple(str(mesh_path("dataset", category, name)) for name in (split.canonical, *split.train)) for category, split in found.items()
    )
