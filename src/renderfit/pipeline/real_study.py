"""``renderfit real``: shape spaces and registration of the real objects of a mirror, with the known and with a noisy pose."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.datasets import mirror
from renderfit.datasets.presence import presence, unlicensed
from renderfit.datasets.real import CLOUDS, Drills, Open
from renderfit.datasets.roles import choose, in_turn, spread
from renderfit.datasets.split import FEWEST, Split, load_split
from renderfit.errors import DataError
from renderfit.evaluation import real, real_misses
from renderfit.geometry import Mesh
from renderfit.pipeline.fanout import fan_out
from renderfit.provenance import provenance
from renderfit.whole import whole_folder, write_text

_log = logging.getLogger(__name__)

RESULTS = "real.json"
SECTIONS = ("camera", "cls", "ours", "paper", "shape_space", "views", "watertight")
STUDIES = {
    "drill clouds": "clear", "bottle meshes": "stated", "camera meshes": "any", "drill meshes": "any",
    "bottle transfer": "stated", "spray transfer": "stated", "camera transfer": "any", "drill transfer": "any",
}  # fmt: skip
"""Study -> how clear the licences of its meshes are (`renderfit.datasets.licences`).

"transfer": real objects as tests of the shape space of the embedded, parametric ones. Of cameras and drills there are too few
without those that no licence was found with.
"""
TRAINED = 15
"""Objects that a large category trains on besides its canonical; the others are tests. Of smaller ones each is the test in turn."""
VIEWS = 4
"""Photographs of each test object: half as many as in the data set of this book; the whole takes a quarter of an hour of one core."""
SEVERAL = 10
"""Objects from which a category is large."""


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
    """Register photographs of all real test objects; write results/real.json and artifacts/real.

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
        fan_out(_close, sorted({(name, one, part) for name, _, split in every for one in _real(name, split)}), "real objects")
        shots = [(name, test, one, views, part) for name, _, split in every for test, one in split.test.items()]
        fan_out(_shoot, shots, "real photographs")
        fan_out(_space, [(name, number, split, part) for name, number, split in every], "real shape spaces")
        tasks = [
            (name, fold, test, split.test[test], number, noise, part)
            for name, fold, split in every
            for test in split.test
            for number in range(views)
            for noise in (False, True)
        ]
        found = fan_out(_register, tasks, "real views")
    studies = []
    for name, splits in folds.items():
        mine = [(task, batch) for task, batch in zip(tasks, found, strict=True) if task[0] == name]
        category, kind = name.split()
        study: dict[str, Any] = {
            "category": category, "kind": kind, "views": views, "folds": [split.entries() for split in splits],
            "unlicensed": sorted({one for split in splits for one in _real(name, split)} & set(unlicensed(category))),
            "records": [record for _, (records, _) in mine for record in records],
        }  # fmt: skip
        seen = {(task[2], "noise" if task[5] else "known", task[4]): watch for task, (_, watch) in mine}
        studies.append(study | {"misses": real_misses.misses(study, seen)})
    inputs = {"mirror": mirror.fingerprint(), **provenance([paths.ARTIFACTS / "unet"], SECTIONS)}
    write_text(paths.RESULTS / RESULTS, in_lines({"provenance": inputs, "studies": studies, "left_out": left_out}))
    counts = {f"{one['category']} {one['kind']}": len(real.tests_of(one)) for one in studies}
    return {"studies": counts, "views": views, "records": sum(len(one["records"]) for one in studies), "left_out": left_out}


def roles() -> tuple[dict[str, list[Split]], dict[str, str]]:
    """Return study -> its splits, one for each shape space, and study -> why there is none."""
    counts = presence().categories
    found: dict[str, list[Split]] = {}
    left_out: dict[str, str] = {}
    for name, licence in STUDIES.items():
        category, kind = name.split()
        if kind == "clouds":
            if counts.get(CLOUDS, 0) >= FEWEST:
                found[name] = [Drills().splits()[category]]
            else:
                left_out[name] = _too_few(counts.get(CLOUDS, 0))
            continue
        source = Open(licence)
        names = source.names(category)
        if kind == "transfer" and (reason := _no_transfer(category, len(names))):
            left_out[name] = reason
        elif kind == "transfer":
            known = load_split(paths.ARTIFACTS / "dataset" / "split.json")[category]
            of_space = found.get(f"{category} meshes", [])
            tests = {slot: one for split in of_space for slot, one in split.test.items()}
            found[name] = [Split(known.canonical, known.train, tests or {f"t{k + 1}": one for k, one in enumerate(names)})]
        elif len(names) < FEWEST:
            left_out[name] = _too_few(len(names))
        else:
            meshes = {one: source.mesh(category, one) for one in names}
            large = len(names) >= SEVERAL
            found[name] = [spread(choose(category, meshes, source.origin), TRAINED)] if large else in_turn(category, meshes, source.origin)
    left_out["spray meshes"] = _too_few(counts.get("spray", 0))
    return found, left_out


def _too_few(count: int) -> str:
    return f"{count} in the mirror; a shape space with a test needs {FEWEST}"


def _real(name: str, split: Split) -> list[str]:
    """Return the real objects of a study."""
    return list(split.test.values()) if name.endswith("transfer") else split.names()


def _no_transfer(category: str, count: int) -> str:
    """Say why there can be no transfer of this category; empty if there can."""
    source = config.section(config.Dataset).source
    if source != "default":
        return f"dataset.source is {source}: there is no shape space of parametric objects"
    if not count:
        return "none in the mirror"
    if not (paths.ARTIFACTS / "shape_space" / category / "space.json").is_file():
        return "no shape space of this category in the data set"
    return ""


def _raw(name: str, one: str) -> tuple[Mesh, Mesh | None]:
    """Return the surface of an object as it is photographed and, of a cloud, its points."""
    category, kind = name.split()
    if kind == "clouds":
        source = Drills()
        return source.mesh(category, one), source.cloud(one)
    return Open(STUDIES[name]).mesh(category, one), None


def _close(name: str, one: str, folder: Path) -> None:
    from renderfit.geometry import save_mesh

    surface, cloud = _raw(name, one)
    save_mesh(surface, folder / name / "surface" / f"{one}.ply")
    save_mesh(real.closed(surface), folder / name / "closed" / f"{one}.ply")
    if cloud is not None:
        save_mesh(cloud, folder / name / "cloud" / f"{one}.ply")


def _shoot(name: str, test: str, one: str, views: int, folder: Path) -> None:
    from renderfit.datasets.views import save_view
    from renderfit.geometry import load_mesh

    category, kind = name.split()
    surface = load_mesh(folder / name / "surface" / f"{one}.ply")
    seen = "meshes" if kind == "transfer" else kind  # the same photographs, whatever the shape space
    for number, view in enumerate(real.photographs(seen, category, test, one, surface, views)):
        save_view(view, folder / name / "views" / test / str(number))


def _space(name: str, number: int, split: Split, folder: Path) -> None:
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.shapes import ShapeSpace

    target = folder / name / "space" / str(number)
    if name.endswith("transfer"):
        space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / name.split(maxsplit=1)[0])
        save_mesh(space.canonical, folder / name / "closed" / f"{split.canonical}.ply")
        space.save(target)
        return
    targets = folder / name / ("cloud" if name.endswith("clouds") else "closed")
    canonical = load_mesh(folder / name / "closed" / f"{split.canonical}.ply")
    train = [load_mesh(targets / f"{one}.ply") for one in split.train]
    real.space_of(canonical, train, split.train).save(target)


def _register(
    name: str, fold: int, test: str, one: str, number: int, noise: bool, folder: Path
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from renderfit.datasets.views import load_view
    from renderfit.evaluation.instance import Instance
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.shapes import ShapeSpace
    from renderfit.vision import load_network

    category, kind = name.split()
    place = folder / name
    reference = load_mesh(place / ("cloud" if kind == "clouds" else "closed") / f"{one}.ply")
    folders = sorted((place / "views" / test).iterdir(), key=lambda path: int(path.name))
    views = [load_view(path) for path in folders]
    instance = Instance(category, test, one, ShapeSpace.load(place / "space" / str(fold)), views, reference, [])
    network = load_network(paths.ARTIFACTS / "unet")
    runs = real.runs_of(instance, number, noise, network)
    ours = next(run for run in runs if run.record["method"] == "ours")
    if number == 0 and not noise:
        save_mesh(ours.found.mesh, place / "found" / f"{test}.ply")
    return [real.kept(run) for run in runs], real_misses.watched(instance, number, noise, network, ours)
