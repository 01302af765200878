"""Training samples, drawn beside the training: every photograph with several start poses, in other colours, its mask spoiled."""

from __future__ import annotations

import collections
from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn import functional

from renderfit.geometry import Pose
from renderfit.registration.deepcpd import window as windows
from renderfit.registration.deepcpd.network import UNIT
from renderfit.registration.deepcpd.pictures import Painted, Source, camera_of, category_of, paint
from renderfit.threads import ONE_THREAD
from renderfit.vision.refiner_batches import recoloured
from renderfit.vision.stream import AHEAD
from renderfit.vision.windows import Window

PICTURES = 20
"""Photographs per chunk of the stream."""
COVERAGE = 3
"""Channel of a rendered canonical that says where it is."""
EXACT = 0.5
"""Part of the samples that start at the true pose; the others have the pose noise of the experiment."""
NO_MASK = 0.05
"""Part of the samples whose mask is lost."""


@dataclass(frozen=True)
class Noise:
    """Pose noise: +- `xy` [m] along the camera's x and y, +- `rotation` [degree] about each object axis."""

    xy: float
    rotation: float


class Samples(NamedTuple):
    """Samples in memory.

    Attributes
    ----------
    photo : (B, 4, S, S) uint8 array
        sRGB and the mask's probability.
    canonical : (B, 11, S / 2, S / 2) half-precision array
        See `window.Rendered`.
    target : (B, 3, S / 2, S / 2) half-precision array
        Displacements along the camera's axes [`UNIT`].
    """

    photo: NDArray[np.uint8]
    canonical: NDArray[np.float16]
    target: NDArray[np.float16]

    def batch(self, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
        """Return the chosen samples as the network takes them, the photographs' values in [0, 1]."""
        photo, canonical, target = (torch.from_numpy(values[chosen]).float() for values in self)
        return photo / 255, canonical, target


def sample(source: Source, photo: Painted, noise: Noise, generator: np.random.Generator) -> tuple[Tensor, Tensor, NDArray[np.float32]]:
    """Return a photograph's window (4, S, S) around the object, the rendered canonical at a newly drawn start and the target."""
    category, camera = category_of(source, photo.category), camera_of(source)
    mask = photo.coverage >= 0.5
    close = windows.around(mask if mask.any() else np.ones_like(mask))
    shift = 0.04 * close.side * generator.uniform(-1, 1, 2)
    window = Window(close.x + shift[0], close.y + shift[1], close.side * generator.uniform(0.94, 1.06))
    picture = np.concatenate([photo.image.astype(np.float32).transpose(2, 0, 1) / 255, photo.coverage[None]])
    matrix, noisy = photo.pose.copy(), bool(generator.random() >= EXACT)
    if noisy:
        matrix[:3, :3] = matrix[:3, :3] @ Rotation.from_euler("XYZ", noise.rotation * generator.uniform(-1, 1, 3), degrees=True).as_matrix()
        matrix[:2, 3] += noise.xy * generator.uniform(-1, 1, 2)
    aside = shift * generator.uniform(-0.5, 0.5, 2)
    pose = Pose(torch.from_numpy(matrix))
    rendered = windows.rendered(category.canonical, camera, pose, window, noisy, (float(aside[0]), float(aside[1])))
    moved = photo.displacement @ matrix[:3, :3].T / UNIT
    target = rendered.interpolated(moved, windows.surface(category.canonical)[2])
    return window.cut(torch.from_numpy(picture)[None], windows.SIDE)[0], rendered.channels, target


def chunk(source: Source, noise: Noise, number: int, starts: int) -> Samples:
    """Paint the photographs of chunk `number` and draw `starts` samples of each; a function of the arguments alone (in a worker)."""
    torch.set_num_threads(1)
    generator, drawn = np.random.default_rng((source.seed, 6, number)), []
    for index in range(number * PICTURES, (number + 1) * PICTURES):
        photo = paint(source, index)
        drawn += [sample(source, photo, noise, generator) for _ in range(starts)]
    photos = torch.stack([photo for photo, _, _ in drawn])
    photos = torch.cat([recoloured(photos[:, :3], generator), spoiled(photos[:, 3:], generator)], dim=1)
    canonical = torch.stack([rendered for _, rendered, _ in drawn]).numpy().astype(np.float16)
    return Samples(
        (255 * photos).round().to(torch.uint8).numpy(), canonical, np.stack([target for _, _, target in drawn], dtype=np.float16)
    )


def spoiled(masks: Tensor, generator: np.random.Generator) -> Tensor:
    """Return masks (B, 1, S, S) as a segmentation network might give them: soft, with errors along the outline, sometimes none."""

    def draw(low: float, high: float) -> Tensor:
        return torch.from_numpy(generator.uniform(low, high, (len(masks), 1, 1, 1)).astype(np.float32))

    field = torch.from_numpy(generator.standard_normal((len(masks), 1, 12, 12), dtype=np.float32))
    wide = functional.interpolate(field, size=masks.shape[2:], mode="bilinear", align_corners=False)
    soft = functional.avg_pool2d(masks, 3, 1, 1, count_include_pad=False)
    found = torch.sigmoid(draw(6, 20) * (soft - 0.5 + draw(0, 0.25) * wide))
    return found * torch.from_numpy(generator.random((len(masks), 1, 1, 1)) >= NO_MASK)


def streamed(source: Source, noise: Noise, starts: int, first: int, end: int, jobs: int) -> Generator[Samples, None, None]:
    """Yield the chunks `first` to ``end - 1`` in order, made ahead of their use by `jobs` worker processes (0: in this one)."""
    if jobs == 0:
        yield from (chunk(source, noise, number, starts) for number in range(first, end))
        return
    from joblib.externals.loky import get_reusable_executor

    workers = get_reusable_executor(max_workers=max(2, jobs), env=ONE_THREAD)
    waiting: collections.deque[Future[Samples]] = collections.deque()
    try:
        for number in range(first, end):
            waiting.append(workers.submit(chunk, source, noise, number, starts))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for call in waiting:
            call.cancel()
