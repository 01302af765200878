"""``renderfit trace CELL``: from a cell of Table 1 to code and data."""

from __future__ import annotations

import json
from typing import Any

import typer


def command(
    cell: str = typer.Argument(..., help="a cell of Table 1, e.g. table1/drill-t1/ours/noise"),
    as_json: bool = typer.Option(False, "--json", help="one JSON object on the last line"),
) -> None:
    """Print the chain behind one number: runs, notebook, stage, parameters, data, commit, versions."""
    from renderfit.cli.output import emit
    from renderfit.evaluation.trace import trace

    found = trace(cell)
    if as_json:
        emit(found, True)
    else:
        typer.echo("\n".join(_lines(found)))


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [found["cell"]]
    lines += [f"  {name}: {_score(value)}" for name, value in found["value"].items()]
    if "cells" in found:
        return [
            *lines,
            f"  <- mean of {len(found['cells'])} cells; trace each:",
            *(f"     renderfit trace {name}" for name in found["cells"]),
        ]
    lines += [f"  <- {len(found['runs'])} runs in {found['records']}"]
    for run in found["runs"]:
        lines.append(f"     view {run['view']}, seed {run['seed']}: {run['v2v_mm']:.3f} mm, {run['mean_square_mm2']:.2f} mm^2")
    lines += [f"  <- notebook {found['notebook']['source']}, executed {found['notebook']['executed']}"]
    lines += [f"  <- stage {found['stage']['name']}: {found['stage']['command']}"]
    lines += [f"     {path}  {digest}" for path, digest in found["stage"]["dependencies"].items()]
    lines += [f"     {name} = {json.dumps(value)}" for name, value in found["stage"]["parameters"].items()]
    for entry in found["provenance"].values():
        lines += [f"  <- {name} {entry[name]}" for name in ("commit", "code", "params", "data", "renderer") if name in entry]
        lines += ["     " + ", ".join(f"{name} {version}" for name, version in entry.get("versions", {}).items())]
    return lines


def _score(value: Any) -> str:
    if not isinstance(value, dict):
        return f"{value:.4g}"
    spread = "" if value["std"] is None else f"std {value['std']:.3g}, "
    return f"{value['mean']:.4g} ({spread}{value['runs']} runs)"
