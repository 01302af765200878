"""The network that reads pose and shape off a photograph, given a start: common motion, object coordinates, confidence, normals."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from renderfit.vision.unet import Hourglass, UNet, convolution

CHANNELS = 11
"""sRGB (3), the start's mask (1), its points (3) and normals (3), whether its pose is known to be true (1); see `refiner_start`."""
RESIDUAL, SCALE, TURN = 0.1, -3.0, 0.2
"""What the last layers' numbers count in: residuals [window widths] and turns [rad]; and the logarithm that scales start from."""
GRID = 4
"""The common motion is read off features averaged to this many cells a side."""


class Prediction(NamedTuple):
    """What the network says of a window and every pixel of it; axes are the camera's, lengths count in window widths.

    Attributes
    ----------
    mask : (B, H, W) tensor
        Logits.
    residual : (B, 3, H, W) tensor
        The object point a pixel shows, as the start places it, less the start's point.
    log_scale : (B, H, W) tensor
        Logarithm of the expected absolute error of one coordinate.
    normals : (B, 3, H, W) tensor
        Unit length.
    turn : (B, 3, 3) tensor
        Rotation that takes the start to the truth, about the middle of its box.
    shift : (B, 3) tensor
        The translation that follows it.
    """

    mask: Tensor
    residual: Tensor
    log_scale: Tensor
    normals: Tensor
    turn: Tensor
    shift: Tensor


class Refiner(Hourglass):
    """Predict how the truth differs from the rendering of a start.

    The photograph goes through the encoder of a segmentation network, the rendered start joins it from
    half the resolution on. A wrong start moves all points together, a wrong shape moves them one by one: the network
    names the common motion from its deepest features, and per pixel what it leaves.

    Parameters
    ----------
    width : int
        Channels at full resolution.
    levels : int
        Resolutions.
    window : int
        Side of the windows it was trained on [px].
    """

    def __init__(self, width: int = 16, levels: int = 5, window: int = 64) -> None:
        super().__init__(3, width, levels)
        self.window = window
        self.start = nn.Sequential(convolution(CHANNELS - 3, width), nn.MaxPool2d(2), convolution(width, 2 * width))
        self.output = nn.Conv2d(width, 8, 1)
        self.head = nn.Sequential(convolution(self.deepest, 256), nn.AdaptiveAvgPool2d(GRID), nn.Conv2d(256, 256, GRID), nn.ReLU())
        self.motion = nn.Linear(256, 6)
        nn.init.zeros_(self.motion.weight)
        nn.init.zeros_(self.motion.bias)
        self.inputs = CHANNELS

    def begin(self, network: UNet) -> None:
        """Take over the layers of a segmentation network that are of the same size, the output apart."""
        own = self.state_dict()
        same = {name: value for name, value in network.state_dict().items() if name in own and own[name].shape == value.shape}
        self.load_state_dict({name: value for name, value in same.items() if not name.startswith("output")}, strict=False)

    def forward(self, values: Tensor) -> Prediction:
        """Predict from inputs (B, 11, H, W).

        Raises
        ------
        ShapeError
            If the channels are not eleven or a side is no multiple of the stride.
        """
        self.check(values)
        features = self.first(values[:, :3])
        kept = [features]
        features = self.down[0](functional.max_pool2d(features, 2)) + self.start(values[:, 3:])
        for block in self.down[1:]:
            kept.append(features)
            features = block(functional.max_pool2d(features, 2))
        spin, shift = self.motion(self.head(features).flatten(1)).float().split(3, dim=1)
        turn, shift = exponential(TURN * spin), RESIDUAL * shift
        found = self.output(self.decoded(features, kept)).float()
        points, normals = values[:, 4:7].float(), values[:, 7:10].float()
        # What a pixel shows, as the start places it: the common motion undone.
        moved = torch.einsum("nji,njhw->nihw", turn, points - shift[:, :, None, None]) - points
        turned = torch.einsum("nij,njhw->nihw", turn, normals) + found[:, 5:8]
        residual = moved + RESIDUAL * found[:, 1:4]
        return Prediction(found[:, 0], residual, SCALE + found[:, 4], functional.normalize(turned, dim=1), turn, shift)


def exponential(spin: Tensor) -> Tensor:
    """Return the rotations (B, 3, 3) of rotation vectors (B, 3) [rad]."""
    zero = torch.zeros_like(spin[:, 0])
    x, y, z = spin.unbind(1)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).view(-1, 3, 3)
    angle = (spin.square().sum(dim=1) + 1e-12).sqrt()[:, None, None]
    return torch.eye(3, device=spin.device) + angle.sin() / angle * skew + (1 - angle.cos()) / angle**2 * skew @ skew
