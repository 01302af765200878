"""Images that were shaded outside: the outlines of what they show receive their gradient.

The forward pass changes nothing. In the backward pass every place where the visible surface changes, and the image
with it, pushes the edge that lies there. How colours change *within* a surface is left to who made the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.rendering.devices import by_torch
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.kernels import scatter_kernel
from renderfit.rendering.settings import Settings
from renderfit.rendering.shade import pixel_forces


def with_outlines(h: Tensor, image: Tensor, fragments: Fragments, settings: Settings, rows: Tensor | None = None) -> Tensor:
    """Return the image, differentiable in the outlines of the surfaces that it shows.

    Parameters
    ----------
    h : (V, 4) float64 tensor
        Homogeneous pixel rows (X, Y, W, z), see `projection.to_pixels`.
    image : (H, W, C) tensor
    fragments : Fragments
    settings : Settings
        Its `values` is `PIXEL`, or `FACE` with `rows`.
    rows : (F, C) tensor, optional
        Values of the faces that `image` shows.
    """
    return _Outlines.apply(h, image, image.new_zeros((0, image.shape[2])) if rows is None else rows.detach(), fragments, settings)


class _Outlines(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, image: Tensor, rows: Tensor, fragments: Fragments, settings: Settings) -> Tensor:
        ctx.save_for_backward(h, image, rows)
        ctx.fragments, ctx.settings = fragments, settings
        return image.view_as(image)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        h, image, rows = ctx.saved_tensors
        return outline_gradient(h, rows, ctx.fragments, image, upstream[0], ctx.settings), upstream[0], None, None, None


def outline_gradient(h: Tensor, rows: Tensor, fragments: Fragments, image: Tensor, upstream: Tensor, settings: Settings) -> Tensor:
    """Return the gradient (V, 4) of the homogeneous pixel rows for the gradient `upstream` (H, W, C) of an image."""
    if by_torch(h):
        from renderfit.rendering.torch_shade import outline_gradient as on_device

        return on_device(h, rows, fragments, image, upstream, settings)
    points, values, pixels, colour = (each.detach().contiguous().numpy() for each in (h, rows, image, upstream))
    ids, depth, grad_h = fragments.face_id, fragments.depth.astype(np.float32), np.zeros(points.shape)
    no_mask, empty = np.zeros(ids.shape, colour.dtype), np.zeros((*ids.shape, 0), colour.dtype)
    force = pixel_forces(fragments, points, depth, values, pixels, colour, no_mask, settings, grad_h)
    nothing = np.zeros((len(points), 0), values.dtype)
    scatter_kernel(ids, fragments.faces, points, nothing, empty, force, False, False, grad_h, np.zeros(nothing.shape))
    return torch.from_numpy(grad_h)
