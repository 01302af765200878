"""``renderfit reproduce``: the whole chain from data to book, in one profile."""

from __future__ import annotations

import typer


def command(
    profile: str = typer.Option("default", help="a profile of params.yaml; smoke is the same chain, tiny; paper has many more views"),
    force: bool = typer.Option(False, "--force", help="run every stage, changed or not"),
    backend: str = typer.Option("", help="where independent tasks run: serial, loky or dask; default: as params.yaml says"),
    scheduler: str = typer.Option("", help="address of a Dask scheduler, e.g. tcp://host:8786, whose workers see this folder"),
) -> None:
    """Run every stage whose inputs changed: data set, meshes, shape spaces, registration, tables, figures, book."""
    from renderfit.pipeline.reproduce import reproduce

    status = reproduce(profile, force=force, backend=backend, scheduler=scheduler)
    if status:
        raise typer.Exit(1)
