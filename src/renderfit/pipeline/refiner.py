"""Training of the refiner on the data set's training instances and shape spaces; how its weights are written."""

from __future__ import annotations

import logging
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from renderfit import config, paths
from renderfit.errors import DataError
from renderfit.pipeline import refiner_fits
from renderfit.pipeline.catalogue import mesh_path, splits
from renderfit.whole import require_apart, require_folder

if TYPE_CHECKING:
    from renderfit.vision.refiner import Refiner

_log = logging.getLogger(__name__)
FILES = ("refiner.safetensors", "refiner.json")
"""What a training leaves for use."""


def sources(folder: Path, seed: int) -> Any:
    """Write the categories' shape models to `folder` and return the `Pictures` painted of them: training instances only.

    Models that are there already are kept, as photographs are, which were painted of them.
    """
    from renderfit.shapes import ShapeSpace
    from renderfit.vision.refiner_pictures import Pictures
    from renderfit.vision.refiner_shapes import codes_of, load_category, save_category

    files = []
    for category, split in splits().items():
        space = ShapeSpace.load(paths.ARTIFACTS / "shape_space" / category)
        model = space.model("rich")
        vertices, faces = space.canonical.numpy()
        offsets = vertices - model.mean + np.concatenate([np.zeros((1, *vertices.shape)), space.refined])
        meshes = [mesh_path("dataset", category, name) for name in (split.canonical, *space.names)]
        files.append(folder / f"{category}.npz")
        if not files[-1].is_file():
            save_category(files[-1], model.mean, model.basis, faces, codes_of(model.basis, offsets), meshes)
        elif not np.array_equal(load_category(str(files[-1])).mean, model.mean):
            _log.warning("%s is of another shape space than today's: kept with its photographs; delete both to train on today's", files[-1])
    return Pictures(tuple(map(str, files)), seed=seed)


def _require_same(begun: Refiner | None, settings: config.Refiner) -> None:
    """Raise a `DataError` unless weights to start from are of a network of the size asked for: before an hour of painting."""
    if begun is not None and (begun.width, begun.levels) != (settings.width, settings.levels):
        raise DataError(
            f"the refiner to start from has {begun.width} channels and {begun.levels} levels;"
            f" expected the {settings.width} and {settings.levels} of params.yaml: change refiner.width and refiner.levels there"
        )


def train(out: Path, settings: config.Refiner, command: str, initial: Path | None = None) -> dict[str, Any]:
    """Train a refiner in the folder `out`, from weights `initial` if given, or resume it; return what its description says."""
    from renderfit.vision import refiner_training
    from renderfit.vision.refiner_files import description, load_refiner, save_refiner

    require_folder(out)
    require_apart(out, [initial] if initial else [], below=True)
    begun = load_refiner(initial) if initial else None
    _require_same(begun, settings)
    pictures = sources(out / "categories", settings.seed)
    state = out / "training-state.safetensors"
    photographs, fits = out / "photographs", out / "fits" if settings.fits else None
    if fits is not None:
        refiner_fits.make(pictures, settings.painted, photographs, fits, settings.painters)
    network, log = refiner_training.train(pictures, settings, photographs, fits=fits, state=state, initial=begun)
    import torch

    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    about = {
        "seed": settings.seed,
        "command": command,
        "steps": settings.steps,
        "categories": [Path(name).stem for name in pictures.categories],
        "data": refiner_training.data_hash(pictures),
        "versions": versions,
        **({"initial": description(initial)} if initial else {}),
        **log,
    }
    save_refiner(network, out, **about)
    return {"steps": settings.steps, "parameters": sum(value.numel() for value in network.parameters()), **log["scores"][-1]}
