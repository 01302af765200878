"""Photographs a refiner is trained on, painted once in chunks and then shown with many starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.rendering.photo import TRAINING, Style, Subject, take
from renderfit.vision.refiner_shapes import Category, load_category
from renderfit.vision.stream import window
from renderfit.whole import whole_file

SIZE = 128
"""Side of the photographs [px]."""
AHEAD = 4
"""Chunks that are painted before they are needed."""
LATENT, STRETCHED = 0.4, 0.5
"""Parts of the photographs that show bodies of the shape space, and stretched or bent ones."""


@dataclass(frozen=True)
class Pictures:
    """What is painted: category files of `save_category`, style, seed and photographs per chunk."""

    categories: tuple[str, ...]
    style: Style = TRAINING
    seed: int = 0
    chunk: int = 100


FIELDS: dict[str, tuple[type, tuple[int, ...]]] = {
    "image": (np.uint8, (SIZE, SIZE, 3)),
    "coverage": (np.uint8, (SIZE, SIZE)),
    "coordinates": (np.float16, (SIZE, SIZE, 3)),
    "normals": (np.int8, (SIZE, SIZE, 3)),
    "camera": (np.float64, (4,)),
    "pose": (np.float64, (4, 4)),
    "category": (np.int64, ()),
    "instance": (np.int64, ()),
    "stretch": (np.float64, (2, 3)),
}
"""One array per field and chunk; `stretch` is factor and shift [m] that take the shape of `code` to what is shown."""


def paint(pictures: Pictures, index: int) -> dict[str, NDArray]:
    """Paint photograph `index` with its labels; a function of seed and index alone."""
    generator = np.random.default_rng((pictures.seed, 3, index))
    number = index % len(pictures.categories)
    category = load_category(pictures.categories[number])
    instance = int(generator.integers(len(category.codes)))
    code = category.codes[instance]
    subject, code = _shape(category, instance, code, generator)
    before = subject.bounds
    if generator.random() < STRETCHED:
        subject = subject.warped(generator, 0.67)
    after = subject.bounds
    factor = (after[1] - after[0]) / np.maximum(before[1] - before[0], 1e-9)
    stretch = np.stack([factor, after[0] - factor * before[0]])
    camera, pose = window(subject, generator, SIZE)
    shot = take(subject, camera, pose, int(generator.integers(1 << 31)), pictures.style)
    photo = shot.labelled()
    return {
        "image": photo.image,
        "coverage": np.round(255 * shot.coverage).astype(np.uint8) * (photo.mask | (shot.coverage < 0.5)),
        "coordinates": photo.coordinates.astype(np.float16),
        "normals": np.round(127 * photo.normals).astype(np.int8),
        "camera": np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        "pose": pose.matrix.numpy(),
        "category": np.array(number),
        "instance": np.array(instance),
        "stretch": stretch,
        "code": code,
    }


def _shape(category: Category, instance: int, code: NDArray, generator: np.random.Generator) -> tuple[Subject, NDArray]:
    if generator.random() >= LATENT:
        return category.original(instance), code
    drawn = generator.uniform(0.3, 0.8) * generator.standard_normal(len(code))
    return category.body(instance, drawn), drawn


def paint_chunk(pictures: Pictures, number: int, folder: str) -> str:
    """Paint chunk `number` to a file in `folder`, unless it is there already; return the file (in a worker process)."""
    path = Path(folder) / f"{number:05d}.npz"
    if not path.is_file():
        first = number * pictures.chunk
        found = [paint(pictures, index) for index in range(first, first + pictures.chunk)]
        widest = max(len(one["code"]) for one in found)
        codes = np.stack([np.pad(one["code"], (0, widest - len(one["code"]))) for one in found])
        with whole_file(path) as part:
            np.savez(part, allow_pickle=False, code=codes, **{name: np.stack([one[name] for one in found]) for name in FIELDS})
    return str(path)


def load_chunk(path: str) -> dict[str, NDArray]:
    """Read one chunk.

    Raises
    ------
    DataError
        If the file is broken.
    """
    try:
        with np.load(path) as found:
            return {name: found[name] for name in (*FIELDS, "code")}
    except (OSError, ValueError, KeyError) as problem:
        raise DataError(
            f"photographs {path}: {problem}; expected a chunk of training photographs: delete it to have it painted anew"
        ) from problem


def chunks(pictures: Pictures, count: int, folder: Path, jobs: int) -> Iterator[dict[str, NDArray]]:
    """Yield chunks 0 to ``count - 1`` in order, painted by `jobs` worker processes (0: in this one)."""
    folder.mkdir(parents=True, exist_ok=True)
    if jobs == 0:
        for number in range(count):
            yield load_chunk(paint_chunk(pictures, number, str(folder)))
        return
    # Processes that start afresh: a forked one would inherit torch's threads.
    pool, waiting = ProcessPoolExecutor(jobs, get_context("spawn")), deque[Future[str]]()
    try:
        for number in range(count + AHEAD):
            if number < count:
                waiting.append(pool.submit(paint_chunk, pictures, number, str(folder)))
            if number >= AHEAD:
                yield load_chunk(waiting.popleft().result())
    finally:
        pool.shutdown(cancel_futures=True)
