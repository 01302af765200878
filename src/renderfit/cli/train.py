"""``renderfit train``: a segmentation network for one's own categories, or a network of the data set: refiner, DeepCPD."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Train a network; an interrupted training is resumed.")
Out = Annotated[Path, typer.Argument(help="folder for weights and description; an interrupted training in it is resumed")]
Steps = Annotated[int, typer.Option(help="training steps; 0: as params.yaml says", min=0)]
Seed = Annotated[int, typer.Option(help="of pictures and weights")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]


@app.command()
def unet(
    meshes: Annotated[
        Path,
        typer.Argument(help="folder with one sub-folder of meshes (metres, z up) per category; a split.json in it says which to leave out"),
    ],
    out: Out,
    initial: Annotated[Path | None, typer.Option(help="folder of a network of the same categories to start from")] = None,
    size: Annotated[int, typer.Option(help="side of the windows [px]; 0: as params.yaml says", min=0)] = 0,
    rate: Annotated[float, typer.Option(help="highest rate; 0: as params.yaml says", min=0.0)] = 0.0,
    steps: Steps = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Segmentation: train on photographs painted of the meshes; every mesh in a sub-folder is a training instance.

    In a folder with a split.json, as the stage dataset writes it, the test instances are left out.
    """
    import torch

    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.datasets import load_split
    from renderfit.vision import checkpoint, examination, load_network, save_network, stream, training

    settings = dataclasses.replace(config.section(config.UNet), seed=seed)
    settings = dataclasses.replace(settings, rate=rate or settings.rate, size=size or settings.size)
    start, wanted = load_network(initial) if initial else None, steps or settings.steps
    small, fine = (round(wanted * part / settings.steps) for part in (settings.small_steps, settings.fine_steps))
    if size:  # the windows to end with
        fine = 0
    if start is not None:  # it has seen smaller windows
        small, fine, settings = 0, 0, dataclasses.replace(settings, width=start.width, levels=start.levels, size=size or start.window)
    settings = dataclasses.replace(settings, steps=wanted, small_steps=small, fine_steps=fine)
    categories, found = stream.meshes_of(meshes)
    if (meshes / "split.json").is_file():
        splits = load_split(meshes / "split.json")
        categories = tuple(splits)
        found = tuple(tuple(str(meshes / c / f"{name}.ply") for name in (split.canonical, *split.train)) for c, split in splits.items())
    out.mkdir(parents=True, exist_ok=True)
    state, source = out / "training-state.safetensors", stream.Source(found, seed=seed)
    check = examination.validation_samples(source, 64, settings.window)
    network, log = training.train(
        source,
        categories,
        settings,
        state=state,
        score=lambda network: examination.window_scores(network, check),
        score_every=max(1, settings.steps // 6),
        initial=start,
    )
    command = (
        f"renderfit train unet {meshes.name} OUT --size {settings.window} --rate {settings.rate:g} --steps {settings.steps} --seed {seed}"
    )
    about = {"command": command + (" --initial INITIAL" if initial else ""), "seed": seed, "steps": settings.steps}
    precision = str(training.precision_of(settings.precision, torch.device("cpu"))).removeprefix("torch.")
    about |= {"data": training.data_hash(found), "size": settings.window, "precision": precision, "loss": log.loss, "scores": log.scores}
    save_network(network, out, **about, **({"initial": checkpoint.describe(initial)} if initial else {}))
    state.unlink(missing_ok=True)
    counts = [len(names) for names in found]
    emit({"categories": list(categories), "meshes": counts, "steps": settings.steps, "scores": log.scores[-1:]}, as_json)


@app.command()
def refiner(
    out: Out,
    initial: Annotated[
        Path | None, typer.Option(help="folder of a refiner to start from; its description is kept in the new one's")
    ] = None,
    rate: Annotated[float, typer.Option(help="highest rate; 0: as params.yaml says", min=0.0)] = 0.0,
    steps: Steps = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Pose and object coordinates: train on the training instances and shape spaces that the stages have made."""
    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.pipeline.refiner import train

    section = config.section(config.Refiner)
    settings = dataclasses.replace(section, seed=seed, rate=rate or section.rate, steps=steps or section.steps)
    command = f"renderfit train refiner OUT --steps {settings.steps} --rate {settings.rate:g} --seed {seed}"
    command += " --initial INITIAL" if initial else ""
    emit(train(out, settings, command, initial), as_json)


@app.command()
def deepcpd(
    out: Out,
    steps: Steps = 0,
    pictures: Annotated[int, typer.Option(help="photographs to paint; 0: as params.yaml says", min=0)] = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Displacements of the canonical (DeepCPD): train on the training instances and shape spaces that the stages have made."""
    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.pipeline.deepcpd import train

    section = config.section(config.Deepcpd)
    settings = dataclasses.replace(section, seed=seed, steps=steps or section.steps, pictures=pictures or section.pictures)
    about = train(out, settings)
    emit({name: about[name] for name in ("photographs", "steps", "parameters")} | {"error_mm": about["curve_mm"][-1:]}, as_json)
