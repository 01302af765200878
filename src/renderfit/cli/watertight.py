"""``renderfit watertight IN OUT``: a watertight, manifold mesh from any triangles."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="mesh in metres: PLY, OBJ, STL, OFF, GLB")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="file to write")],
    depth: Annotated[int, typer.Option(help="resolution, 4 to 10: a cell is 1.39 L / 2^depth")] = 7,
    seal: Annotated[int, typer.Option(help="close holes up to about twice this many cells; -1: as many as needed")] = 0,
    ratio: Annotated[float, typer.Option(help="refine edges farther from the input than this share of their length")] = 0.01,
    vertices: Annotated[int, typer.Option(help="resample to this many evenly spread vertices; 0: keep all")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Make a watertight, edge- and vertex-manifold mesh and say how far it is from the input."""
    from renderfit.cli.output import emit
    from renderfit.errors import DataError
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.geometry.io import require_metres
    from renderfit.watertight import report, resample, solidify

    mesh = load_mesh(source)
    if not len(mesh.faces):
        raise DataError(f"{source}: {len(mesh.vertices)} points without faces; expected triangles: reconstruct a surface first")
    try:
        require_metres(mesh, str(source))
    except DataError as problem:  # closing works in any unit, what comes after does not
        typer.echo(f"warning: {problem}; or let `renderfit dataset align` find the unit", err=True)
    start = time.process_time()
    solid = solidify(mesh, depth, None if seal < 0 else seal, ratio)
    made = resample(solid.mesh, vertices) if vertices else solid.mesh
    seconds = time.process_time() - start
    save_mesh(made, out)
    found = report(made, mesh)
    found |= {"seal": solid.seal, "suggested_seal": solid.suggested_seal, "volume_ratio": solid.volume_ratio, "cpu_seconds": seconds}
    emit(found, as_json)
