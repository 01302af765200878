"""Examining a network on photographs of given meshes: per-class IoU, mask IoU, boundary error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose
from renderfit.rendering.photo import UNSEEN, Style, Subject, photograph
from renderfit.vision import stream
from renderfit.vision.scores import boundary_error, class_iou, confusion, intersection_over_union
from renderfit.vision.segmentation import segment
from renderfit.vision.unet import UNet

EXAM = Style(backgrounds=UNSEEN)
"""Objects in their own colours before backgrounds that training never shows."""


def window_scores(network: UNet, samples: Sequence[stream.Sample]) -> dict[str, Any]:
    """Return the semantic IoU over windows (as painted by `stream.paint`): mean and per class."""
    counts = np.zeros((len(network.categories) + 1,) * 2, np.int64)
    device = next(network.parameters()).device
    for image, label in samples:
        batch = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            found = network(batch.to(device)).argmax(dim=1)[0].cpu().numpy()
        counts += confusion(found, label, len(counts))
    each = class_iou(counts)
    names = ("background", *network.categories)
    return {"mean": round(float(np.nanmean(each)), 4), **{name: round(float(value), 4) for name, value in zip(names, each, strict=True)}}


def validation_samples(source: stream.Source, count: int, size: int) -> list[stream.Sample]:
    """Paint `count` windows of the training meshes before unseen backgrounds, other draws than the training's."""
    exam = stream.Source(
        source.meshes, Style(keep_colors=0.5, backgrounds=UNSEEN, occluders=1, dome=4, dome_size=40, shadow_size=96), source.seed + 1
    )
    return stream.paint_many(exam, 10**9, count, size)


def examine(
    network: UNet,
    subjects: Mapping[str, Sequence[Subject]],
    camera: Camera,
    views: int,
    *,
    seed: int,
    style: Style = EXAM,
    distance: float = 0.7,
) -> list[dict[str, Any]]:
    """Photograph subjects and segment them as registration does, from a noisy start pose.

    Parameters
    ----------
    network : UNet
    subjects : mapping of str to sequence of Subject
        Per category.
    camera : Camera
    views : int
        Photographs per subject, from the sphere band of the default test views.
    seed : int
    style : Style
    distance : float
        Camera to object [m].

    Returns
    -------
    list of dict
        One per photograph: category, subject, view, iou, boundary_px.
    """
    records = []
    for category, items in subjects.items():
        for number, subject in enumerate(items):
            for view in range(views):
                generator = np.random.default_rng((seed, number, view))
                pose, start = _poses(generator, subject, distance)
                photo = photograph(subject, camera, pose, int(generator.integers(1 << 31)), style)
                record = {"category": category, "subject": number, "view": view}
                records.append(record | judged(network, photo.image, photo.mask, category, camera, start))
    return records


def _poses(generator: np.random.Generator, subject: Subject, distance: float) -> tuple[Pose, Pose]:
    """Draw a pose 10 to 55 degrees above the object and a start that is off by up to 5 cm and 15 degrees."""
    elevation, azimuth = math.radians(generator.uniform(10, 55)), generator.uniform(0, 2 * math.pi)
    direction = torch.tensor([math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)])
    middle = torch.as_tensor((subject.vertices.min(0) + subject.vertices.max(0)) / 2)
    pose = Pose.look_at(middle + distance * direction, middle)
    turned = pose.moved(torch.tensor([*np.radians(generator.uniform(-15, 15, 3)), 0, 0, 0]))
    shift = torch.tensor([*generator.uniform(-0.05, 0.05, 2), 0.0])
    return pose, Pose.from_parts(turned.rotation, turned.translation + shift)


def found_mask(network: UNet, image: NDArray[np.uint8], category: str, camera: Camera, start: Pose) -> NDArray[np.bool_]:
    """Return the mask `segment` finds from a start pose; empty where it finds nothing."""
    try:
        return segment(image, network, category, camera, start) > 0.5
    except DataError:
        return np.zeros(image.shape[:2], np.bool_)


def judged(
    network: UNet, image: NDArray[np.uint8], mask: NDArray[np.bool_], category: str, camera: Camera, start: Pose
) -> dict[str, float | None]:
    """Segment one photograph and score it; nothing found counts as an empty mask."""
    found = found_mask(network, image, category, camera, start)
    error = boundary_error(found, mask)
    return {
        "iou": round(intersection_over_union(found, mask), 4),
        "boundary_px": round(error, 3) if np.isfinite(error) else None,
    }


def summary(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return mean IoU and median boundary error over all records and per category."""
    categories = list(dict.fromkeys(record["category"] for record in records))

    def of(chosen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        errors = [record["boundary_px"] if record["boundary_px"] is not None else np.inf for record in chosen]
        values = [record["iou"] for record in chosen]
        return {
            "photographs": len(chosen),
            "iou": round(float(np.mean(values)), 4),
            "iou_least": round(float(np.min(values)), 4),
            "boundary_px": round(float(np.median(errors)), 3) if np.isfinite(np.median(errors)) else None,
        }

    return {"all": of(records), **{name: of([record for record in records if record["category"] == name]) for name in categories}}
