"""Weights of refiners: written, read, and those that come with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from renderfit import config, paths
from renderfit.errors import DataError
from renderfit.vision.checkpoint import PUBLISHED, describe, save_tensors, sha256
from renderfit.vision.refiner import Refiner
from renderfit.whole import write_json

WEIGHTS, DESCRIPTION = "refiner.safetensors", "refiner.json"


def save_refiner(network: Refiner, folder: str | Path, **about: Any) -> None:
    """Write weights and a JSON description: architecture, hash of the weights and what `about` adds (seed, log, data hash)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_tensors({name: _short(value.detach().cpu()) for name, value in network.state_dict().items()}, folder / WEIGHTS)
    shape = {"width": network.width, "levels": network.levels, "window": network.window, "sha256": sha256(folder / WEIGHTS)}
    write_json(folder / DESCRIPTION, shape | about)


def _short(value: Tensor) -> Tensor:
    """Return kernels that are representable in half precision as such."""
    return value.half() if value.ndim == 4 and torch.equal(value.half().float(), value) else value


def load_refiner(folder: str | Path = PUBLISHED) -> Refiner:
    """Read a refiner written by `save_refiner`, ready for use (evaluation mode, on the CPU).

    Parameters
    ----------
    folder : path
        Default: the weights that come with the package.

    Raises
    ------
    DataError
        If a file is missing or broken, or the weights are not those of the description.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / DESCRIPTION).read_text())
        network = Refiner(*(int(about[name]) for name in ("width", "levels", "window")))
        if about["sha256"] != (found := sha256(folder / WEIGHTS)):
            raise DataError(
                f"refiner {folder}: weights have SHA-256 {found}; expected {about['sha256']} as {DESCRIPTION} says: restore them"
            )
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as problem:
        raise DataError(
            f"refiner {folder}: {problem}; expected {DESCRIPTION} and {WEIGHTS} as `renderfit train refiner` writes them"
        ) from problem
    return network.eval().requires_grad_(False)


def chosen_folder() -> Path:
    """Return the folder of the refiner that params.yaml ``refiner.weights`` chooses: of the package, or trained by the stage unet."""
    return PUBLISHED if config.section(config.Refiner).weights == "published" else paths.ARTIFACTS / "unet"


def doubt(category: str, folder: str | Path = PUBLISHED) -> str:
    """Return why a refiner's predictions on a category are to be doubted; empty where it knows one of that name.

    Older descriptions, that of the package's refiner too, do not list the categories. They name the segmentation network whose
    layers the training began with: where that is the package's, its categories stand for the refiner's.
    """
    about = description(folder)
    known, how = about.get("categories"), "was trained on"
    first = about.get("begun_with") or about.get("initial", {}).get("begun_with") or {}
    if known is None and first.get("unet") == (unet := describe())["sha256"]:
        known, how = unet["categories"], "began with layers of a network of"
    if known is None:
        return "what the refiner was trained on is not written beside it: on other kinds of objects its predictions mislead"
    if category in known:
        return ""
    return f"the refiner {how} {', '.join(known)}, none of them called {category}: on other kinds of objects its predictions mislead"


def description(folder: str | Path = PUBLISHED) -> dict[str, Any]:
    """Return what is written beside the weights in `folder`: architecture, hash, seed, command, curves."""
    found: dict[str, Any] = json.loads((Path(folder) / DESCRIPTION).read_text())
    return found
