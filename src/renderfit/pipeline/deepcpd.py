"""Stage deepcpd: the displacement network, trained here on the data set's training instances or as it comes with the package."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from renderfit import config, paths
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.registration.deepcpd import network, training
from renderfit.registration.deepcpd.pictures import Source
from renderfit.registration.deepcpd.samples import Noise
from renderfit.whole import whole_folder


def run() -> None:
    """Write ``artifacts/deepcpd/`` (weights, description)."""
    settings, source, work = config.section(config.Deepcpd), network.PUBLISHED, paths.ARTIFACTS / "deepcpd-training"
    if settings.weights == "train":
        train(work, settings)
        source = work
    with whole_folder(paths.ARTIFACTS / "deepcpd") as part:
        for name in (network.WEIGHTS, network.DESCRIPTION):
            shutil.copyfile(source / name, part / name)
    shutil.rmtree(work, ignore_errors=True)


def train(out: Path, settings: config.Deepcpd) -> dict[str, Any]:
    """Train a displacement network, or go on with it, in the folder `out`; return what its description says."""
    found, about = training.train(source_of(settings.seed), settings, noise_of(), out)
    network.save(found, out, about)
    return about


def source_of(seed: int, left_out: tuple[int, ...] = ()) -> Source:
    """Return what is painted: the training instances of every category, seen as the test views are."""
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    every = splits()
    return Source(
        tuple(str(paths.ARTIFACTS / "shape_space" / category) for category in every),
        tuple(tuple(str(mesh_path("dataset", category, name)) for name in split.train) for category, split in every.items()),
        (lens.size, lens.focal, lens.distance),
        (band.elevation_low, band.elevation_high),
        left_out,
        seed=seed,
    )


def noise_of() -> Noise:
    """Return the pose noise of the experiment."""
    band = config.section(config.Views)
    return Noise(band.noise_xy, band.noise_rotation)
