"""``renderfit train MESHES OUT``: a segmentation network for one's own categories."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer


def command(
    meshes: Annotated[Path, typer.Argument(help="folder with one sub-folder of meshes (metres, z up) per category")],
    out: Annotated[Path, typer.Argument(help="folder for weights and description; an interrupted training in it is resumed")],
    steps: Annotated[int, typer.Option(help="training steps; 0: as params.yaml says")] = 0,
    seed: Annotated[int, typer.Option(help="of pictures and weights")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Train on photographs painted of the meshes; every mesh in a sub-folder is a training instance of that category."""
    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.vision import save_network, stream, training

    settings = dataclasses.replace(config.section(config.UNet), seed=seed)
    if steps:
        small = round(steps * settings.small_steps / settings.steps)
        settings = dataclasses.replace(settings, steps=steps, small_steps=small)
    categories, found = stream.meshes_of(meshes)
    out.mkdir(parents=True, exist_ok=True)
    state = out / "training-state.safetensors"
    network, log = training.train(stream.Source(found, seed=seed), categories, settings, state=state)
    save_network(network, out, seed=seed, steps=settings.steps, loss=log.loss)
    state.unlink(missing_ok=True)
    emit(
        {"categories": list(categories), "meshes": [len(names) for names in found], "steps": settings.steps, "loss": log.loss[-1:]}, as_json
    )
