"""The paper's image comparison: features before the output layer of the segmentation network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from renderfit.errors import ShapeError
from renderfit.vision.unet import UNet

Normalisation = Literal["range", "tanh", "none"]
Aggregation = Literal["sum", "mean", "channels"]


class FeatureLoss(nn.Module):
    """Mean squared difference of network features, differentiable to the rendered image.

    Parameters
    ----------
    network : UNet
        Trained for segmentation; used as it is (evaluation mode).
    normalise : {"range", "tanh", "none"}
        How features get into [-1, 1]: by the least and greatest value of each channel over both
        images (the reading of "normalised to [-1, 1]" used here), by tanh, or not at all.
    aggregate : {"sum", "mean", "channels"}
        Sum or mean of the normalised features over the channels before the difference is squared,
        or the squared differences of the single channels.
    layer : {"features", "logits"}
        The last layer before the output layer, or the output layer.

    References
    ----------
    Section 3.3.1 and Fig. 5.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> loss = rf.FeatureLoss(rf.UNet(["bottle"], width=4, levels=2))
    >>> image = torch.rand(16, 16, 3)
    >>> loss(image, image).item(), loss(image, 1 - image).item() > 0
    (0.0, True)
    """

    def __init__(
        self,
        network: UNet,
        normalise: Normalisation = "range",
        aggregate: Aggregation = "mean",
        layer: Literal["features", "logits"] = "features",
    ) -> None:
        super().__init__()
        self.network = network.eval()
        self.normalise, self.aggregate, self.layer = normalise, aggregate, layer

    def forward(self, rendered: Tensor, observed: Tensor) -> Tensor:
        """Return the scalar loss between two images (H, W, 3) in [0, 1], the object isolated on black in both.

        Raises
        ------
        ShapeError
            If the two differ in shape or are not (H, W, 3).
        """
        ours, theirs = self.maps(rendered, observed)
        return ((ours - theirs) ** 2).mean()

    def against(self, observed: Tensor) -> Callable[[Tensor], Tensor]:
        """Return the loss to one observed image as a function of the rendered one: the network sees `observed` once."""
        with torch.no_grad():
            theirs = self._features(observed)

        def loss(rendered: Tensor) -> Tensor:
            _check(rendered, observed)
            a, b = self.comparable(self._features(rendered), theirs)
            return ((a - b) ** 2).mean()

        return loss

    def maps(self, rendered: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the aggregated feature maps (H, W), or (channels, H, W), that are compared."""
        _check(rendered, observed)
        return self.comparable(self._features(rendered), self._features(observed.to(rendered)))

    def comparable(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise two features (channels, H, W) together and aggregate each."""
        if self.normalise == "tanh":
            a, b = torch.tanh(a), torch.tanh(b)
        elif self.normalise == "range":
            both = torch.stack([a, b]).detach()
            low, high = both.amin(dim=(0, 2, 3)), both.amax(dim=(0, 2, 3))
            scale = 2 / (high - low).clamp_min(1e-6)
            a, b = ((value - low[:, None, None]) * scale[:, None, None] - 1 for value in (a, b))
        if self.aggregate == "sum":
            return a.sum(dim=0), b.sum(dim=0)
        return (a.mean(dim=0), b.mean(dim=0)) if self.aggregate == "mean" else (a, b)

    def _features(self, image: Tensor) -> Tensor:
        weight = next(self.network.parameters())
        batch = image.permute(2, 0, 1)[None].to(weight)  # channels last, as images are
        height, width, stride = image.shape[0], image.shape[1], self.network.stride
        padded = functional.pad(batch, (0, -width % stride, 0, -height % stride))
        found = self.network.features(padded) if self.layer == "features" else self.network(padded)
        return found[0, :, :height, :width]


def _check(rendered: Tensor, observed: Tensor) -> None:
    if rendered.shape != observed.shape or rendered.ndim != 3 or rendered.shape[2] != 3:
        raise ShapeError(f"images have shapes {tuple(rendered.shape)} and {tuple(observed.shape)}; expected the same (H, W, 3)")
