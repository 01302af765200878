"""Registration of real objects: meshes and clouds nobody here made, from a local mirror.

The shape space is made of the real training objects, photographs are rendered from the original surfaces of the real test
objects, and the methods see what they always see. Segmentation is the network trained on the parametric objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from renderfit import config
from renderfit.datasets.framing import distance_for
from renderfit.datasets.split import Split
from renderfit.datasets.views import sample_view, seed_of
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.runs import Run, compare, references
from renderfit.geometry import Camera, Mesh
from renderfit.shapes import ShapeSpace
from renderfit.shapes.settings import configured
from renderfit.watertight import resample, solidify

METHODS = ("cls", "paper", "ours_pca", "ours", "ours_mask")
SCORES = ("v2v_mm", "mean_square_mm2", "v2s_mm", "placed_v2v_mm")
KEPT = ("instance", "method", "pose", "view", *SCORES, "rotation_left_deg", "translation_left_mm", "renders", "failed", "warnings")
"""What the results file keeps of a record."""


@dataclass(frozen=True)
class Size:
    """How much of a mirror is used, and how finely."""

    objects: int
    tests: int
    views: int = 1
    vertices: int = 1000
    points: int = 400
    depth: int = 6


@dataclass(frozen=True, eq=False)
class Subject:
    """A test object: the surface that is photographed [m], and what the scores are taken on."""

    surface: Mesh
    reference: Mesh


def closed(mesh: Mesh, size: Size) -> Mesh:
    """Return the watertight, resampled surface of a raw mesh."""
    return resample(solidify(mesh, depth=size.depth, seal=None).mesh, vertices=size.vertices)


def cut_down(split: Split, size: Size) -> Split:
    """Return the split with as many objects and tests as wanted."""
    return Split(split.canonical, split.train, dict(list(split.test.items())[: size.tests])).limited(size.objects)


def space_of(canonical: Mesh, train: Sequence[Mesh], names: Sequence[str], size: Size) -> ShapeSpace:
    """Fit the shape space of real objects; training instances may be clouds."""
    settings = config.section(config.ShapeSpace)
    return ShapeSpace.fit(
        canonical,
        list(train),
        components=min(settings.components, len(train) - 1),
        names=list(names),
        **{**configured(), "points": size.points},
    )


def instance_of(kind: str, category: str, test: str, name: str, space: ShapeSpace, subject: Subject, views: int) -> Instance:
    """Photograph the original surface of a test object from random poses and put together what registration sees.

    Parameters
    ----------
    kind : str
        "clouds" or "meshes": part of the seed.
    category, test, name : str
        Category, slot ("t1") and name of the object.
    space : ShapeSpace
    subject : Subject
    views : int
        Photographs.
    """
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    camera = Camera.centred(lens.size, lens.focal)
    seeds = [seed_of(band.seed, "real", kind, category, test, number) for number in range(views)]
    distance = distance_for(subject.surface, camera, lens.distance, band, f"{category} {name}")
    seen = [sample_view(subject.surface, camera, seed, band, distance) for seed in seeds]
    return Instance(category, test, name, space, seen, subject.reference, [])


def runs_of(instance: Instance, number: int, noise: bool, network: Any) -> list[Run]:
    """Return all methods on one view; the references, which see the whole object, with the first one at known pose."""
    torch.set_num_threads(1)
    found = references(instance) if number == 0 and not noise else []
    return found + compare(instance, number, noise, network, METHODS)


def kept(run: Run) -> dict[str, Any]:
    """Return what the results file keeps of a run."""
    return {key: run.record[key] for key in KEPT if key in run.record}


def means(study: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, float]]:
    """Return (test, method, pose) -> mean of each score over the views; missing scores are left out."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for record in study["records"]:
        groups.setdefault((record["instance"], record["method"], record["pose"]), []).append(record)
    return {
        key: {name: sum(r[name] for r in found) / len(found) for name in SCORES if found[0].get(name) is not None}
        for key, found in groups.items()
    }


def over_floor(study: dict[str, Any], method: str, pose: str) -> dict[str, float]:
    """Return test -> mean distance of a method over that of the latent floor (camera frame when there is pose noise)."""
    found, score = means(study), "v2v_mm" if pose == "known" else "placed_v2v_mm"
    return {test: found[test, method, pose][score] / found[test, "latent_floor", "known"]["v2v_mm"] for test in study["test"]}
