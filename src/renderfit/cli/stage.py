"""``renderfit stage NAME``: run one stage of the reproduction, as ``dvc repro`` does."""

from __future__ import annotations

import typer


def command(name: str = typer.Argument(..., help="a stage of dvc.yaml, e.g. watertight")) -> None:
    """Run one stage of the reproduction on the artifacts of the stages before it."""
    from renderfit.pipeline import run_stage

    run_stage(name)
