"""``renderfit doctor``: what this machine offers, what is missing and how to get it."""

from __future__ import annotations

from typing import Annotated

import typer


def command(as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False) -> None:
    """Say what would be used for rendering and computing, and why."""
    from renderfit.cli.output import emit
    from renderfit.pipeline.doctor import doctor

    emit(doctor(), as_json)
