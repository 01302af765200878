"""``renderfit bench renderer``: time of forward and backward against the number of vertices (Fig. 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Measure on this machine.")


@app.callback()
def _group() -> None:
    """Measure on this machine."""


@app.command()
def renderer(
    vertices: Annotated[list[int] | None, typer.Option(min=10, help="mesh sizes; repeat the option")] = None,
    resolution: Annotated[list[int] | None, typer.Option(min=1, help="image sides [px]; repeat the option")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="passes; the median counts")] = 5,
    peers: Annotated[bool, typer.Option(help="time other renderers that can be imported")] = True,
    longest: Annotated[float, typer.Option(help="another renderer whose pass took longer [s] is not asked for larger sizes")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="write the measurement to this JSON file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Time the renderer, and others beside it where they are installed; measure its peak memory."""
    from renderfit.cli.output import emit
    from renderfit.evaluation import memory, runtime
    from renderfit.provenance import provenance

    counts, sizes = vertices or (1000, 10000, 100000, 1000000), resolution or (1024,)
    result = runtime.measure(counts, sizes, repeats, peers=peers, longest=longest)
    result["memory"] = memory.measure([(count, size) for size in sizes for count in counts])
    if out is not None:
        runtime.write(result | {"provenance": provenance()}, out)
    emit(result, as_json)
