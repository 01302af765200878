"""From a cell of Table 1 back to runs, notebook, stage, parameters, data, commit and versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from renderfit import paths
from renderfit.errors import ConfigError, DataError
from renderfit.evaluation.records import KEYS, SCORES

MEAN = "mean"
"""What stands in place of an instance in the name of a cell of the row of means."""
STAGE = "register"
"""The stage of dvc.yaml whose notebook writes the records."""


def read_table(folder: Path | None = None) -> dict[str, Any]:
    """Return ``results/table1.json``.

    Raises
    ------
    DataError
        If it is missing or unreadable.
    """
    path = (folder or paths.RESULTS) / "table1.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as problem:
        raise DataError(f"{path}: {problem}; expected the result of the stage table1; run `dvc repro table1`") from problem
    return found


def parse(cell: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return the cell of `table` that a name like ``table1/drill-t1/ours/noise`` means; ``table1/mean/ours/noise`` is in the row of means.

    Raises
    ------
    ConfigError
        If the name has another form or there is no such cell; the message lists what there is.
    """
    parts = cell.strip("/").removeprefix("table1/").split("/")
    if len(parts) != 3 or ("-" not in parts[0] and parts[0] != MEAN):
        raise ConfigError(
            f"{cell!r} names no cell; expected table1/<category>-<t>/<method>/<known|noise>, e.g. table1/drill-t1/ours/noise, "
            "or table1/mean/<method>/<known|noise>"
        )
    category, instance = (MEAN, "") if parts[0] == MEAN else parts[0].rsplit("-", 1)
    wanted = (category, instance.lower(), parts[1].replace("-", "_"), parts[2])
    for found in [*table["cells"], *table["means"]]:
        if (found["category"], found["instance"], found["method"], found["pose"]) == wanted:
            return dict(found)
    names = ", ".join(sorted({f"{c['category']}-{c['instance']}" for c in table["cells"]}))
    methods = ", ".join(sorted({f"{c['method']}/{c['pose']}" for c in table["cells"]}))
    raise ConfigError(f"Table 1 has no cell {cell!r}; instances: {names}; methods: {methods}")


def trace(cell: str, table: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the chain behind one cell.

    Parameters
    ----------
    cell : str
        ``table1/<category>-<t>/<method>/<known|noise>``, or ``table1/mean/<method>/<known|noise>``.
    table : dict, optional
        Default: ``results/table1.json``.

    Returns
    -------
    dict
        ``cell``, ``value``, ``runs`` (keys and scores of each), ``records`` and ``notebook`` (files), ``stage`` (name,
        command, dependencies with the hashes of dvc.lock, parameters), ``provenance`` (commit, code, data, versions). Of a mean:
        ``cell``, ``value``, and ``cells``, the names of those it is the mean of.

    Raises
    ------
    ConfigError
        If there is no such cell.
    DataError
        If Table 1 has not been made.
    """
    table = read_table() if table is None else table
    found = parse(cell, table)
    value = {score: found[score] for score in (*SCORES, "ratio") if found.get(score) is not None}
    if found["category"] == MEAN:
        own = [c for c in table["cells"] if (c["method"], c["pose"]) == (found["method"], found["pose"])]
        return {"cell": f"table1/{MEAN}/{found['method']}/{found['pose']}", "value": value, "cells": [_name(c) for c in own]}
    key = {name: found[name] for name in ("category", "instance", "method", "pose")}
    runs = [record for record in table["records"] if all(record[name] == value for name, value in key.items())]
    ids = sorted({run["provenance"] for run in runs})
    name = f"{key['category']}-{key['instance']}"
    return {
        "cell": f"table1/{name}/{key['method']}/{key['pose']}",
        "value": value,
        "runs": [{field: run.get(field) for field in (*KEYS, *SCORES, "failed", "renders", "provenance")} for run in runs],
        "records": f"artifacts/records/{name}.json",
        "notebook": {"source": f"notebooks/{STAGE}.ipynb", "executed": f"artifacts/notebooks/{STAGE}/{name}.ipynb"},
        "stage": stage(STAGE),
        "provenance": {name: table["provenances"][name] for name in ids},
    }


def _name(cell: dict[str, Any]) -> str:
    return f"table1/{cell['category']}-{cell['instance']}/{cell['method']}/{cell['pose']}"


def stage(name: str) -> dict[str, Any]:
    """Return command, dependencies (with the hashes of dvc.lock, if it ran) and parameters of a stage of dvc.yaml."""
    known = _read(paths.ROOT / "dvc.yaml").get("stages", {}).get(name, {})
    locked = _read(paths.ROOT / "dvc.lock").get("stages", {}).get(name, {})
    hashes = {entry["path"]: entry.get("md5", "") for entry in locked.get("deps", [])}
    dependencies = {str(dep): hashes.get(str(dep), "not locked") for dep in known.get("deps", [])}
    values = {key: entry for group in locked.get("params", {}).values() for key, entry in group.items()}
    return {"name": name, "command": known.get("cmd", ""), "dependencies": dependencies, "parameters": values}


def _read(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}
