"""``renderfit real``: shape spaces and registration of the real objects of a mirror, with the known and with a noisy pose."""

from __future__ import annotations

import json
from typing import Any

from renderfit import paths
from renderfit.datasets import mirror
from renderfit.datasets.presence import unlicensed
from renderfit.errors import DataError
from renderfit.evaluation import real, real_misses
from renderfit.pipeline import real_tasks
from renderfit.pipeline.fanout import fan_out
from renderfit.pipeline.real_roles import Roles, objects, roles
from renderfit.provenance import provenance
from renderfit.whole import whole_folder, write_text

RESULTS = "real.json"
SECTIONS = ("camera", "cls", "ours", "paper", "shape_space", "views", "watertight")
VIEWS = 4
"""Photographs of each test object: half as many as in the data set of this book; the whole takes a quarter of an hour of one core."""


def in_lines(found: dict[str, Any]) -> str:
    """Return results as JSON with a line for each record and each failure."""
    lists: list[str] = []

    def kept(entries: list[dict[str, Any]]) -> str:
        lists.append("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]" if entries else "[]")
        return f"list {len(lists) - 1} of this file"

    studies = [{**study, "records": kept(study["records"]), "misses": kept(study["misses"])} for study in found["studies"]]
    text = json.dumps({**found, "studies": studies}, indent=1) + "\n"
    for number, lines in enumerate(lists):
        text = text.replace(f'"list {number} of this file"', lines)
    return text


def study_all(views: int = VIEWS) -> dict[str, Any]:
    """Register photographs of all real test objects; write artifacts/real and results/real.json.

    Both are whole before either takes its place, and the folder holds a copy of the file that it belongs to.

    Parameters
    ----------
    views : int
        Photographs of each test object.

    Returns
    -------
    dict
        Studies (name -> number of test objects), views, records, left_out.

    Raises
    ------
    DataError
        If there is no mirror, or it holds enough of nothing.
    """
    mirror.required()
    folds, left_out = roles()
    if not folds:
        raise DataError(f"{mirror.folder()}: " + "; ".join(f"{name}: {why}" for name, why in left_out.items()))
    every = [(name, number, split) for name, splits in folds.items() for number, split in enumerate(splits)]
    with whole_folder(paths.ARTIFACTS / "real") as part:
        fan_out(real_tasks.close, sorted({(name, one, part) for name, _, split in every for one in objects(name, split)}), "real objects")
        shots = [(name, test, one, views, part) for name, _, split in every for test, one in split.test.items()]
        fan_out(real_tasks.shoot, shots, "real photographs")
        fan_out(real_tasks.space, [(name, number, split, part) for name, number, split in every], "real shape spaces")
        tasks = [
            (name, fold, test, split.test[test], number, noise, part)
            for name, fold, split in every
            for test in split.test
            for number in range(views)
            for noise in (False, True)
        ]
        studies = _gathered(folds, views, tasks, fan_out(real_tasks.register, tasks, "real views"))
        inputs = {"mirror": mirror.fingerprint(), **provenance([paths.ARTIFACTS / "unet"], SECTIONS)}
        text = in_lines({"provenance": inputs, "studies": studies, "left_out": left_out})
        write_text(part / RESULTS, text)  # what the folder belongs to, should this process end before the next line but one
    write_text(paths.RESULTS / RESULTS, text)
    counts = {f"{one['category']} {one['kind']}": len(real.tests_of(one)) for one in studies}
    return {"studies": counts, "views": views, "records": sum(len(one["records"]) for one in studies), "left_out": left_out}


def _gathered(folds: Roles, views: int, tasks: list[tuple[Any, ...]], found: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    """Return the entry of each study in the results, from what the tasks found."""
    studies = []
    for name, splits in folds.items():
        mine = [(task, batch) for task, batch in zip(tasks, found, strict=True) if task[0] == name]
        category, kind = name.split()
        study: dict[str, Any] = {
            "category": category, "kind": kind, "views": views, "folds": [split.entries() for split in splits],
            "unlicensed": sorted({one for split in splits for one in objects(name, split)} & set(unlicensed(category))),
            "records": [record for _, (records, _) in mine for record in records],
        }  # fmt: skip
        seen = {(task[2], "noise" if task[5] else "known", task[4]): watch for task, (_, watch) in mine}
        studies.append(study | {"misses": real_misses.misses(study, seen)})
    return studies
