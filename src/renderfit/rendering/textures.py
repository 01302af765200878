"""Textures: images that are looked up at interpolated coordinates, differentiable in texture and coordinates."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.errors import ConfigError, ShapeError
from renderfit.rendering.checks import FLOATS
from renderfit.rendering.devices import check_together

Wrap = Literal["repeat", "clamp"]


def sample_texture(texture: Tensor, coordinates: Tensor, inside: Tensor, wrap: Wrap = "repeat") -> Tensor:
    """Look up a texture bilinearly, without minification.

    Parameters
    ----------
    texture : (h, w, C) tensor
        Row 0 on top.
    coordinates : (H, W, 2) tensor
        u to the right and v upwards: (0, 0) is the lower left corner of the texture, (1, 1) the upper right.
    inside : (H, W) bool tensor
        Where to look; zero elsewhere.
    wrap : {"repeat", "clamp"}
        What lies beyond the texture: the texture again, or its border.

    Returns
    -------
    (H, W, C) tensor
        Sums of gradients are repeatable on every device.

    Raises
    ------
    ShapeError
        If the texture is not (h, w, C) of float32 or float64 with at least one texel.
    DeviceError
        If the tensors are on different devices.
    ConfigError
        If `wrap` is unknown.
    """
    if wrap not in get_args(Wrap):
        raise ConfigError(f"wrap is {wrap!r}; expected one of {', '.join(get_args(Wrap))}")
    if not isinstance(texture, Tensor) or texture.ndim != 3 or texture.numel() == 0 or texture.dtype not in FLOATS:
        found = f"{texture.dtype} {tuple(texture.shape)}" if isinstance(texture, Tensor) else type(texture).__name__
        raise ShapeError(f"the texture is {found}; expected a float32 or float64 tensor (height, width, channels) with texels in it")
    check_together(coordinates=coordinates, texture=texture)
    height, width, channels = texture.shape
    x, y = coordinates[..., 0] * width - 0.5, (1 - coordinates[..., 1]) * height - 0.5
    left, top = x.detach().floor(), y.detach().floor()
    rows = texture.reshape(-1, channels)
    image = texture.new_zeros((*inside.shape, channels))
    for down in (0, 1):
        for right in (0, 1):
            weight = (1 - (x - left - right).abs()) * (1 - (y - top - down).abs())
            places = []
            for at, count in ((top + down, height), (left + right, width)):
                places.append((at.remainder(count) if wrap == "repeat" else at.clamp(0, count - 1)).long())
            index = torch.where(inside, places[0] * width + places[1], -1)
            image = image + weight.to(texture.dtype)[..., None] * gather(rows, index)
    return image


def gather(rows: Tensor, index: Tensor) -> Tensor:
    """Return ``rows[index]`` (H, W, C) of rows (N, C), zero where `index` (H, W) is -1; differentiable."""
    return _Gather.apply(rows, index)


class _Gather(torch.autograd.Function):
    """Sums in float64 and sorted on CUDA, hence repeatable; those of torch's own indexing are not everywhere."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.shape, ctx.dtype = rows.shape, rows.dtype
        found = rows.new_zeros((*index.shape, rows.shape[1]))
        inside = index >= 0
        found[inside] = rows[index[inside]]
        return found

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None]:
        (index,) = ctx.saved_tensors
        inside = index >= 0
        grad = torch.zeros(ctx.shape, dtype=torch.float64, device=index.device)
        grad.index_put_((index[inside],), upstream[0][inside].double(), accumulate=True)
        return grad.to(ctx.dtype), None
