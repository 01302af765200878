"""What a segmentation network says of windows of a picture, pasted back to the picture's size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from renderfit.vision.unet import UNet
from renderfit.vision.windows import Window

FEWEST_PIXELS = 16
"""Fewer object pixels than this count as no object."""


def window_probabilities(whole: Tensor, window: Window, network: UNet, size: int) -> Tensor:
    """Return class probabilities (C, size, size) of a window of an image (1, 3, H, W): mean of the window's and its mirror image's."""
    cut = window.cut(whole, size)
    with torch.no_grad():
        one, other = network(torch.cat([cut, cut.flip(3)])).softmax(dim=1)
    probabilities: Tensor = (one + other.flip(2)) / 2
    return probabilities


def look(whole: Tensor, windows: Sequence[Window], network: UNet, size: int) -> NDArray[np.float64]:
    """Return the largest probability (H, W) that any of the windows gives a pixel to show an object."""
    height, width = whole.shape[2:]
    seen = [pasted(window, 1 - window_probabilities(whole, window, network, size)[:1], height, width) for window in windows]
    return np.asarray(np.max(seen, axis=0))


def pasted(window: Window, probability: Tensor, height: int, width: int) -> NDArray[np.float64]:
    """Return a window's probability (1, size, size) at the picture's size (height, width), 0 outside of the window."""
    return window.paste(probability, height, width)[0]


def mean_of(windows: Sequence[Window], scores: Sequence[Tensor], height: int, width: int, edge: float = 0.0) -> NDArray[np.float64]:
    """Return the probability (height, width) that a pixel shows an object: the mean over the windows that see it, 0 where none does.

    Outlines are drawn in by the part `edge` of a window's pixel.
    """
    seen = [drawn_in(1 - score[:1], edge) for score in scores]
    each = [window.paste(torch.cat([one, torch.ones_like(one)]), height, width) for window, one in zip(windows, seen, strict=True)]
    total, count = np.sum(each, axis=0)
    return np.asarray(total / np.maximum(count, 1))


def drawn_in(probability: Tensor, edge: float) -> Tensor:
    """Return probabilities (1, H, W) lowered by the part `edge` towards their least neighbour: outlines move in by that part of a pixel."""
    if edge == 0:
        return probability
    across, down = (-functional.max_pool2d(-probability, size, 1, [side // 2 for side in size]) for size in ((1, 3), (3, 1)))
    return torch.lerp(probability, torch.minimum(across, down), edge)


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected part of a mask."""
    from scipy.ndimage import label

    parts, count = label(mask)
    if count <= 1:
        return mask
    return parts == 1 + int(np.argmax(np.bincount(parts.reshape(-1))[1:]))
