"""``renderfit train``: a segmentation network for one's own categories, or a network of the data set: refiner, DeepCPD."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Train a network; an interrupted training is resumed.")
Out = Annotated[Path, typer.Argument(help="folder for weights and description; an interrupted training in it is resumed")]
Steps = Annotated[int, typer.Option(help="training steps; 0: as params.yaml says")]
Seed = Annotated[int, typer.Option(help="of pictures and weights")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]


@app.command()
def unet(
    meshes: Annotated[Path, typer.Argument(help="folder with one sub-folder of meshes (metres, z up) per category")],
    out: Out,
    steps: Steps = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Segmentation: train on photographs painted of the meshes; every mesh in a sub-folder is a training instance."""
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


@app.command()
def refiner(
    out: Out,
    initial: Annotated[
        Path | None, typer.Option(help="folder of a refiner to start from; its description is kept in the new one's")
    ] = None,
    rate: Annotated[float, typer.Option(help="highest rate; 0: as params.yaml says")] = 0.0,
    steps: Steps = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Object coordinates: train on the training instances and shape spaces that the stages have made."""
    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.pipeline.refiner import train

    section = config.section(config.Refiner)
    settings = dataclasses.replace(section, seed=seed, rate=rate or section.rate)
    if steps:
        small = round(steps * settings.small_steps / settings.steps)
        settings = dataclasses.replace(settings, steps=steps, small_steps=small)
    command = f"renderfit train refiner OUT --steps {settings.steps} --rate {settings.rate:g} --seed {seed}"
    command += " --initial INITIAL" if initial else ""
    emit(train(out, settings, command, initial), as_json)


@app.command()
def deepcpd(out: Out, steps: Steps = 0, seed: Seed = 0, as_json: Json = False) -> None:
    """Displacements of the canonical (DeepCPD): train on the training instances and shape spaces that the stages have made."""
    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.pipeline.deepcpd import train

    settings = dataclasses.replace(config.section(config.Deepcpd), seed=seed)
    about = train(out, dataclasses.replace(settings, steps=steps) if steps else settings)
    emit({name: about[name] for name in ("photographs", "steps", "parameters")} | {"error_mm": about["curve_mm"][-1:]}, as_json)
