"""Training samples of a refiner: a painted photograph, a start drawn beside the truth, the truth as a residual to it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.geometry import Camera, Mesh
from renderfit.rendering.normals import vertex_normals
from renderfit.vision.refiner_shapes import Category, load_category
from renderfit.vision.refiner_start import Start, aligned

Array = NDArray[np.float64]
Photograph = dict[str, NDArray]
TURN, SHIFT, ALONG = 15.0, 0.05, 0.003
"""Full noise of a start: +- degrees about each object axis, +- metres across, standard deviation in metres along the view."""
EXACT, CLOSE, SMALL = 0.25, 0.1, 0.2
"""Parts of the starts that are exact and known to be, that have a tenth of the noise, and a third, as a first fit has."""
ALIGNED, JITTER = 0.7, 0.005
"""Part of the other starts that are moved to where the object is seen, as `estimate` does, and how well [m]."""
FITTED = 0.3
"""Part of the starts whose shape is a rough fit of the truth instead of the category's mean."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs (B, 11, H, W) and labels: mask (B, H, W) in [0, 1], residual and normals (B, 3, H, W), known (B, H, W) bool."""

    inputs: Tensor
    mask: Tensor
    residual: Tensor
    normals: Tensor
    known: Tensor
    unit: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on another device."""
        return Batch(*(value.to(device) for value in vars(self).values()))


def drawn_start(photo: Photograph, category: Category, size: int, generator: np.random.Generator, exact: bool) -> Start:
    """Draw a start for a photograph and render it at `size` px."""
    kind = generator.random()
    level = 0.1 if kind < CLOSE else 1 / 3 if kind < CLOSE + SMALL else 1.0
    level = 0.0 if exact else level
    angles = np.radians(level * generator.uniform(-TURN, TURN, 3))
    shift = np.append(level * generator.uniform(-SHIFT, SHIFT, 2), ALONG * generator.standard_normal() * (0 < level < 1))
    if generator.random() < FITTED:
        code = photo["code"][: len(category.basis)]
        vertices = category.vertices(code * generator.uniform(0.6, 1.1) + 0.15 * generator.standard_normal(len(code)))
        if generator.random() < 0.7:
            vertices = vertices * photo["stretch"][0] + photo["stretch"][1]
        normals = _normals(vertices, category.faces)
    else:
        vertices, normals = category.mean, _mean_normals(category)
    camera = Camera(size, size, *(photo["camera"] * size / photo["coverage"].shape[0]))
    rotation, translation = photo["pose"][:3, :3] @ _turn(angles), photo["pose"][:3, 3] + shift
    if level > 0.1 and generator.random() < ALIGNED:
        seen = photo["coverage"] > 127
        translation = translation + aligned(vertices @ rotation.T + translation, camera, seen)
        translation[:2] += JITTER * generator.standard_normal(2)
    return Start.of(vertices, normals, category.faces, camera, rotation, translation)


def sample(photo: Photograph, category: Category, size: int, generator: np.random.Generator, exact: float = EXACT) -> list[NDArray]:
    """Return inputs, mask, residual, normals, known and unit of one photograph with a new start, the true one with chance `exact`."""
    true = bool(generator.random() < exact)
    start = drawn_start(photo, category, size, generator, true)
    image, coverage, coordinates, normals, known = reduced(photo, size)
    residual = np.where(known[..., None], start.residual(coordinates), 0).transpose(2, 0, 1)
    normals, channels = np.where(known[..., None], normals, 0).transpose(2, 0, 1), start.channels(true)
    picture = recoloured(image, generator)
    if generator.random() < 0.5:  # the mirrored scene: a mirrored object at a mirrored pose
        flip = np.array([-1, 1, 1], np.float32)[:, None, None]
        picture, coverage, known = picture[..., ::-1], coverage[:, ::-1], known[:, ::-1]
        residual, normals, channels = residual[..., ::-1] * flip, normals[..., ::-1] * flip, channels[..., ::-1].copy()
        channels[1] *= -1
        channels[4] *= -1
    inputs = np.concatenate([(picture - 0.45) * 4, channels])
    return [inputs.astype(np.float32), coverage.astype(np.float32), residual.astype(np.float32), normals.astype(np.float32), known.copy(),
            np.array(start.unit, np.float32)]  # fmt: skip


def stacked(samples: Sequence[list[NDArray]]) -> Batch:
    """Return samples as one batch."""
    return Batch(*(torch.from_numpy(np.stack(values)) for values in zip(*samples, strict=True)))


def reduced(photo: Photograph, size: int) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray[np.bool_]]:
    """Return image and coverage in [0, 1], coordinates [m], normals and where both are known, averaged to `size` px."""
    factor = photo["coverage"].shape[0] // size
    coverage = photo["coverage"].astype(np.float32) / 255
    covered = (photo["normals"] != 0).any(axis=2)
    coordinates, normals = photo["coordinates"].astype(np.float32), photo["normals"].astype(np.float32) / 127
    image = photo["image"].astype(np.float32) / 255
    if factor > 1:
        image, coverage, coordinates, normals = (_pooled(v, factor) for v in (image, coverage, coordinates, normals))
        covered = _pooled(covered.astype(np.float32), factor) > 0.999
    return image, coverage, coordinates, normals, covered


def recoloured(image: NDArray[np.floating], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return an image (H, W, 3) in [0, 1] as (3, H, W) in other colours, contrast and noise."""
    values = image.transpose(2, 0, 1)
    grey = values.mean(axis=0, keepdims=True)
    values = grey + generator.uniform(0.5, 1.4) * (values - grey)
    values = values * generator.uniform(0.8, 1.2) * generator.uniform(0.92, 1.08, (3, 1, 1)) + generator.uniform(-0.06, 0.06)
    values = np.clip(values, 0, 1) ** generator.uniform(0.75, 1.3)
    noise = generator.standard_normal(values.shape, dtype=np.float32) * generator.uniform(0, 0.02)
    return np.asarray(np.clip(values + noise, 0, 1), np.float32)


def _pooled(values: NDArray, factor: int) -> NDArray:
    parts = [values[row::factor, column::factor] for row in range(factor) for column in range(factor)]
    return np.asarray(sum(parts[1:], parts[0]) / len(parts), np.float32)


def _normals(vertices: Array, faces: NDArray[np.int64]) -> Array:
    return vertex_normals(Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))).numpy()


@functools.lru_cache(maxsize=16)
def _mean_normals(category: Category) -> Array:
    return _normals(category.mean, category.faces)


def _turn(angles: Array) -> Array:
    found = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        matrix = np.eye(3)
        matrix[a, a] = matrix[b, b] = np.cos(angle)
        matrix[a, b], matrix[b, a] = -np.sin(angle), np.sin(angle)
        found = found @ matrix
    return found


def categories(paths: Sequence[str]) -> list[Category]:
    """Load category files."""
    return [load_category(path) for path in paths]
