"""``renderfit watertight IN OUT``: watertight, manifold meshes from any triangles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="mesh in metres: PLY, OBJ, STL, OFF, GLB; or a folder of meshes")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="file to write; for a folder, another folder: a/b.obj becomes a/b.ply")],
    depth: Annotated[int, typer.Option(help="resolution, 4 to 10: a cell is 1.39 L / 2^depth")] = 7,
    seal: Annotated[int, typer.Option(help="close holes up to about twice this many cells; -1: as many as needed")] = 0,
    ratio: Annotated[float, typer.Option(help="refine edges farther from the input than this share of their length")] = 0.01,
    vertices: Annotated[int, typer.Option(help="resample to this many evenly spread vertices; 0: keep all")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Make a watertight, edge- and vertex-manifold mesh and say how far it is from the input.

    For a folder: every mesh in it; those that cannot be read are named at the end, with status 2.
    """
    from renderfit.cli.output import BAD_INPUT, emit
    from renderfit.errors import ConfigError
    from renderfit.watertight.files import Wanted, convert, convert_folder
    from renderfit.whole import require_name

    if seal < -1:
        raise ConfigError(f"got --seal {seal}; expected 0 to 512 [cells], or -1: as many as needed")
    wanted = Wanted(depth, None if seal < 0 else seal, ratio, vertices)
    require_name(out)
    if not source.is_dir():
        if out.exists() and out.samefile(source):
            raise ConfigError(f"{out} is the input itself; expected another file: the input stays as it is")
        emit(convert(source, out, wanted), as_json)
        return
    made, failed = convert_folder(source, out, wanted)
    emit({"meshes": made, "failed": failed} if as_json else {**made, **failed}, as_json)
    if failed:
        raise typer.Exit(BAD_INPUT)
