"""``renderfit evaluate``: how far a mesh is from a reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renderfit.cli.output import emit


def command(
    mesh: Annotated[Path, typer.Argument(help="registered mesh [m]")],
    reference: Annotated[Path, typer.Argument(help="what it should be, in the same frame [m]")],
    json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line of stdout")] = False,
) -> None:
    """Compare MESH with REFERENCE: distances from the reference's vertices, metres."""
    from renderfit.evaluation import vertex_error
    from renderfit.geometry import load_mesh

    error = vertex_error(load_mesh(mesh, check_unit=True), load_mesh(reference, check_unit=True))
    emit(
        {
            "v2v_mean_m": error.mean,
            "v2v_mean_square_m2": error.mean_square,
            "v2s_mean_m": error.to_surface,
            "hausdorff_m": error.hausdorff,
        },
        json,
    )
