"""Registration of real objects: meshes and clouds nobody here made, from a local mirror.

All is done with the settings of the embedded data set. The shape space is made of the real training objects, photographs are
rendered from the original surfaces of the real test objects, and the methods see what they always see. Segmentation is the
network trained on the parametric objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from renderfit import config
from renderfit.datasets.framing import distance_for
from renderfit.datasets.views import View, sample_view, seed_of
from renderfit.evaluation.bounds import references
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.runs import compare
from renderfit.evaluation.scoring import Run
from renderfit.evaluation.statistics import interval
from renderfit.geometry import Camera, Mesh
from renderfit.shapes import ShapeSpace
from renderfit.shapes.settings import configured
from renderfit.watertight import resample, solidify

METHODS = ("cls", "paper", "ours_pca", "ours", "ours_mask")
SCORES = ("v2v_mm", "mean_square_mm2", "v2s_mm", "placed_v2v_mm")
KEPT = ("instance", "method", "pose", "view", *SCORES, "rotation_left_deg", "translation_left_mm", "failed", "warnings")
"""What the results file keeps of a record."""


def closed(mesh: Mesh) -> Mesh:
    """Return the watertight, resampled surface of a raw mesh."""
    settings = config.section(config.Watertight)
    solid = solidify(mesh, depth=settings.depth, seal=None if settings.seal < 0 else settings.seal, ratio=settings.ratio)
    return resample(solid.mesh, vertices=settings.vertices)


def space_of(canonical: Mesh, train: Sequence[Mesh], names: Sequence[str]) -> ShapeSpace:
    """Fit the shape space of real objects; training instances may be clouds. Their frames are known: what looks odd is theirs."""
    settings = config.section(config.ShapeSpace)
    return ShapeSpace.fit(
        canonical,
        list(train),
        components=min(settings.components, len(train) - 1),
        names=list(names),
        check=False,
        **configured(),
    )


def photographs(kind: str, category: str, test: str, name: str, surface: Mesh, views: int) -> list[View]:
    """Photograph the original surface of a test object from random poses, drawn like those of the embedded data set.

    Parameters
    ----------
    kind : str
        "clouds" or "meshes": part of the seed.
    category, test, name : str
        Category, slot ("t1") and name of the object.
    surface : Mesh
        Metres, z up.
    views : int
        Photographs.
    """
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    camera = Camera.centred(lens.size, lens.focal)
    seeds = [seed_of(band.seed, "real", kind, category, test, number) for number in range(views)]
    distance = distance_for(surface, camera, lens.distance, band, f"{category} {name}")
    return [sample_view(surface, camera, seed, band, distance) for seed in seeds]


def runs_of(instance: Instance, number: int, noise: bool, network: Any) -> list[Run]:
    """Return all methods on one view; the references, which see the whole object, with the first one at known pose."""
    torch.set_num_threads(1)
    found = references(instance) if number == 0 and not noise else []
    return found + compare(instance, number, noise, network, METHODS)


def kept(run: Run) -> dict[str, Any]:
    """Return what the results file keeps of a run: scores to a micrometre, nothing that it does not have, warnings of ours."""
    wanted = [key for key in KEPT if key != "warnings" or run.record["method"] == "ours"]
    found = {key: run.record[key] for key in wanted if run.record.get(key) is not None}
    return {key: round(entry, 3) if isinstance(entry, float) else entry for key, entry in found.items()}


def tests_of(study: dict[str, Any]) -> dict[str, str]:
    """Return slot -> name of all test objects of a study."""
    return {slot: name for fold in study["folds"] for slot, name in fold["test"].items()}


def means(study: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, float]]:
    """Return (test, method, pose) -> mean of each score over the views; missing scores are left out."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for record in study["records"]:
        groups.setdefault((record["instance"], record["method"], record["pose"]), []).append(record)
    return {key: {name: sum(r[name] for r in found) / len(found) for name in SCORES if name in found[0]} for key, found in groups.items()}


def ratios(study: dict[str, Any], method: str, pose: str, score: str = "") -> dict[str, list[float]]:
    """Return test -> distance of a method over that of the latent floor, view by view.

    Parameters
    ----------
    study : dict
        Of results/real.json.
    method, pose : str
    score : str
        Of `SCORES`; default: in the object frame at known pose, in the camera frame under noise.
    """
    score = score or ("v2v_mm" if pose == "known" else "placed_v2v_mm")
    runs = [record for record in study["records"] if (record["method"], record["pose"]) == (method, pose)]
    floors = {r["instance"]: r["v2v_mm"] for r in study["records"] if r["method"] == "latent_floor"}
    return {test: [r[score] / floors[test] for r in runs if r["instance"] == test] for test in tests_of(study)}


def over_floor(study: dict[str, Any], method: str, pose: str) -> dict[str, float]:
    """Return test -> mean distance of a method over that of the latent floor (camera frame when there is pose noise)."""
    return {test: sum(found) / len(found) for test, found in ratios(study, method, pose).items()}


def spread_over_floor(study: dict[str, Any], method: str, pose: str, score: str = "") -> tuple[float, float, float]:
    """Return the mean over the test objects of `ratios`, and the ends of its 95 % bootstrap interval over the views."""
    settings = config.section(config.Table1)
    return interval(list(ratios(study, method, pose, score).values()), settings.bootstrap, settings.seed)
