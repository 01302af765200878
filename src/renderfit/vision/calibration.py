"""Masks as large as the objects they show: how far a segmentation network's outlines are to be drawn in, read off photographs.

A loss of overlap is least when doubtful pixels are taken for the object, so that a network trained with it draws outlines a little
too wide. A registration believes the outline, and makes the object larger or nearer. Outlines are drawn in, instead of asking for
more certainty everywhere: parts of an object that the network is unsure of would be lost.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.progress import progress
from renderfit.rendering.photo import Subject, photograph
from renderfit.vision.looks import mean_of
from renderfit.vision.scores import intersection_over_union
from renderfit.vision.segmentation import searched
from renderfit.vision.stream import Source
from renderfit.vision.unet import UNet, folded
from renderfit.vision.windows import Window

Look = tuple[list[Window], list[Tensor], NDArray[np.bool_]]
"""Windows of one photograph, their class probabilities, and the true mask."""
SIDE, FOCAL, AWAY = 256, 420.0, 2.5
"""Side and focal length of the photographs [px], distance of the camera over the object's diagonal."""
FOUND, FEWEST = 0.8, 4
"""Overlap from which a mask counts, and how many of those are needed."""
_log = logging.getLogger(__name__)


def calibrate(network: UNet, source: Source, count: int) -> float:
    """Return how far outlines are to be drawn in for objects to be as large in their masks as in truth (median of areas).

    Parameters
    ----------
    network : UNet
        In evaluation mode.
    source : Source
        Training meshes: `count` photographs are taken of warped ones.
    count : int
        0: nothing is done.

    Returns
    -------
    float
        `UNet.edge`, from 0 to 1 pixel of a window; 0 where the network finds too few of the objects.
    """
    found = photographed(network, source, count) if count else []
    found = [look for look in found if intersection_over_union(mask_of(look, 0.0), look[2]) > FOUND]
    if len(found) < FEWEST:
        _log.info("masks are not calibrated: %d of %d objects were found, of %d needed", len(found), count, FEWEST)
        return 0.0
    if area(found, 0.0) <= 1:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(12):
        edge = (low + high) / 2
        low, high = (edge, high) if area(found, edge) > 1 else (low, edge)
    return edge


def area(found: Sequence[Look], edge: float) -> float:
    """Return the median area of masks, their outlines drawn in by `edge`, over that of the true ones."""
    return float(np.median([mask_of(look, edge).sum() / look[2].sum() for look in found]))


def mask_of(look: Look, edge: float) -> NDArray[np.bool_]:
    """Return the mask (H, W) of a photograph with outlines drawn in by `edge`."""
    windows, scores, mask = look
    height, width = mask.shape
    return mean_of(windows, scores, height, width, edge) > 0.5


def photographed(network: UNet, source: Source, count: int, first: int = 0) -> list[Look]:
    """Return what the network sees in photographs `first` to ``first + count - 1``; objects that it does not find are left out."""
    lean, camera, found = folded(network), Camera.centred(SIDE, FOCAL), []
    for index in progress(range(first, first + count), "photographs for the masks' size", count):
        generator = np.random.default_rng((source.seed, 11, index))
        meshes = source.meshes[index % len(source.meshes)]
        subject = Subject.of(load_mesh(meshes[int(generator.integers(len(meshes)))], check_unit=True)).warped(generator)
        low, high = subject.bounds
        middle, elevation = torch.as_tensor((low + high) / 2), math.radians(generator.uniform(5, 60))
        azimuth, flat = generator.uniform(0, 2 * math.pi), math.cos(elevation)
        direction = torch.tensor([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])
        pose = Pose.look_at(middle + AWAY * subject.diagonal * direction, middle)
        photo = photograph(subject, camera, pose, int(generator.integers(1 << 31)), source.style)
        try:
            last = searched(photo.image, lean, network.categories[index % len(source.meshes)])
        except DataError:
            continue
        if photo.mask.any():
            found.append((last.windows, last.scores, photo.mask))
    return found
