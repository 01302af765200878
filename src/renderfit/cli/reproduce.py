"""``renderfit reproduce``: the whole chain from data to book, in one profile."""

from __future__ import annotations

import typer


def command(
    profile: str = typer.Option("default", help="a profile of params.yaml; smoke is the same chain, tiny"),
    force: bool = typer.Option(False, "--force", help="run every stage, changed or not"),
) -> None:
    """Run every stage whose inputs changed: data set, meshes, shape spaces, registration, tables, figures, book."""
    from renderfit.pipeline.reproduce import reproduce

    status = reproduce(profile, force=force)
    if status:
        raise typer.Exit(1)
