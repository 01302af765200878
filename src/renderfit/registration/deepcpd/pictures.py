"""Photographs that the displacement network is trained on: training instances, and mixtures of them, with known fields."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh, Pose, load_mesh
from renderfit.registration.deepcpd.network import meshes_hash
from renderfit.rendering.photo import TRAINING, Style, Subject, take
from renderfit.shapes import ShapeSpace
from renderfit.whole import whole_file

Array = NDArray[np.float64]
SIZE, CHUNK = 128, 100
"""Side of the photographs [px] and photographs per file."""
MIXED, SPREAD = 0.7, 1.5
"""Part of the photographs that show a mixture, and its standard deviation over that of the training fields."""
FIELDS = ("image", "coverage", "pose", "category", "mix")


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

    def displacement(self, mix: Array) -> Array:
        """Return the displacements (V, 3) [m] of the canonical's vertices for weights (n,) of the fields."""
        return np.asarray(np.tensordot(mix[: len(self.fields)], self.fields, axes=1))


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


def paint(source: Source, index: int) -> dict[str, NDArray]:
    """Paint photograph `index`; a function of the source and the index alone.

    Returns
    -------
    dict
        ``image`` (S, S, 3) and ``coverage`` (S, S) uint8, ``pose`` (4, 4), ``category`` and ``mix`` (16,): the weights of the
        training fields that give the shown object's displacement.
    """
    generator = np.random.default_rng((source.seed, 5, index))
    number = index % len(source.spaces)
    category = category_of(source, number)
    count = len(category.fields)
    instance = int(generator.integers(count))
    mix = np.eye(count)[instance]
    subject, nearest, weights = _held(source, number, instance)
    if generator.random() < MIXED:
        drawn = SPREAD * generator.standard_normal(count) / math.sqrt(count - 1)
        mix = 1.0 / count + drawn - drawn.mean()
        moved = category.displacement(mix) - category.fields[instance]
        carried = subject.vertices + np.einsum("vk,vkd->vd", weights, moved[nearest])
        subject = replace(subject, vertices=carried)
    camera, pose = _view(source, subject, generator)
    shot = take(subject, camera, pose, int(generator.integers(1 << 31)), source.style)
    coverage = np.round(255 * shot.coverage).astype(np.uint8)
    wide = np.zeros(16)
    wide[:count] = mix
    return {"image": shot.image, "coverage": coverage, "pose": pose.matrix.numpy(), "category": np.array(number), "mix": wide}


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


def paint_chunk(source: Source, number: int, folder: str) -> str:
    """Paint file `number` of `folder`, unless it is there already; return its name (in a worker process)."""
    path = Path(folder) / f"{number:05d}.npz"
    if not path.is_file():
        found = [paint(source, index) for index in range(number * CHUNK, (number + 1) * CHUNK)]
        with whole_file(path) as part:
            np.savez(part, **{name: np.stack([one[name] for one in found]) for name in FIELDS})  # type: ignore[arg-type]
    return str(path)


def painted(source: Source, count: int, folder: Path, jobs: int) -> Iterator[dict[str, NDArray]]:
    """Yield the files of about `count` photographs in order, painted by `jobs` worker processes (0: in this one).

    Files already in `folder` are taken as they are, so that an interrupted painting goes on where it was.

    Raises
    ------
    DataError
        If a file is broken.
    """
    import joblib

    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(math.ceil(count / CHUNK))
    calls = (joblib.delayed(paint_chunk)(source, number, str(folder)) for number in numbers)
    if jobs == 0:
        names = (paint_chunk(source, number, str(folder)) for number in numbers)
    else:
        names = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1)(calls)
    for name in names:
        try:
            with np.load(name) as found:
                yield {field: found[field] for field in FIELDS}
        except (OSError, ValueError, KeyError) as problem:
            raise DataError(f"photographs {name}: {problem}; expected a file of training photographs: delete it to paint anew") from problem
