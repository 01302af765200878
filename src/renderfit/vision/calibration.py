"""Masks as large as the objects they show: the level of a segmentation network's background, read off photographs.

A loss of overlap is least when doubtful pixels are taken for the object, so that a network trained with it draws outlines a little
too wide. A registration believes the outline, and makes the object larger or nearer.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.progress import progress
from renderfit.rendering.photo import Subject, photograph
from renderfit.vision.scores import intersection_over_union
from renderfit.vision.segmentation import segment
from renderfit.vision.stream import Source
from renderfit.vision.unet import UNet, folded

Masks = Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]]
SIDE, FOCAL, AWAY = 256, 420.0, 2.5
"""Side and focal length of the photographs [px], distance of the camera over the object's diagonal."""
FOUND, FEWEST, MOST = 0.8, 4, 1.0
"""Overlap from which a mask counts, how many of those are needed, and the largest change of the level."""
_log = logging.getLogger(__name__)


def calibrate(network: UNet, source: Source, count: int) -> float:
    """Return the level of the network's background at which objects are as large in their masks as in truth (median of areas).

    The level counts in the masks only that `segment` returns: while it searches for the object, masks that are too wide do no harm.

    Parameters
    ----------
    network : UNet
        In evaluation mode; its own level does not count.
    source : Source
        Training meshes: `count` photographs are taken of warped ones.
    count : int
        0: nothing is done.

    Returns
    -------
    float
        What to add to the background's logit, `UNet.level`; 0 where the network finds too few of the objects.
    """
    found = photographed(network, source, count) if count else []
    found = [(probability, mask) for probability, mask in found if intersection_over_union(probability > 0.5, mask) > FOUND]
    if len(found) < FEWEST:
        _log.info("masks are not calibrated: %d of %d objects were found, of %d needed", len(found), count, FEWEST)
        return 0.0
    low, high = -MOST, MOST
    for _ in range(20):
        level = (low + high) / 2
        low, high = (level, high) if area(found, level) > 1 else (low, level)
    return level


def area(found: Masks, level: float) -> float:
    """Return the median area of masks over that of the true ones with `level` added to the background's logit."""
    threshold = 1 / (1 + math.exp(-level))
    return float(np.median([(probability > threshold).sum() / mask.sum() for probability, mask in found]))


def photographed(network: UNet, source: Source, count: int, first: int = 0) -> Masks:
    """Return the masks found in photographs `first` to ``first + count - 1`` at level 0, and the true ones; lost objects are left out."""
    lean, camera, found = folded(network), Camera.centred(SIDE, FOCAL), []
    lean.level = 0.0
    for index in progress(range(first, first + count), "photographs for the masks' size", count):
        generator = np.random.default_rng((source.seed, 11, index))
        meshes = source.meshes[index % len(source.meshes)]
        subject = Subject.of(load_mesh(meshes[int(generator.integers(len(meshes)))], check_unit=True)).warped(generator)
        low, high = subject.bounds
        middle, elevation, azimuth = (
            torch.as_tensor((low + high) / 2),
            math.radians(generator.uniform(5, 60)),
            generator.uniform(0, 2 * math.pi),
        )
        flat = math.cos(elevation)
        direction = torch.tensor([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])
        pose = Pose.look_at(middle + AWAY * subject.diagonal * direction, middle)
        photo = photograph(subject, camera, pose, int(generator.integers(1 << 31)), source.style)
        try:
            probability = segment(photo.image, lean, network.categories[index % len(source.meshes)])
        except DataError:
            continue
        if photo.mask.any():
            found.append((probability, photo.mask))
    return found
