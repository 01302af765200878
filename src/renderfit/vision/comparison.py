"""Image losses side by side, and what they look like around the truth: basin, bias and sharpness."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from renderfit.vision.feature_loss import FeatureLoss
from renderfit.vision.unet import UNet

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""rendered (H, W, 3), its mask (H, W), observed (H, W, 3), its mask (H, W) -> scalar"""


def structural_similarity(a: Tensor, b: Tensor, sigma: float = 1.5) -> Tensor:
    """Return the mean SSIM of two images (H, W, 3) in [0, 1] with Gaussian windows of 11 px."""
    steps = torch.arange(-5, 6, dtype=a.dtype, device=a.device)
    bell = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = torch.outer(bell, bell)[None, None] / bell.sum() ** 2

    def smooth(x: Tensor) -> Tensor:
        return functional.conv2d(x.permute(2, 0, 1)[:, None], kernel, padding=5)

    mean_a, mean_b = smooth(a), smooth(b)
    var_a, var_b, both = smooth(a * a) - mean_a**2, smooth(b * b) - mean_b**2, smooth(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    return (((2 * mean_a * mean_b + c1) * (2 * both + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean()


def perceptual(network: UNet) -> Loss:
    """Return an LPIPS-like loss on the network's encoder: unit-length features of all levels, squared differences."""

    def encoder(image: Tensor) -> list[Tensor]:
        deepest, levels = network.encoded(image.permute(2, 0, 1)[None].to(next(network.parameters())))
        return [functional.normalize(level, dim=1) for level in (*levels, deepest)]

    def loss(rendered: Tensor, _mask: Tensor, observed: Tensor, _true: Tensor) -> Tensor:
        pairs = zip(encoder(rendered), encoder(observed), strict=True)
        return torch.stack([((a - b) ** 2).sum(dim=1).mean() for a, b in pairs]).sum()

    return loss


def encoder_level(network: UNet, level: int) -> Loss:
    """Return the paper's comparison on an earlier layer: the encoder's features of a level, 0 the finest."""
    compare = FeatureLoss(network)

    def features(image: Tensor) -> Tensor:
        found: Tensor = network.encoded(image.permute(2, 0, 1)[None].to(next(network.parameters())))[1][level][0]
        return found

    def loss(rendered: Tensor, _mask: Tensor, observed: Tensor, _true: Tensor) -> Tensor:
        ours, theirs = compare.comparable(features(rendered), features(observed))
        return ((ours - theirs) ** 2).mean()

    return loss


def remembering(network: UNet) -> UNet:
    """Return a network of the same weights that keeps its last two answers: losses on the same pair of images share its passes."""
    shared = copy.copy(network)
    shared.encoded = _kept(network.encoded)  # type: ignore[method-assign]
    shared.decoded = _kept(network.decoded)  # type: ignore[method-assign]
    return shared


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    last: list[tuple[Tensor, Any]] = []

    def answer(values: Tensor, *others: Any) -> Any:
        same = (entry for entry in last if entry[0].shape == values.shape and torch.equal(entry[0], values))
        known = next(same, None) or (values, function(values, *others))
        last[:] = [known, *(entry for entry in last if entry is not known)][:2]
        return known[1]

    return answer


def losses(network: UNet) -> dict[str, Loss]:
    """Return the comparisons of the book by name: the paper's, its other readings, and plain ones; for use without gradients."""
    network = remembering(network)

    def features(**choices: str) -> Loss:
        compare = FeatureLoss(network, **choices)  # type: ignore[arg-type]
        return lambda rendered, _mask, observed, _true: compare(rendered, observed)

    return {
        "features (paper)": features(),
        "features, sum": features(aggregate="sum"),
        "features, per channel": features(aggregate="channels"),
        "features, tanh": features(normalise="tanh"),
        "features, as they are": features(normalise="none"),
        "logits": features(layer="logits"),
        "encoder, second level": encoder_level(network, 1),
        "perceptual": perceptual(network),
        "mask": lambda _rendered, mask, _observed, true: ((mask - true) ** 2).mean(),
        "RGB": lambda rendered, _mask, observed, _true: ((rendered - observed) ** 2).mean(),
        "SSIM": lambda rendered, _mask, observed, _true: 1 - structural_similarity(rendered, observed),
    }


@dataclass(frozen=True)
class Valley:
    """Shape of a loss along one parameter.

    Attributes
    ----------
    basin : float
        Part of the range, in [0, 1], from which going downhill ends at the lowest point near the truth.
    bias : float
        Where the lowest point is, in units of the parameter.
    sharpness : float
        How much of its rise over the whole range the loss makes within the first tenth on either side of the lowest point.
    """

    basin: float
    bias: float
    sharpness: float


def valley(offsets: NDArray[np.float64], values: NDArray[np.float64]) -> Valley:
    """Measure a curve of a loss (N,) over parameter offsets (N,), ascending, the truth at 0."""
    near = np.abs(offsets) <= 0.35 * np.abs(offsets).max()
    low = int(np.flatnonzero(near)[np.argmin(values[near])])
    left = right = low
    while left > 0 and values[left - 1] > values[left]:
        left -= 1
    while right < len(values) - 1 and values[right + 1] > values[right]:
        right += 1
    span = offsets[-1] - offsets[0]
    rise = values.max() - values[low]
    step = np.interp([offsets[low] - 0.1 * span, offsets[low] + 0.1 * span], offsets, values).mean() - values[low]
    return Valley(float((offsets[right] - offsets[left]) / span), float(offsets[low]), float(step / rise) if rise > 0 else 0.0)


def sweep(
    render: Callable[[float], tuple[Tensor, Tensor]],
    offsets: NDArray[np.float64],
    observed: Tensor,
    mask: Tensor,
    chosen: Mapping[str, Loss],
) -> dict[str, NDArray[np.float64]]:
    """Evaluate losses along one parameter.

    Parameters
    ----------
    render : callable
        Offset to rendered image (H, W, 3) and mask (H, W).
    offsets : (N,) array
    observed, mask : (H, W, 3), (H, W) tensors
        The photograph with the object isolated on black, and the mask that isolates it.
    chosen : mapping of str to Loss

    Returns
    -------
    dict of str to (N,) array
    """
    found: dict[str, list[float]] = {name: [] for name in chosen}
    with torch.no_grad():
        for offset in offsets:
            image, inside = render(float(offset))
            for name, loss in chosen.items():
                found[name].append(loss(image, inside, observed, mask).item())
    return {name: np.array(values) for name, values in found.items()}
