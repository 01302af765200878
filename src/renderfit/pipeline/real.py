"""Stage real: shape spaces and registration of real objects where a mirror of them is present; else the committed results stay."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.datasets import mirror
from renderfit.datasets.real import CLOUDS, Drills, Open, presence
from renderfit.datasets.split import FEWEST, Split, load_split
from renderfit.evaluation import real
from renderfit.geometry import Mesh
from renderfit.pipeline.fanout import fan_out
from renderfit.pipeline.notebooks import run_notebooks
from renderfit.provenance import provenance
from renderfit.whole import whole_folder, write_json

_log = logging.getLogger(__name__)

RESULTS = "real.json"
SECTIONS = ("camera", "cls", "ours", "paper", "shape_space", "views")
SIZES = {
    "drill clouds": (14, 3), "bottle meshes": (18, 2), "camera meshes": (5, 2), "drill meshes": (4, 1),
    "spray transfer": (2, 2), "camera transfer": (2, 2),
}  # fmt: skip
"""Study -> objects in all and test objects; the rest of the manifest is left for those who want more.

"transfer": real objects as tests of the shape space of the embedded, parametric ones, where there are too few real ones for a
space of their own, and for one category with both.
"""
SMALL = (5, 1)
"""The same in a small profile, where only the clouds and the bottles are tried."""


def run() -> None:
    """Write ``artifacts/notebooks/real/<name>.ipynb``; where a mirror is present, ``results/real.json`` and ``artifacts/real`` first."""
    if presence().present:
        study_all()
    else:
        shutil.rmtree(paths.ARTIFACTS / "real", ignore_errors=True)
        (paths.ARTIFACTS / "real").mkdir(parents=True)
        _log.info("no mirror of real meshes: the page shows the committed results (%s)", mirror.VARIABLE)
    folder = paths.ARTIFACTS / "notebooks" / "real"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run_notebooks([(source, folder / source.name, {}) for source in sorted(paths.NOTEBOOKS.glob("real*.ipynb"))], "notebooks on real data")


def study_all() -> None:
    """Register photographs of all real test objects and write the scores, with what they were made of."""
    whole = config.section(config.Dataset).instances >= 10
    sizes = {name: real.Size(*(counts if whole else SMALL)) for name, counts in list(SIZES.items())[: None if whole else 2]}
    splits, left_out = _splits(sizes)
    with whole_folder(paths.ARTIFACTS / "real") as part:
        todo = [(name, one, part) for name, split in splits.items() for one in _real(name, split)]
        fan_out(_close, [(name, one, sizes[name], part) for name, one, part in todo], "real objects")
        spaces = [(name, split, sizes[name], part) for name, split in splits.items()]
        fan_out(_space, spaces, "real shape spaces")
        tasks = [
            (name, test, split.test[test], number, noise, sizes[name].views, part)
            for name, split in splits.items()
            for test in split.test
            for number in range(sizes[name].views)
            for noise in (False, True)
        ]
        records = fan_out(_register, tasks, "real views")
    studies = []
    for name, split in splits.items():
        found = [record for task, kept in zip(tasks, records, strict=True) if task[0] == name for record in kept]
        category, kind = name.split()
        studies.append({"category": category, "kind": kind, **split.entries(), "records": found})
    inputs = {"mirror": mirror.fingerprint(), **provenance([paths.ARTIFACTS / "unet"], SECTIONS)}
    write_json(paths.RESULTS / RESULTS, {"provenance": inputs, "studies": studies, "left_out": left_out})


def _splits(sizes: dict[str, real.Size]) -> tuple[dict[str, Split], dict[str, str]]:
    counts = presence().categories
    found: dict[str, Split] = {}
    left_out: dict[str, str] = {}
    meshes = Open().splits() if any(name.endswith("meshes") and counts.get(name.split()[0], 0) >= FEWEST for name in sizes) else {}
    for name, size in sizes.items():
        category, kind = name.split()
        if kind == "clouds" and counts.get(CLOUDS, 0) >= FEWEST:
            found[name] = real.cut_down(Drills().splits()[category], size)
        elif kind == "meshes" and category in meshes:
            found[name] = real.cut_down(meshes[category], size)
        elif kind == "transfer" and (reason := _no_transfer(category, counts)):
            left_out[name] = reason
        elif kind == "transfer":
            known = load_split(paths.ARTIFACTS / "dataset" / "split.json")[category]
            tests = list(meshes[category].test.values()) if category in meshes else Open().names(category)
            found[name] = Split(known.canonical, known.train, {f"t{k + 1}": one for k, one in enumerate(tests[: size.tests])})
        else:
            left_out[name] = (
                f"{counts.get(category if kind == 'meshes' else CLOUDS, 0)} in the mirror; a shape space with a test needs {FEWEST}"
            )
    instead = "; they are tests of the parametric space instead" if "spray transfer" in found else ""
    left_out["spray meshes"] = f"{counts.get('spray', 0)} in the mirror; a shape space with a test needs {FEWEST}{instead}"
    return found, left_out


def _real(name: str, split: Split) -> list[str]:
    """Return the real objects of a study."""
    return list(split.test.values()) if name.endswith("transfer") else split.names()


def _no_transfer(category: str, counts: dict[str, int]) -> str:
    """Say why there can be no transfer of this category; empty if there can."""
    source = config.section(config.Dataset).source
    if source != "default":
        return f"dataset.source is {source}: there is no shape space of parametric objects"
    if not counts.get(category):
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
    return Open().mesh(category, one), None


def _close(name: str, one: str, size: real.Size, folder: Path) -> None:
    from renderfit.geometry import save_mesh

    surface, cloud = _raw(name, one)
    save_mesh(surface, folder / name / "surface" / f"{one}.ply")
    save_mesh(real.closed(surface, size), folder / name / "closed" / f"{one}.ply")
    if cloud is not None:
        save_mesh(cloud, folder / name / "cloud" / f"{one}.ply")


def _space(name: str, split: Split, size: real.Size, folder: Path) -> None:
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.shapes import ShapeSpace

    if name.endswith("transfer"):
        space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / name.split(maxsplit=1)[0])
        save_mesh(space.canonical, folder / name / "closed" / f"{split.canonical}.ply")
        space.save(folder / name / "space")
        return
    targets = folder / name / ("cloud" if name.endswith("clouds") else "closed")
    canonical = load_mesh(folder / name / "closed" / f"{split.canonical}.ply")
    train = [load_mesh(targets / f"{one}.ply") for one in split.train]
    real.space_of(canonical, train, split.train, size).save(folder / name / "space")


def _register(name: str, test: str, one: str, number: int, noise: bool, views: int, folder: Path) -> list[dict[str, Any]]:
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.shapes import ShapeSpace
    from renderfit.vision import load_network

    category, kind = name.split()
    place = folder / name
    reference = load_mesh(place / ("cloud" if kind == "clouds" else "closed") / f"{one}.ply")
    subject = real.Subject(load_mesh(place / "surface" / f"{one}.ply"), reference)
    seen = "meshes" if kind == "transfer" else kind  # the same photographs, whatever the shape space
    instance = real.instance_of(seen, category, test, one, ShapeSpace.load(place / "space"), subject, views)
    runs = real.runs_of(instance, number, noise, load_network(paths.ARTIFACTS / "unet"))
    for run in runs:
        if run.record["method"] == "ours" and number == 0 and not noise:
            from renderfit.datasets.views import save_view

            save_mesh(run.found.mesh, place / "found" / f"{test}.ply")
            save_view(instance.views[0], place / "views" / test)
    return [real.kept(run) for run in runs]
