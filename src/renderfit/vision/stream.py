"""Training pictures, painted as they are needed: sample n is a function of the seed and n alone."""

from __future__ import annotations

import collections
import functools
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose, load_mesh
from renderfit.rendering.photo import TRAINING, Photograph, Style, Subject, take
from renderfit.rendering.photo.soup import span
from renderfit.threads import ONE_THREAD

Sample = tuple[NDArray[np.uint8], NDArray[np.uint8]]
RENDERED, ISOLATED = 0.10, 0.08
"""Parts of the samples that look like what the feature loss compares: red renders and photographs cut out, on black."""
COARSEST, FEWEST = 2.0, 64
"""Windows are made coarser by at most this factor, and never than so many pixels a side."""
AHEAD = 8
"""Chunks that are painted ahead of their use, per worker."""


@dataclass(frozen=True)
class Source:
    """What is painted.

    Parameters
    ----------
    meshes : tuple of tuple of str
        Paths of the training meshes per category, in the order of the classes.
    style : Style
        Ranges of the photographs.
    seed : int
        Of the whole stream.
    """

    meshes: tuple[tuple[str, ...], ...]
    style: Style = TRAINING
    seed: int = 0


MESH_FILES = (".ply", ".obj", ".stl", ".off", ".glb")


def meshes_of(folder: str | Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return categories and their mesh paths from a folder with one sub-folder per category.

    Raises
    ------
    DataError
        If the folder is missing or holds no sub-folder with meshes.
    """
    folder = Path(folder)
    found = {}
    for inner in sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else ():
        names = tuple(str(path) for path in sorted(inner.iterdir()) if path.suffix.lower() in MESH_FILES)
        if names:
            found[inner.name] = names
    if not found:
        raise DataError(f"{folder}: no meshes; expected one sub-folder per category with files {', '.join(MESH_FILES)}")
    return tuple(found), tuple(found.values())


@functools.lru_cache(maxsize=512)
def _subject(path: str) -> Subject:
    return Subject.of(load_mesh(path, check_unit=True))


def paint(source: Source, index: int, size: int) -> Sample:
    """Paint one training sample.

    Returns
    -------
    image : (size, size, 3) uint8 array
    label : (size, size) uint8 array
        0 background, k + 1 the k-th category.
    """
    generator = np.random.default_rng((source.seed, index))
    category = int(generator.integers(len(source.meshes)))
    subject = _subject(source.meshes[category][int(generator.integers(len(source.meshes[category])))])
    if generator.random() < 0.8:
        subject = subject.warped(generator)
    camera, pose = window(subject, generator, size)
    shot = take(subject, camera, pose, int(generator.integers(1 << 31)), source.style)
    kind, mask = generator.random(), shot.coverage >= 0.5
    image = shot.image
    if kind < RENDERED:
        photo = shot.labelled()
        image, mask = _red(photo, generator), photo.mask
    elif kind < RENDERED + ISOLATED:
        image = image * mask[..., None]
    return image, mask.astype(np.uint8) * np.uint8(category + 1)


def paint_many(source: Source, first: int, count: int, size: int) -> list[Sample]:
    """Paint samples ``first`` to ``first + count - 1`` (in a worker process)."""
    return [paint(source, index, size) for index in range(first, first + count)]


def window(subject: Subject, generator: np.random.Generator, size: int) -> tuple[Camera, Pose]:
    """Draw a viewpoint and the camera of a window around the object, as `segment` cuts them.

    Two thirds of the windows fit the object closely; the others are as wide as a first look.
    """
    low, high = subject.bounds
    elevation, azimuth = math.radians(generator.uniform(-3, 68)), generator.uniform(0, 2 * math.pi)
    distance = generator.uniform(1.8, 4.0) * subject.diagonal
    flat = math.cos(elevation)
    direction = torch.tensor([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])
    middle = torch.as_tensor((low + high) / 2)
    pose = Pose.look_at(middle + distance * direction, middle)
    roll = math.radians(generator.normal(0, 6))
    c, s = math.cos(roll), math.sin(roll)
    rotation = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=torch.float64) @ pose.rotation
    pose = Pose.from_parts(rotation, torch.tensor([0.0, 0.0, distance]) - rotation @ middle)
    least, most = span(subject.vertices, pose.matrix.numpy())
    close = generator.random() < 0.67
    side = float((most - least).max()) * (generator.uniform(1.1, 1.5) if close else generator.uniform(1.4, 2.8))
    room = np.maximum(side - (most - least), 0) / 2
    centre = (least + most) / 2 + generator.uniform(-1, 1, 2) * (0.5 * room if close else 0.9 * room)
    focal = size / side
    return Camera(size, size, focal, focal, size / 2 - focal * centre[0], size / 2 - focal * centre[1]), pose


def _red(photo: Photograph, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw the object as the paper renders it: one red, flat or under diffuse light, black background."""
    light = generator.normal(0, 0.4, 3) + np.array([0, 0, -1.0])
    light /= np.linalg.norm(light)
    diffuse = np.maximum(photo.normals @ light, 0) * generator.uniform(0.5, 1.0)
    flat = 1.0 if generator.random() < 0.5 else generator.uniform(0.0, 0.5)
    shade = np.clip(flat + diffuse, 0, 1) * photo.mask
    color = np.array([1.0, *generator.uniform(0, 0.25, 2)])
    return np.asarray(np.round(255 * shade[..., None] * color), np.uint8)


def painted(source: Source, first: int, chunks: int, chunk: int, size: int, jobs: int) -> Iterator[list[Sample]]:
    """Yield `chunks` lists of `chunk` samples in order, painted by `jobs` worker processes (0: in this one)."""
    starts = range(first, first + chunks * chunk, chunk)
    if jobs == 0:
        yield from (paint_many(source, start, chunk, size) for start in starts)
        return
    from joblib.externals.loky import get_reusable_executor

    # Worker processes start afresh; they run a little ahead of the training, never so far that pictures pile up.
    workers = get_reusable_executor(max_workers=max(2, jobs), env=ONE_THREAD)
    waiting: collections.deque[Future[list[Sample]]] = collections.deque()
    try:
        for start in starts:
            waiting.append(workers.submit(paint_many, source, start, chunk, size))
            if len(waiting) > AHEAD * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for call in waiting:
            call.cancel()


def augmented(samples: Sequence[Sample], generator: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack samples to images (B, 3, H, W) in [0, 1] and labels (B, H, W), mirrored, recoloured and made coarser at random.

    Half of the batches are as coarse as a window that is cut from fewer pixels than the network sees.
    """
    images = torch.from_numpy(np.stack([image for image, _ in samples])).permute(0, 3, 1, 2).float() / 255
    labels = torch.from_numpy(np.stack([label for _, label in samples])).long()
    count = len(samples)
    mirror = torch.from_numpy(generator.random(count) < 0.5)[:, None, None]
    images, labels = torch.where(mirror[:, None], images.flip(3), images), torch.where(mirror, labels.flip(2), labels)

    def draw(low: float, high: float, channels: int = 1) -> torch.Tensor:
        return torch.from_numpy(generator.uniform(low, high, (count, channels, 1, 1)).astype(np.float32))

    if generator.random() < 0.5:
        side = images.shape[-1]
        few = min(side, max(FEWEST, round(side / generator.uniform(1, COARSEST))))
        coarse = torch.nn.functional.interpolate(images, size=(few, few), mode="bilinear", antialias=True)
        images = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    grey = images.mean(dim=1, keepdim=True)
    images = grey + draw(0.5, 1.4) * (images - grey)
    images = (images * draw(0.8, 1.2) * draw(0.92, 1.08, 3) + draw(-0.06, 0.06)).clamp(0, 1) ** draw(0.75, 1.3)
    noise = torch.from_numpy(generator.standard_normal(images.shape, dtype=np.float32)) * draw(0, 0.02)
    return (images + noise).clamp(0, 1), labels
