"""Where registration of real objects fails: outlines of what was there, seen and found, and the step that went wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import approximate_polygon, find_contours

from renderfit.datasets.views import View
from renderfit.errors import RenderFitError
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.scoring import Run
from renderfit.rendering import rasterize
from renderfit.vision import segment

Mask = NDArray[np.bool_]

MISSED = 2.0
"""Times the latent floor from which on a run is a failure."""
SEEN = 0.8
"""Overlap of the network's mask with the true one below which the mask is to blame."""
TURNED = 12.0
"""Degrees of rotation left from which on the pose is to blame."""
KEPT = 4
"""Failures of a study whose outlines are kept: the worst."""


def overlap(one: Mask, other: Mask) -> float:
    """Return intersection over union of two masks (H, W); 0 where both are empty."""
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 0.0


def outline(mask: Mask) -> list[list[list[int]]]:
    """Return the outlines of a mask (H, W) as closed polygons [[x, y], ...] [px], within a pixel."""
    found = [approximate_polygon(line, 0.8) for line in find_contours(np.pad(mask, 1).astype(float), 0.5)]
    return [[[round(x - 1), round(y - 1)] for y, x in line] for line in found if len(line) > 3]


def silhouette(run: Run, view: View) -> Mask:
    """Return the mask (H, W) of what a run found."""
    vertices, faces = run.found.mesh.numpy()
    pose = run.found.pose
    seen = vertices @ pose.rotation.double().numpy().T + pose.translation.double().numpy()
    covered: Mask = rasterize(seen, faces, view.camera).face_id >= 0
    return covered


def watched(instance: Instance, number: int, noise: bool, network: Any, run: Run) -> dict[str, Any]:
    """Return what a failure of `run` on view `number` would be shown and explained by.

    Returns
    -------
    dict
        seen: overlap of the network's mask with the true one; outlines: true, seen, found, as polygons.
    """
    view = instance.views[number]
    try:
        seen = segment(view.image, network, instance.category, view.camera, view.noisy_pose if noise else view.pose) > 0.5
    except RenderFitError:
        seen = np.zeros_like(view.mask)
    masks = {"true": view.mask, "seen": seen, "found": silhouette(run, view)}
    return {"seen": round(overlap(seen, view.mask), 3), "outlines": {name: outline(mask) for name, mask in masks.items()}}


def reason(record: dict[str, Any], twin: dict[str, Any], seen: float, floor: float) -> str:
    """Say why a run failed.

    Parameters
    ----------
    record, twin : dict
        Of the run, and of that with the true mask on the same view.
    seen : float
        Overlap of the network's mask with the true one.
    floor : float
        Latent floor of the object [mm].
    """
    if record["failed"]:
        return "; ".join(record["warnings"]) or "gave up"
    better = twin["v2v_mm"] <= MISSED * floor
    if seen < SEEN and better:
        return (
            f"segmentation: its mask overlaps the true one by {seen:.2f}; with the true mask {twin['v2v_mm'] / floor:.1f} times the floor"
        )
    if record.get("rotation_left_deg", 0.0) > TURNED:
        return f"pose: {record['rotation_left_deg']:.0f} degrees of rotation left, with the true mask {twin['rotation_left_deg']:.0f}"
    if better:
        return f"segmentation: overlap {seen:.2f}; with the true mask {twin['v2v_mm'] / floor:.1f} times the floor"
    return "shape: with the true mask too; one outline does not say what this object is like in depth"


def misses(study: dict[str, Any], seen: dict[tuple[str, str, int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the failures of ours in a study with their reasons, the worst first; outlines of the `KEPT` worst only.

    Parameters
    ----------
    study : dict
        With its records.
    seen : dict
        (test, pose, view) -> what `watched` returned.
    """
    floors = {r["instance"]: r["v2v_mm"] for r in study["records"] if r["method"] == "latent_floor"}
    runs = {(r["method"], r["instance"], r["pose"], r["view"]): r for r in study["records"]}
    found = []
    for key, watch in seen.items():
        record, floor = runs["ours", *key], floors[key[0]]
        ratio = record["v2v_mm"] / floor
        if ratio > MISSED or record["failed"]:
            why = reason(record, runs["ours_mask", *key], watch["seen"], floor)
            one = {"instance": key[0], "pose": key[1], "view": key[2], "ratio": round(ratio, 3), "reason": why}
            found.append(one | watch)
    found.sort(key=lambda one: (-one["ratio"], one["instance"], one["pose"], one["view"]))
    return [one if k < KEPT else {name: entry for name, entry in one.items() if name != "outlines"} for k, one in enumerate(found)]
