"""U-Net for semantic segmentation (section 3.3.1 of the paper), lean at full resolution."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from renderfit.errors import ShapeError


def _convolution(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class UNet(nn.Module):
    """Encoder and decoder with skip connections; one logit per class and pixel.

    Parameters
    ----------
    categories : sequence of str
        Class 0 is the background, class k + 1 is ``categories[k]``.
    width : int
        Channels at full resolution; they double per level up to eight times.
    levels : int
        Resolutions; each halves the one above.
    window : int
        Side of the windows it was trained on [px], the size at which `segment` shows it an object.

    Raises
    ------
    ShapeError
        When called with an image whose sides are not multiples of ``2^(levels - 1)``.

    References
    ----------
    Ronneberger, Fischer, Brox (2015).
    """

    def __init__(self, categories: tuple[str, ...] | list[str], width: int = 12, levels: int = 5, window: int = 128) -> None:
        super().__init__()
        self.categories, self.width, self.levels, self.window = tuple(categories), width, levels, window
        channels = [width * min(8, 2**level) for level in range(levels)]
        self.first = _convolution(3, width)
        self.down = nn.ModuleList(nn.Sequential(_convolution(a, b), _convolution(b, b)) for a, b in pairwise(channels))
        self.squeeze = nn.ModuleList(_convolution(b, a, 1) for a, b in pairwise(channels))
        self.up = nn.ModuleList(_convolution(2 * a, a) for a in channels[:-1])
        self.output = nn.Conv2d(width, len(self.categories) + 1, 1)
        self.context = nn.Linear(2 * channels[-1], len(self.categories) + 1)

    @property
    def stride(self) -> int:
        """Sides of the input must be multiples of this [px]."""
        return int(2 ** (self.levels - 1))

    def features(self, images: Tensor) -> Tensor:
        """Return the last layer before the output layer, (B, width, H, W), for sRGB images (B, 3, H, W) in [0, 1]."""
        self._check(images)
        return self._decoded(*self._encoded(images))

    def _encoded(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        values = self.first((images - 0.45) * 4.0)
        kept = []
        for block in self.down:
            kept.append(values)
            values = block(functional.max_pool2d(values, 2))
        return values, kept

    def _decoded(self, values: Tensor, kept: list[Tensor]) -> Tensor:
        for squeeze, block, skip in zip(reversed(self.squeeze), reversed(self.up), reversed(kept), strict=True):  # type: ignore[call-overload]
            wide = functional.interpolate(squeeze(values), scale_factor=2, mode="bilinear", align_corners=False)
            values = block(torch.cat([wide, skip], dim=1))
        return values

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, 1 + categories, H, W) for sRGB images (B, 3, H, W) in [0, 1]."""
        self._check(images)
        deepest, kept = self._encoded(images)
        logits: Tensor = self.output(self._decoded(deepest, kept)) + self._window(deepest)[:, :, None, None]
        return logits

    def _window(self, deepest: Tensor) -> Tensor:
        """Return logits (B, 1 + categories) of the whole window: which category it shows is seen from afar, its outline from close by."""
        pooled = torch.cat([deepest.mean(dim=(2, 3)), deepest.amax(dim=(2, 3))], dim=1)
        window: Tensor = self.context(pooled)
        return window

    def _check(self, images: Tensor) -> None:
        if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] % self.stride or images.shape[3] % self.stride:
            raise ShapeError(
                f"images have shape {tuple(images.shape)}; expected (B, 3, H, W) with sides that are multiples of {self.stride}"
            )
