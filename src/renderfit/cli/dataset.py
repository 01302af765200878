"""``renderfit dataset check|align|download|recipes``: meshes before they go into the pipeline."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Check, align and fetch data sets.")

Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]
Report = Annotated[Path | None, typer.Option(help="HTML page to write: a thumbnail per mesh, what was done to it, rejects with reasons")]


@app.command("check")
def check(
    source: Annotated[str, typer.Argument(help="default, open, drills, deepcpd or a folder with one sub-folder a category")],
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Read every mesh of a data set and say what it holds and who plays which role."""
    from renderfit.cli.output import emit
    from renderfit.datasets.folder import Folder
    from renderfit.datasets.sources import NAMED, named
    from renderfit.errors import DataError

    found = named(str(Path(source).resolve()) if Path(source).is_dir() and source not in NAMED else source)
    if isinstance(found, Folder):
        try:
            splits = found.splits()
        except DataError:
            if report:
                _write(found, {}, report)  # the page says best why there are too few
            raise
    else:
        splits = found.splits()
        if report:
            raise DataError(f"--report is about a folder of meshes; {source} is already in the common frame")
    result: dict[str, Any] = {}
    for category, split in splits.items():
        meshes = {name: found.mesh(category, name) for name in split.names()}
        longest = [float((mesh.bounds()[1] - mesh.bounds()[0]).max()) for mesh in meshes.values()]
        result[category] = {
            **split.entries(),
            "instances": len(meshes),
            "longest_side_m": [round(min(longest), 4), round(max(longest), 4)],
            "faces": [min(len(mesh.faces) for mesh in meshes.values()), max(len(mesh.faces) for mesh in meshes.values())],
        }
    if isinstance(found, Folder):
        for category in found.files:
            result.setdefault(category, {"problem": "too few usable meshes"})["rejected"] = found.intake(category).rejected
        if report:
            _write(found, splits, report)
    emit(result, as_json)


@app.command("align")
def align(
    folder: Annotated[Path, typer.Argument(help="meshes of one category, or a sub-folder for each category; any unit, any axes")],
    out: Annotated[Path, typer.Argument(help="folder for <category>/<name>.ply, report.json and report.html; a source for dataset.source")],
    up: Annotated[str | None, typer.Option(help="up axis of most files if it is known: x, -x, y, -y, z, -z")] = None,
    unit: Annotated[str | None, typer.Option(help="unit of all files if it is known: m, mm, cm, inch")] = None,
    size: Annotated[float | None, typer.Option(help="median longest side [m] of a category, for files without a unit")] = None,
    as_json: Json = False,
) -> None:
    """Bring meshes into one frame per category: metres, z up, base at z = 0; rejects are listed with reasons.

    What is known of single categories and meshes is said in intake.json in the folder, which is read if no option is given.
    """
    import json

    from renderfit.cli.output import emit
    from renderfit.datasets.folder import KNOWN, Folder
    from renderfit.datasets.split import save_split
    from renderfit.datasets.taken import Wanted
    from renderfit.errors import DataError
    from renderfit.geometry.io import save_mesh
    from renderfit.whole import require_folder, write_json, write_text

    require_folder(out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{out} lies in {folder}; expected another place: the next run would take its own output in")
    told = Wanted(up=up, unit=unit, size=size)
    source = Folder(folder, told if told != Wanted() else None)
    splits, short = {}, {}
    for category in source.files:
        split = source.chosen(category)
        if split is None:
            short[category] = source.shortage(category)
        else:
            splits[category] = split
        written = {out / category / f"{name}.ply": mesh for name, mesh in source.intake(category).meshes().items()}
        for path, mesh in written.items():
            save_mesh(mesh, path)
        if left := sorted(path.name for path in (out / category).glob("*.ply") if path not in written):
            logging.getLogger(__name__).warning("%s: %s of an earlier run lie there still: remove them", out / category, ", ".join(left))
    report = source.report()
    write_text(out / "report.json", json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    _write(source, splits, out / "report.html")
    write_json(
        out / KNOWN, {category: {"up": "z", "unit": "m", "align": False} for category in source.files if source.intake(category).taken}
    )
    if splits:
        save_split(splits, out / "split.json")
    emit({"report": str(out / "report.html"), **({"short": short} if short else {}), **report}, as_json)


@app.command("download")
def download(
    category: Annotated[list[str] | None, typer.Argument(help="categories of the manifest; none: all")] = None,
    licence: Annotated[str | None, typer.Option(help="clear, stated or any: how clear it has to be; default: dataset.licence")] = None,
    as_json: Json = False,
) -> None:
    """Fetch the meshes of `dataset.source: open` and `drills` that have a public address; what is there already is kept."""
    from renderfit.cli.output import emit
    from renderfit.datasets.download import fetch_all

    emit(fetch_all(category or [], licence), as_json)


@app.command("recipes")
def recipes(out: Annotated[Path, typer.Argument(help="folder for the recipes of the embedded data set")]) -> None:
    """Write the recipes of the embedded data set anew; the bytes repeat."""
    from renderfit.cli.output import emit
    from renderfit.datasets.procedural.catalogue import write_default

    write_default(out)
    emit({"written": len(list(out.rglob("*.json")))}, as_json=False)


def _write(source: Any, splits: Any, target: Path) -> None:
    from renderfit.plotting.intake import write_page

    write_page({category: source.intake(category) for category in source.files}, splits, source.origin, target)
