"""A segmentation network from training meshes to files: trained, scored as it learns, written with its description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from renderfit import config
from renderfit.vision import checkpoint, examination
from renderfit.vision.calibration import calibrate
from renderfit.vision.stream import Source
from renderfit.vision.training import Log, data_hash, train
from renderfit.vision.unet import UNet


def fit(
    source: Source,
    categories: tuple[str, ...],
    settings: config.UNet,
    state: Path,
    folder: Path,
    start: UNet | None = None,
    *,
    command: str = "",
    origin: Path | None = None,
) -> Log:
    """Train a network on what `source` paints, or go on from `state`, calibrate it and write it with its description to `folder`.

    Parameters
    ----------
    source : Source
        Training meshes, in the order of `categories`.
    categories : tuple of str
    settings : config.UNet
    state : Path
        The training state: resumed where there is one.
    folder : Path
    start : UNet, optional
        Weights to begin with.
    command : str
        What the description says that it was trained by; empty: nothing.
    origin : Path, optional
        Folder of `start`, whose description is kept in the new one.
    """
    check = examination.validation_samples(source, 64, settings.window)

    def score(network: UNet) -> dict[str, Any]:
        return examination.window_scores(network, check)

    network, log = train(source, categories, settings, state=state, score=score, score_every=max(1, settings.steps // 6), initial=start)
    network.edge = calibrate(network, source, settings.calibrated)
    about = {
        **({"command": command} if command else {}),
        "seed": settings.seed,
        "steps": settings.steps,
        "data": data_hash(source.meshes),
        "size": settings.window,
        "precision": log.precision,
        "loss": log.loss,
        "scores": log.scores,
        **({"initial": checkpoint.describe(origin)} if origin else {}),
    }
    checkpoint.save_network(network, folder, **about)
    return log
