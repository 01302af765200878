"""``renderfit train``: a segmentation network for one's own categories, or a network of the data set: refiner, DeepCPD."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Train a network; an interrupted training is resumed."
)
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
    from renderfit.cli.output import emit
    from renderfit.pipeline.own_network import train

    emit(train(meshes, out, initial, size=size, rate=rate, steps=steps, seed=seed), as_json)


@app.command()
def refiner(
    out: Out,
    initial: Annotated[
        Path | None, typer.Option(help="folder of a refiner to start from; its description is kept in the new one's")
    ] = None,
    rate: Annotated[float, typer.Option(help="highest rate; 0: as params.yaml says", min=0.0)] = 0.0,
    size: Annotated[int, typer.Option(help="side of the windows [px]; 0: as params.yaml says", min=0)] = 0,
    steps: Steps = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Pose and object coordinates: train on the training instances and shape spaces that the stages have made."""
    from renderfit import config
    from renderfit.cli.output import emit
    from renderfit.pipeline.refiner import train

    section = config.section(config.Refiner)
    given = {"rate": rate or section.rate, "size": size or section.size, "steps": steps or section.steps}
    settings = config.replaced(section, seed=seed, **given)
    command = " ".join(["renderfit train refiner OUT", *(f"--{name} {given[name]:g}" for name in given), f"--seed {seed}"])
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
    settings = config.replaced(section, seed=seed, steps=steps or section.steps, pictures=pictures or section.pictures)
    about = train(out, settings)
    emit({name: about[name] for name in ("photographs", "steps", "parameters")} | {"error_mm": about["curve_mm"][-1:]}, as_json)
