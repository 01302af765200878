"""Training batches of a refiner: windows of painted photographs, a start drawn beside each, the truth as a motion and residuals."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor

from renderfit.geometry import Mesh
from renderfit.rendering.normals import vertex_normals
from renderfit.vision.refiner_cuts import Cut, Shown, windows
from renderfit.vision.refiner_mirror import mirrored_inputs
from renderfit.vision.refiner_shapes import Category, load_category
from renderfit.vision.refiner_start import Start, aligned

Array = NDArray[np.float64]
TURN, SHIFT, JITTER = 15.0, 0.05, 0.003
"""Full noise of a start: +- degrees about each object axis, +- metres across; what the alignment over the outline leaves [m]."""
EXACT, LESS, FITTED = 0.1, 0.3, 0.3
"""Parts of the starts that are exact and known to be, that have a tenth of the noise or more but not all, whose shape is a rough fit."""
WHOLE, FARTHEST, KNOWN = 0.5, 1.3, 0.3
"""Fits to the outline: part shown as they are, the others between truth and fit or past it by up to a factor; part at the true pose."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs and labels.

    Attributes
    ----------
    inputs : (B, 11, H, W) tensor
    mask, known : (B, H, W) tensors
        Coverage in [0, 1]; where residual and normals are known.
    residual, normals : (B, 3, H, W) tensors
        As a `Prediction` has them.
    unit : (B,) tensor
        Width of the window at the start's depth [m].
    turn, shift : (B, 3, 3), (B, 3) tensors
        True motion, as a `Prediction` has it.
    corners : (B, 8, 3) tensor
        Of the start's box, about its middle, in window widths.
    """

    inputs: Tensor
    mask: Tensor
    known: Tensor
    residual: Tensor
    normals: Tensor
    unit: Tensor
    turn: Tensor
    shift: Tensor
    corners: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on another device."""
        return Batch(*(value.to(device) for value in vars(self).values()))


def batch(
    cuts: Sequence[Cut], found: Sequence[Category], size: int, generator: np.random.Generator, training: bool = True, fits: float = 0.0
) -> Batch:
    """Show photographs beside starts: a part `fits` beside their fits where they have one, the others beside new ones.

    Not `training`: new starts have full noise, and nothing else is drawn.
    """
    shown = windows(cuts, size, generator if training else None)
    rows = []
    for row, cut in enumerate(cuts):
        beside = _fitted if cut.fit is not None and generator.random() < fits else _beside
        rows.append(beside(shown, row, cut, found[cut.category], generator, training))
    channels, residual, unit, turn, shift, corners = (torch.from_numpy(np.stack(values)).float() for values in zip(*rows, strict=True))
    picture = recoloured(shown.image, generator) if training else shown.image
    known, inputs = shown.known[:, None], torch.cat([(picture - 0.45) * 4, channels], dim=1)
    labels = shown.coverage, shown.known, residual * known, shown.normals * known
    one = Batch(inputs, *labels, unit, turn, shift, corners)
    return mirrored(one, torch.from_numpy(generator.random(len(cuts)) < 0.5)) if training else one


def drawn(cut: Cut, category: Category, generator: np.random.Generator, training: bool) -> tuple[float, Array, Array]:
    """Return the level of a start's noise, and its vertices and normals: of the mean shape, or in training of a rough fit."""
    level, vertices, normals = 1.0, category.mean, _mean_normals(category)
    if training:
        kind = generator.random()
        level = 0.0 if kind < EXACT else generator.uniform(0.1, 1) if kind < EXACT + LESS else 1.0
        if generator.random() < FITTED:
            code = cut.code[: len(category.basis)]
            vertices = category.vertices(code * generator.uniform(0.6, 1.1) + 0.15 * generator.standard_normal(len(code)))
            vertices = vertices * cut.stretch[0] + cut.stretch[1] if generator.random() < 0.7 else vertices
            normals = _normals(vertices, category.faces)
    return level, vertices, normals


def _beside(shown: Shown, row: int, cut: Cut, category: Category, generator: np.random.Generator, training: bool) -> list[NDArray]:
    level, vertices, normals = drawn(cut, category, generator, training)
    rotation, translation = shown.rotations[row], shown.translations[row]
    turned, placed = rotation @ _turn(np.radians(level * generator.uniform(-TURN, TURN, 3))), translation
    if level > 0:
        placed = translation + np.append(level * generator.uniform(-SHIFT, SHIFT, 2), 0)
        placed = placed + aligned(vertices @ turned.T + placed, shown.cameras[row], (shown.coverage[row] > 0.5).numpy())
        placed[:2] += training * JITTER * generator.standard_normal(2)
    return _labels(shown, row, Start.of(vertices, normals, category.faces, shown.cameras[row], turned, placed), vertices, level == 0)


def _fitted(shown: Shown, row: int, cut: Cut, category: Category, generator: np.random.Generator, training: bool) -> list[NDArray]:
    """Show a fit to the outline, or what lies between it and the truth: what a registration asks about, which the outline left open."""
    assert cut.fit is not None
    rotation, translation = shown.rotations[row], shown.translations[row]
    rolled = rotation @ cut.pose[:3, :3].T
    turned, placed, vertices = rolled @ cut.fit.pose[:3, :3], rolled @ cut.fit.pose[:3, 3], cut.fit.vertices.astype(np.float64)
    exact = training and generator.random() < KNOWN
    if exact:
        turned, placed, vertices = rotation, translation, cut.fit.known.astype(np.float64)
    if training and generator.random() >= WHOLE:
        part = generator.uniform(0, FARTHEST)
        turned = rotation @ Rotation.from_rotvec(part * Rotation.from_matrix(rotation.T @ turned).as_rotvec()).as_matrix()
        placed = translation + part * (placed - translation)
        true = category.vertices(cut.code[: len(category.basis)]) * cut.stretch[0] + cut.stretch[1]
        vertices = true + part * (vertices - true)
    normals = _normals(vertices, category.faces)
    return _labels(shown, row, Start.of(vertices, normals, category.faces, shown.cameras[row], turned, placed), vertices, exact)


def _labels(shown: Shown, row: int, start: Start, vertices: Array, exact: bool) -> list[NDArray]:
    turn, shift = start.motion(shown.rotations[row], shown.translations[row])
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    box = low + (high - low) * np.stack(np.meshgrid([0, 1], [0, 1], [0, 1]), axis=-1).reshape(8, 3)
    corners = (box @ start.rotation.T + start.translation - start.centre) / start.unit
    residual = start.residual(shown.coordinates[row].permute(1, 2, 0).numpy()).transpose(2, 0, 1)
    return [start.channels(exact), residual, np.array(start.unit), turn, shift, corners]


def mirrored(one: Batch, chosen: Tensor) -> Batch:
    """Return a batch with the samples `chosen` (B,) bool mirrored left to right: the mirrored object at the mirrored pose."""
    flip = torch.tensor([-1.0, 1, 1])

    def picked(other: Tensor, values: Tensor) -> Tensor:
        return torch.where(chosen.view(-1, *[1] * (values.ndim - 1)), other, values)

    def fields(values: Tensor) -> Tensor:
        return picked(values.flip(-1) * flip[:, None, None], values)

    return Batch(
        picked(mirrored_inputs(one.inputs), one.inputs),
        picked(one.mask.flip(-1), one.mask),
        picked(one.known.flip(-1), one.known),
        fields(one.residual),
        fields(one.normals),
        one.unit,
        picked(one.turn * flip[:, None] * flip[None, :], one.turn),
        picked(one.shift * flip, one.shift),
        picked(one.corners * flip, one.corners),
    )


def recoloured(images: Tensor, generator: np.random.Generator) -> Tensor:
    """Return images (B, 3, H, W) in [0, 1] in other colours, contrast and noise."""

    def draw(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.from_numpy(generator.uniform(low, high, (len(images), channels, 1, 1)).astype(np.float32))

    grey = images.mean(dim=1, keepdim=True)
    images = grey + draw(0.5, 1.4) * (images - grey)
    images = (images * draw(0.8, 1.2) * draw(0.92, 1.08, 3) + draw(-0.06, 0.06)).clamp(0, 1) ** draw(0.75, 1.3)
    noise = torch.from_numpy(generator.standard_normal(images.shape, dtype=np.float32)) * draw(0, 0.02)
    return (images + noise).clamp(0, 1)


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
