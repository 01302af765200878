"""Saving and loading networks and training states: safetensors and JSON, never pickle."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from renderfit import paths
from renderfit.errors import DataError
from renderfit.vision.unet import UNet
from renderfit.whole import whole_file, write_json

WEIGHTS, DESCRIPTION = "unet.safetensors", "unet.json"
PUBLISHED = Path(__file__).parent / "published"
"""Networks that come with the package, trained longer on the training instances of the default data set."""
_log = logging.getLogger(__name__)


def save_network(network: UNet, folder: str | Path, **about: Any) -> None:
    """Write weights and a JSON description: architecture, hash of the weights and whatever `about` adds (seed, log, data hash)."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_tensors({name: value.detach().cpu() for name, value in network.state_dict().items()}, folder / WEIGHTS)
    shape = {"categories": list(network.categories), "width": network.width, "levels": network.levels, "window": network.window}
    description = about | shape | {"edge": network.edge} | {"sha256": sha256(folder / WEIGHTS)}
    write_json(folder / DESCRIPTION, description)


def load_network(folder: str | Path = PUBLISHED) -> UNet:
    """Read a network written by `save_network`, ready for use (evaluation mode, on the CPU).

    Parameters
    ----------
    folder : path
        Default: the network that comes with the package.

    Raises
    ------
    DataError
        If a file is missing or broken, or the weights are not those of the description.

    Examples
    --------
    >>> import tempfile
    >>> import renderfit as rf
    >>> from renderfit.vision import save_network
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(rf.UNet(["bottle", "drill"], width=4, levels=2), folder)
    ...     network = rf.load_network(folder)
    >>> network.categories
    ('bottle', 'drill')
    """
    folder = Path(folder)
    try:
        description = json.loads((folder / DESCRIPTION).read_text())
        sizes = (int(description[name]) for name in ("width", "levels", "window"))
        network = UNet(tuple(description["categories"]), *sizes)
        if (found := sha256(folder / WEIGHTS)) != description["sha256"]:
            raise DataError(f"network {folder}: weights have SHA-256 {found}; expected {description['sha256']}: restore them")
        network.load_state_dict(load_file(folder / WEIGHTS))
        network.edge = float(description.get("edge", 0.0))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as problem:
        raise DataError(
            f"network {folder}: {problem}; expected {DESCRIPTION} and {WEIGHTS} as `renderfit train` or the stage unet writes them"
        ) from problem
    return network.eval().requires_grad_(False)


def chosen_folder(folder: Path | None = None) -> Path:
    """Return `folder`; without one that of the network that the stage unet trained in this root, else the package's, told by the log.

    Raises
    ------
    DataError
        If `folder` is none.
    """
    if folder is not None and not folder.is_dir():
        raise DataError(f"{folder}: no trained network; expected a folder that `renderfit train unet` wrote, or none for the default one")
    trained = paths.ARTIFACTS / "unet"
    if folder is None and not trained.is_dir():
        _log.info("no network trained here (%s): that of the package is used, which knows %s", trained, ", ".join(describe()["categories"]))
        return PUBLISHED
    return folder or trained


def chosen_network(folder: Path | None = None) -> UNet:
    """Return the network in `chosen_folder`.

    Raises
    ------
    DataError
        If the files of the chosen one are missing or broken.
    """
    return load_network(chosen_folder(folder))


def describe(folder: str | Path = PUBLISHED) -> dict[str, Any]:
    """Return what is written beside the weights in `folder`: architecture, hash, seed, data, curves."""
    found: dict[str, Any] = json.loads((Path(folder) / DESCRIPTION).read_text())
    return found


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_state(path: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer, progress: dict[str, Any]) -> None:
    """Write all that resuming needs: weights, moments of the optimiser and `progress` (JSON values)."""
    tensors = {f"network.{name}": value.detach().cpu() for name, value in network.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value.detach().cpu() for name, value in state.items()}
    save_tensors(tensors, path, {"progress": json.dumps(progress)})


def load_state(path: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Restore what `save_state` wrote into `network` and `optimizer`; return its progress.

    Raises
    ------
    DataError
        If the file is broken or belongs to another network.
    """
    from safetensors import safe_open

    try:
        tensors = load_file(path)
        with safe_open(path, "pt") as opened:
            progress: dict[str, Any] = json.loads(opened.metadata()["progress"])
        network.load_state_dict({name.removeprefix("network."): value for name, value in tensors.items() if name.startswith("network.")})
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".", 2)
                moments.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as problem:
        raise DataError(f"training state {path}: {problem}; expected a state of the same network: delete it to start anew") from problem
    return progress


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write tensors to a safetensors file in one move."""
    with whole_file(path) as part:
        save_file({name: value.contiguous() for name, value in tensors.items()}, part, metadata)
