"""``renderfit gradients``: gradient estimators against finite differences of a supersampled render."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    scene: Annotated[list[str] | None, typer.Option(help="torus, bottle, drill, two or crossing; repeat the option")] = None,
    vertices: Annotated[list[int] | None, typer.Option(min=10, help="mesh sizes; repeat the option")] = None,
    size: Annotated[int, typer.Option(min=1, help="image side [px]")] = 256,
    out: Annotated[Path | None, typer.Option(help="write the comparison to this JSON file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Compare the estimators: cosine and ratio of magnitudes, 1 is perfect."""
    from renderfit.cli.output import emit
    from renderfit.evaluation import gradient_accuracy, runtime
    from renderfit.evaluation.gradient_scenes import SCENES
    from renderfit.provenance import provenance

    result = gradient_accuracy.observatory(scene or tuple(SCENES), vertices or (100, 1000, 10000, 100000), size)
    if out is not None:
        runtime.write(result | {"provenance": provenance()}, out)
    emit(result, as_json)
