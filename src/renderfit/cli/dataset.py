"""``renderfit dataset check|align|recipes``: a folder of meshes before it goes into the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Check and align data sets.")


@app.command("check")
def check(
    source: Annotated[str, typer.Argument(help="default, open, drills, deepcpd or a folder with one sub-folder a category")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Read every mesh of a data set and say what it holds and who plays which role."""
    from renderfit.cli.output import emit
    from renderfit.datasets.sources import named

    found = named(source)
    result = {}
    for category, split in found.splits().items():
        meshes = {name: found.mesh(category, name) for name in split.names()}
        longest = [float((mesh.bounds()[1] - mesh.bounds()[0]).max()) for mesh in meshes.values()]
        result[category] = {
            **split.entries(),
            "instances": len(meshes),
            "longest_side_m": [round(min(longest), 4), round(max(longest), 4)],
            "faces": [min(len(mesh.faces) for mesh in meshes.values()), max(len(mesh.faces) for mesh in meshes.values())],
        }
    emit(result, as_json)


@app.command("align")
def align(
    folder: Annotated[Path, typer.Argument(help="meshes of one category, any unit, any axes")],
    out: Annotated[Path, typer.Argument(help="folder to write <name>.ply and report.json to")],
    up: Annotated[str, typer.Option(help="up axis of the reference, the instance of median size: x, -x, y, -y, z, -z")] = "z",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Bring the meshes of a category into one frame: metres, z up, base at z = 0; rejects are listed with reasons."""
    from renderfit.cli.output import emit
    from renderfit.datasets.intake import align_folder

    emit(align_folder(folder, out, up), as_json)


@app.command("recipes")
def recipes(out: Annotated[Path, typer.Argument(help="folder for the recipes of the embedded data set")]) -> None:
    """Write the recipes of the embedded data set anew; the bytes repeat."""
    from renderfit.cli.output import emit
    from renderfit.datasets.procedural.catalogue import write_default

    write_default(out)
    emit({"written": len(list(out.rglob("*.json")))}, as_json=False)
