"""The network that reads pose and shape off a photograph, given a start: mask, object coordinates, confidence, normals."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from renderfit.vision.unet import Hourglass

CHANNELS = 11
"""sRGB (3), the start's mask (1), its points (3) and normals (3), whether its pose is known to be true (1); see `refiner_start`."""
RESIDUAL, SCALE = 0.1, -3.0
"""Size of a residual [window widths] that the output layer's numbers count in, and the logarithm that scales start from."""
GRID = 4
"""The common motion is read off features averaged to this many cells a side."""


class Prediction(NamedTuple):
    """What the network says of every pixel; axes are the camera's, lengths count in window widths.

    Attributes
    ----------
    mask : (B, H, W) tensor
        Logits.
    residual : (B, 3, H, W) tensor
        Truth less the start's point.
    log_scale : (B, H, W) tensor
        Logarithm of the expected absolute error of one coordinate.
    normals : (B, 3, H, W) tensor
        Unit length.
    """

    mask: Tensor
    residual: Tensor
    log_scale: Tensor
    normals: Tensor


class Refiner(Hourglass):
    """Predict how the truth differs from the rendering of a start.

    The residual of the coordinates is a small rigid motion of the whole window plus a part of each
    pixel: a wrong start moves all points together, a wrong shape moves them one by one.

    Parameters
    ----------
    width : int
        Channels at full resolution.
    levels : int
        Resolutions.
    window : int
        Side of the windows it was trained on [px].
    """

    def __init__(self, width: int = 16, levels: int = 5, window: int = 128) -> None:
        super().__init__(CHANNELS, width, levels)
        self.window = window
        self.output = nn.Conv2d(width, 8, 1)
        self.gather = nn.Conv2d(self.deepest, 32, 1)
        self.motion = nn.Sequential(nn.Linear(32 * GRID**2, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, values: Tensor) -> Prediction:
        """Predict from inputs (B, 11, H, W).

        Raises
        ------
        ShapeError
            If the channels are not eleven or a side is no multiple of the stride.
        """
        self.check(values)
        deepest, kept = self.encoded(values)
        found = self.output(self.decoded(deepest, kept)).float()
        pooled = functional.adaptive_avg_pool2d(functional.relu(self.gather(deepest)), GRID)
        turn, shift = (RESIDUAL * self.motion(pooled.flatten(1)).float())[:, :, None, None].split(3, dim=1)
        points = values[:, 4:7].float()
        moved = torch.linalg.cross(turn.expand_as(points), points, dim=1) + shift
        normals = functional.normalize(values[:, 7:10].float() + found[:, 5:8], dim=1)
        return Prediction(found[:, 0], moved + RESIDUAL * found[:, 1:4], SCALE + found[:, 4], normals)
