"""The displacement network: photograph and rendered canonical in, a displacement for every canonical pixel out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from renderfit.errors import DataError
from renderfit.registration.deepcpd.window import CHANNELS
from renderfit.whole import whole_file, write_json

WEIGHTS, DESCRIPTION = "deepcpd.safetensors", "deepcpd.json"
PUBLISHED = Path(__file__).parent / "published"
"""Weights trained longer on the default data set, in the package."""
UNIT = 0.01
"""Displacements are predicted in this unit [m]; their scale in the same."""
WIDTHS = (32, 64, 96, 128)
"""Channels at a half, a quarter, an eighth and a sixteenth of the window's side."""


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class DisplacementNet(nn.Module):
    """Encoder from half resolution down, decoder one step up, one network for all categories.

    The rendered canonical says which category it is, and where on it each pixel lies: its object coordinates are an input. What
    moves is predicted along the camera's axes, in which an outline that is too narrow looks the same from all sides.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = _convolution(4 * 4 + CHANNELS, WIDTHS[0])
        self.down = nn.ModuleList(nn.Sequential(_convolution(a, b), _convolution(b, b)) for a, b in pairwise(WIDTHS))
        self.context = nn.Linear(2 * WIDTHS[-1], WIDTHS[-1])
        self.squeeze = nn.Conv2d(WIDTHS[-1], WIDTHS[-2], 1)
        self.up = _convolution(2 * WIDTHS[-2], WIDTHS[-2])
        self.output = nn.Conv2d(WIDTHS[-2], 4, 1)

    def forward(self, photo: Tensor, canonical: Tensor) -> tuple[Tensor, Tensor]:
        """Predict displacements.

        Parameters
        ----------
        photo : (B, 4, S, S)
            sRGB and the mask's probability, in [0, 1].
        canonical : (B, 11, S / 2, S / 2)
            The rendered canonical, see `window.Rendered`.

        Returns
        -------
        displacement : (B, 3, S / 2, S / 2)
            Along the camera's axes [`UNIT`]; smooth, for it is known at an eighth of the window's side and interpolated.
        scale : (B, S / 2, S / 2)
            Its expected error [`UNIT`].
        """
        values = self.first(torch.cat([functional.pixel_unshuffle((photo - 0.45) * 3.0, 2), canonical], dim=1))
        before = values
        for block in self.down:
            before, values = values, block(functional.max_pool2d(values, 2))
        pooled = torch.cat([values.mean(dim=(2, 3)), values.amax(dim=(2, 3))], dim=1)
        values = values + functional.relu(self.context(pooled))[:, :, None, None]
        wide = functional.interpolate(self.squeeze(values), scale_factor=2, mode="bilinear", align_corners=False)
        coarse = self.output(self.up(torch.cat([wide, before], dim=1)))
        found = functional.interpolate(coarse.float(), size=canonical.shape[2:], mode="bilinear", align_corners=False)
        return found[:, :3], torch.exp(found[:, 3].clamp(-4.0, 3.0))


def save(network: DisplacementNet, folder: Path, about: dict[str, Any]) -> None:
    """Write weights (half precision) and what they were trained with."""
    halves = {name: v.detach().cpu().half() if v.is_floating_point() else v.cpu() for name, v in network.state_dict().items()}
    with whole_file(folder / WEIGHTS) as part:
        save_file({name: value.contiguous() for name, value in halves.items()}, part)
    write_json(folder / DESCRIPTION, about)


def load(folder: str | Path) -> DisplacementNet:
    """Read a network written by `save`, in evaluation mode.

    Raises
    ------
    DataError
        If a file is missing or broken.
    """
    network = DisplacementNet()
    try:
        network.load_state_dict({name: v.float() if v.is_floating_point() else v for name, v in load_file(Path(folder) / WEIGHTS).items()})
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as problem:
        raise DataError(
            f"displacement network {folder}: {problem}; expected {WEIGHTS} as `renderfit train deepcpd` or the stage deepcpd writes it"
        ) from problem
    return network.eval().requires_grad_(False)


def trained_on(folder: str | Path, category: str, meshes: Iterable[str | Path]) -> bool:
    """Say whether the network in `folder` was trained on exactly these meshes of a category.

    Raises
    ------
    DataError
        If its description is missing or no JSON.
    """
    path = Path(folder) / DESCRIPTION
    try:
        known = json.loads(path.read_text())["data"]
    except (OSError, ValueError, KeyError) as problem:
        raise DataError(
            f"{path}: {problem}; expected the description that `renderfit train deepcpd` writes beside the weights"
        ) from problem
    return bool(known.get(category) == meshes_hash(meshes))


def meshes_hash(files: Iterable[str | Path]) -> str:
    """Return the sha256 of the files' bytes, one after another."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()
