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
from renderfit.whole import whole_file, write_json

WEIGHTS, DESCRIPTION = "deepcpd.safetensors", "deepcpd.json"
PUBLISHED = Path(__file__).parent / "published"
"""Weights trained on the default data set, in the package."""
UNIT = 0.01
"""Displacements are predicted in this unit [m]; their scale in the same."""
WIDTHS = (32, 64, 96, 128)
"""Channels at a half, a quarter, an eighth and a sixteenth of the window's side."""


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class DisplacementNet(nn.Module):
    """Encoder and decoder at half resolution, one network for all categories.

    The rendered canonical says which category it is, and where on it each pixel lies: its object coordinates are an input.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(_convolution(4 * 4 + 4, WIDTHS[0]), _convolution(WIDTHS[0], WIDTHS[0]))
        self.down = nn.ModuleList(nn.Sequential(_convolution(a, b), _convolution(b, b)) for a, b in pairwise(WIDTHS))
        self.context = nn.Linear(2 * WIDTHS[-1], WIDTHS[-1])
        self.squeeze = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(WIDTHS))
        self.up = nn.ModuleList(_convolution(2 * a, a) for a in WIDTHS[:-1])
        self.output = nn.Conv2d(WIDTHS[0], 4, 1)

    def forward(self, photo: Tensor, canonical: Tensor) -> tuple[Tensor, Tensor]:
        """Predict displacements.

        Parameters
        ----------
        photo : (B, 4, S, S)
            sRGB and the mask's probability, in [0, 1].
        canonical : (B, 4, S / 2, S / 2)
            Object coordinates [0.1 m] and coverage of the rendered canonical.

        Returns
        -------
        displacement : (B, 3, S / 2, S / 2)
            Object frame [`UNIT`].
        scale : (B, S / 2, S / 2)
            Its expected error [`UNIT`].
        """
        values = self.first(torch.cat([functional.pixel_unshuffle((photo - 0.45) * 3.0, 2), canonical], dim=1))
        kept = []
        for block in self.down:
            kept.append(values)
            values = block(functional.max_pool2d(values, 2))
        pooled = torch.cat([values.mean(dim=(2, 3)), values.amax(dim=(2, 3))], dim=1)
        values = values + functional.relu(self.context(pooled))[:, :, None, None]
        for squeeze, block, skip in zip(reversed(self.squeeze), reversed(self.up), reversed(kept), strict=True):  # type: ignore[call-overload]
            wide = functional.interpolate(squeeze(values), scale_factor=2, mode="bilinear", align_corners=False)
            values = block(torch.cat([wide, skip], dim=1))
        found = self.output(values).float()
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
