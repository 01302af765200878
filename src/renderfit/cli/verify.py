"""``renderfit verify``: recompute the published numbers, cell by cell."""

from __future__ import annotations

import typer


def command(as_json: bool = typer.Option(False, "--json", help="one JSON object on the last line")) -> None:
    """Recompute Table 1 from the run records and say same or different for every cell; exit status 1 on a difference."""
    from renderfit.cli.output import emit
    from renderfit.evaluation.verify import verify_table

    outcomes = verify_table()
    different = [outcome for outcome in outcomes if not outcome["same"]]
    if as_json:
        emit({"cells": len(outcomes), "same": len(outcomes) - len(different), "different": different}, True)
    else:
        for outcome in outcomes:
            changed = "; ".join(f"{score}: published {old}, recomputed {new}" for score, (old, new) in outcome["differences"].items())
            typer.echo(f"{'same     ' if outcome['same'] else 'DIFFERENT'}  {outcome['cell']}{'  ' + changed if changed else ''}")
        typer.echo(f"{len(outcomes) - len(different)} of {len(outcomes)} cells are the same")
    if different:
        raise typer.Exit(1)
