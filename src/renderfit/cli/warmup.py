"""``renderfit warmup``: compile the numba kernels ahead of the work."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    jobs: Annotated[int, typer.Option(help="worker processes; 0: as params.yaml says")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Compile the numba kernels now, each once, so that the first runs need not; `make environment` does this."""
    from renderfit.cli.output import emit
    from renderfit.pipeline.warmup import warm_up

    emit({"kernels": warm_up(jobs or None)}, as_json)
