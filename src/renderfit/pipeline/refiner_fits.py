"""Starts for the refiner's training: its photographs registered by their outlines, each with a shape space made without its instance."""

from __future__ import annotations

import functools
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit import config, paths
from renderfit.errors import RenderFitError
from renderfit.geometry import Camera, Pose
from renderfit.progress import progress
from renderfit.vision.refiner_pictures import Pictures, load_chunk, paint_chunk

if TYPE_CHECKING:
    from renderfit.shapes import ShapeSpace
    from renderfit.vision import UNet
    from renderfit.vision.refiner_cuts import Fit

TRUE, LEAST = 0.4, 0.8
"""Part of the fits made to the true mask, the others to the segmentation's; and its least overlap with the true one for that."""


def make(pictures: Pictures, count: int, photographs: Path, folder: Path, jobs: int) -> None:
    """Write the fits of the first `count` chunks to `folder`, and paint what is not yet painted; files that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    photographs.mkdir(parents=True, exist_ok=True)
    work = functools.partial(fit_chunk, pictures, photographs=str(photographs), folder=str(folder))
    with ProcessPoolExecutor(max(1, jobs), get_context("spawn")) as pool:
        for _ in progress(pool.map(work, range(count)), "hundreds of photographs registered", count):
            pass


def fit_chunk(pictures: Pictures, number: int, photographs: str, folder: str) -> None:
    """Register the photographs of chunk `number` (in a worker process)."""
    from renderfit.vision.refiner_fits import save_fits

    path = Path(folder) / f"{number:05d}.npz"
    if path.is_file():
        return
    torch.set_num_threads(1)
    chunk = load_chunk(paint_chunk(pictures, number, photographs))
    rows = range(len(chunk["pose"]))
    photos = [{name: values[row] for name, values in chunk.items()} for row in rows]
    save_fits(path, [fit(photo, pictures, number * pictures.chunk + row) for row, photo in enumerate(photos)])


def fit(photo: dict[str, NDArray], pictures: Pictures, index: int) -> Fit | None:
    """Register a painted photograph from a noisy start; None where the object is not found or the registration refuses."""
    from renderfit.datasets.views import disturbed
    from renderfit.registration import register
    from renderfit.vision.looks import largest_part
    from renderfit.vision.refiner_cuts import Fit

    generator, views = np.random.default_rng((pictures.seed, 7, index)), config.section(config.Views)
    category = Path(pictures.categories[int(photo["category"])]).stem
    side = len(photo["image"])
    camera, pose = Camera(side, side, *photo["camera"].tolist()), torch.as_tensor(photo["pose"])
    truth = Pose.from_parts(pose[:3, :3], pose[:3, 3])
    start = disturbed(truth, generator, views.noise_xy, views.noise_rotation)
    mask = photo["coverage"] / 255
    if generator.random() >= TRUE:
        found = _seen(photo["image"], category)
        if ((mask > 0.5) & (found > 0.5)).sum() < LEAST * ((mask > 0.5) | (found > 0.5)).sum():
            return None
        mask = found * largest_part(found > 0.5)
    space = _space(category, int(photo["instance"]))
    try:
        moved, still = register(photo["image"], space, camera, mask, start), register(photo["image"], space, camera, mask, truth, False)
    except RenderFitError:
        return None
    noisy, known = (found.mesh.vertices.numpy().astype(np.float32) for found in (moved, still))
    return Fit(noisy, moved.pose.matrix.numpy(), known)


def _seen(image: NDArray[np.uint8], category: str) -> NDArray[np.float64]:
    """Return the probability (H, W) that a pixel shows the category, by one look at the whole picture: it is a window already."""
    network = _network()
    with torch.no_grad():
        found = network(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255).softmax(dim=1)
    return np.asarray(found[0, 1 + network.categories.index(category)].double().numpy())


@functools.cache
def _network() -> UNet:
    from renderfit.vision import load_network
    from renderfit.vision.unet import folded

    return folded(load_network())


@functools.cache
def _space(category: str, instance: int) -> ShapeSpace:
    """Return the space without an instance; number 0 is the canonical, which every space is made of."""
    from renderfit.shapes import ShapeSpace

    if instance == 0:
        return ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category)
    return _space(category, 0).without(instance - 1)
