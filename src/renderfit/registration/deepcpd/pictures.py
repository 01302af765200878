"""Photographs that the displacement network is trained on: training instances, and stretched mixtures of them, with known fields."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.geometry import Camera, Mesh, Pose, load_mesh
from renderfit.registration.deepcpd.network import meshes_hash
from renderfit.rendering.photo import TRAINING, Style, Subject, take
from renderfit.shapes import ShapeSpace

Array = NDArray[np.float64]
SIZE = 96
"""Side of the photographs [px]."""
MIXED, SPREAD = 0.85, 1.5
"""Part of the photographs that show a mixture, and its standard deviation over that of the training fields."""
STRETCH = 0.1
"""Standard deviation of the logarithm by which a mixture is stretched along each object axis: shapes that no mixture reaches."""


@dataclass(frozen=True)
class Source:
    """What is painted.

    Parameters
    ----------
    spaces : tuple of str
        Folders of the shape spaces, one per category.
    meshes : tuple of tuple of str
        Files of the training instances' original meshes, in the order of the spaces' fields.
    camera : (size [px], focal [px], distance [m])
        Of the pictures that will be registered.
    band : (lowest, highest)
        Elevations [degree]; training looks 5 degrees beyond both.
    left_out : tuple of int
        Training instances that are not shown, for choosing hyper-parameters.
    style : Style
    seed : int
    """

    spaces: tuple[str, ...]
    meshes: tuple[tuple[str, ...], ...]
    camera: tuple[float, float, float]
    band: tuple[float, float]
    left_out: tuple[int, ...] = ()
    style: Style = TRAINING
    seed: int = 0

    def data_hashes(self) -> dict[str, str]:
        """Return the sha256 of each category's training meshes."""
        return {Path(space).name: meshes_hash(names) for space, names in zip(self.spaces, self.meshes, strict=True)}


@dataclass(frozen=True, eq=False)
class Category:
    """The canonical's mesh [m], its displacements (n, V, 3) [m] to the instances and the files of their original meshes."""

    canonical: Mesh
    fields: Array
    meshes: tuple[str, ...]


@functools.lru_cache(maxsize=8)
def category_of(source: Source, number: int) -> Category:
    """Load a category of `source`, without what is left out."""
    space = ShapeSpace.load(source.spaces[number])
    vertices, faces = space.canonical.numpy()
    kept = [index for index in range(len(space.names)) if index not in source.left_out]
    canonical = Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))
    return Category(canonical, space.drifted.at(vertices)[kept], tuple(source.meshes[number][index] for index in kept))


@functools.lru_cache(maxsize=256)
def _held(source: Source, number: int, instance: int) -> tuple[Subject, NDArray[np.int64], Array]:
    """Return an instance as it was modelled, and for its vertices the canonical's vertices they follow, with weights."""
    category = category_of(source, number)
    subject = Subject.of(load_mesh(category.meshes[instance], check_unit=True))
    distance, nearest = cKDTree(category.canonical.numpy()[0] + category.fields[instance]).query(subject.vertices, 6)
    weights = 1.0 / (distance + 2e-3)
    return subject, nearest, weights / weights.sum(axis=1, keepdims=True)


class Painted(NamedTuple):
    """A photograph with what it shows.

    Attributes
    ----------
    image : (S, S, 3) uint8 array
    coverage : (S, S) float array
        Share of each pixel that the object covers.
    pose : (4, 4) array
        Object to camera.
    category : int
    displacement : (V, 3) array
        Of the canonical's vertices to the shown object [m].
    """

    image: NDArray[np.uint8]
    coverage: NDArray[np.float32]
    pose: Array
    category: int
    displacement: Array


def paint(source: Source, index: int) -> Painted:
    """Paint photograph `index`; a function of the source and the index alone."""
    generator = np.random.default_rng((source.seed, 5, index))
    number = index % len(source.spaces)
    category = category_of(source, number)
    count = len(category.fields)
    instance = int(generator.integers(count))
    displacement = category.fields[instance]
    subject, nearest, weights = _held(source, number, instance)
    if generator.random() < MIXED:
        drawn = SPREAD * generator.standard_normal(count) / math.sqrt(count - 1)
        mixed = category.canonical.numpy()[0] + np.tensordot(1.0 / count + drawn - drawn.mean(), category.fields, axes=1)
        displacement = mixed * np.exp(STRETCH * generator.standard_normal(3)) - category.canonical.numpy()[0]
        moved = (displacement - category.fields[instance])[nearest]
        subject = replace(subject, vertices=subject.vertices + np.einsum("vk,vkd->vd", weights, moved))
    camera, pose = _view(source, subject, generator)
    shot = take(subject, camera, pose, int(generator.integers(1 << 31)), source.style)
    return Painted(shot.image, np.asarray(shot.coverage, np.float32), pose.matrix.numpy(), number, displacement)


def camera_of(source: Source) -> Camera:
    """Return the camera of the photographs: that of `source`, coarser."""
    size, focal, _ = source.camera
    return Camera.centred(SIZE, focal * SIZE / size)


def _view(source: Source, subject: Subject, generator: np.random.Generator) -> tuple[Camera, Pose]:
    low, high = source.band
    up = generator.uniform(math.sin(math.radians(max(-89.0, low - 5))), math.sin(math.radians(min(89.0, high + 5))))
    azimuth, flat = generator.uniform(0, 2 * math.pi), math.sqrt(1 - up * up)
    middle = torch.as_tensor(subject.bounds.mean(axis=0) + generator.uniform(-0.01, 0.01, 3))
    distance = source.camera[2] * generator.uniform(0.92, 1.12)
    return camera_of(source), Pose.look_at(
        middle + distance * torch.tensor([flat * math.cos(azimuth), flat * math.sin(azimuth), up], dtype=torch.float64), middle
    )
