"""The steps of the study of real objects, each a task of its own: closing, photographs, shape spaces, registration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from renderfit import paths
from renderfit.datasets.real import Drills, Open
from renderfit.datasets.split import Split
from renderfit.evaluation import real, real_misses
from renderfit.geometry import Mesh
from renderfit.pipeline.real_roles import STUDIES


def _raw(name: str, one: str) -> tuple[Mesh, Mesh | None]:
    """Return the surface of an object as it is photographed and, of a cloud, its points."""
    category, kind = name.split()
    if kind == "clouds":
        source = Drills()
        return source.mesh(category, one), source.cloud(one)
    return Open(STUDIES[name]).mesh(category, one), None


def close(name: str, one: str, folder: Path) -> None:
    """Write the surface of an object as it is photographed, closed, and of a cloud its points."""
    from renderfit.geometry import save_mesh

    surface, cloud = _raw(name, one)
    save_mesh(surface, folder / name / "surface" / f"{one}.ply")
    save_mesh(real.closed(surface), folder / name / "closed" / f"{one}.ply")
    if cloud is not None:
        save_mesh(cloud, folder / name / "cloud" / f"{one}.ply")


def shoot(name: str, test: str, one: str, views: int, folder: Path) -> None:
    """Write the photographs of a test object."""
    from renderfit.datasets.views import save_view
    from renderfit.geometry import load_mesh

    category, kind = name.split()
    surface = load_mesh(folder / name / "surface" / f"{one}.ply")
    seen = "meshes" if kind == "transfer" else kind  # the same photographs, whatever the shape space
    for number, view in enumerate(real.photographs(seen, category, test, one, surface, views)):
        save_view(view, folder / name / "views" / test / str(number))


def space(name: str, number: int, split: Split, folder: Path) -> None:
    """Write a shape space of a study; one of parametric objects is that of the data set."""
    from renderfit.geometry import load_mesh, save_mesh
    from renderfit.shapes import ShapeSpace

    target = folder / name / "space" / str(number)
    if name.endswith("transfer"):
        known = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / name.split(maxsplit=1)[0])
        save_mesh(known.canonical, folder / name / "closed" / f"{split.canonical}.ply")
        known.save(target)
        return
    targets = folder / name / ("cloud" if name.endswith("clouds") else "closed")
    canonical = load_mesh(folder / name / "closed" / f"{split.canonical}.ply")
    train = [load_mesh(targets / f"{one}.ply") for one in split.train]
    real.space_of(canonical, train, split.train).save(target)


def register(
    name: str, fold: int, test: str, one: str, number: int, noise: bool, folder: Path
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the records of all methods on one photograph, and what a failure of ours would be shown by."""
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
