"""``renderfit verify``: recompute the published numbers, cell by cell."""

from __future__ import annotations

import os

import typer

from renderfit.threads import ONE_THREAD

SHOWN = 3
"""Differences of a cell that are printed."""


def command(
    runs: int = typer.Option(4, min=0, help="registrations to repeat, chosen at random; 0: only the table from its records"),
    every: bool = typer.Option(False, "--all", help="repeat every registration"),
    seed: int = typer.Option(0, help="seed of the choice"),
    as_json: bool = typer.Option(False, "--json", help="one JSON object on the last line"),
) -> None:
    """Recompute Table 1 from its records and repeat registrations; say same or different; exit status 1 on a difference."""
    os.environ.update(ONE_THREAD)  # as in the workers of the stage
    from renderfit.cli.output import emit
    from renderfit.evaluation.records import read_records
    from renderfit.evaluation.verify import repeat, sample, verify_runs, verify_table
    from renderfit.progress import progress

    records = read_records()
    outcomes = verify_table(records=records)
    chosen = records if every else sample(records, runs, seed) if runs else []
    outcomes += verify_runs(progress(chosen, "registrations"), repeat)
    different = [outcome for outcome in outcomes if not outcome["same"]]
    if as_json:
        counts = {"cells": len(outcomes) - len(chosen), "runs": len(chosen), "same": len(outcomes) - len(different)}
        emit({**counts, "different": different}, True)
    else:
        for outcome in outcomes:
            listed = [f"{score}: published {old}, recomputed {new}" for score, (old, new) in outcome["differences"].items()]
            changed = "; ".join(listed[:SHOWN]) + (f"; and {len(listed) - SHOWN} more (--json)" if len(listed) > SHOWN else "")
            typer.echo(f"{'same     ' if outcome['same'] else 'DIFFERENT'}  {outcome['cell']}{'  ' + changed if changed else ''}")
        compared = f"{len(outcomes) - len(chosen)} cells, {len(chosen)} repeated runs"
        typer.echo(f"{len(outcomes) - len(different)} of {len(outcomes)} are the same: {compared}")
    if different:
        raise typer.Exit(1)
