"""The differentiable step in torch operations: for CUDA tensors, and as the twin that tests hold numba to.

Same arithmetic as `kernels`, `edges` and `forces`, to rounding. Sums over pixels use index_put with accumulation,
which sorts on CUDA and is repeatable.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.rendering.devices import neighbours_on
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.settings import Settings
from renderfit.rendering.torch_edges import edge_forces
from renderfit.rendering.torch_seen import Seen, see
from renderfit.rendering.torch_walk import Surfaces


def shade_image_torch(h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
    """Do what `shade.shade_image` does, on the device of `h`."""
    return _TorchShade.apply(h, attributes, fragments, settings)


class _TorchShade(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
        seen = see(h, fragments)
        image = seen.interpolated(attributes)
        ctx.save_for_backward(h, attributes, image)
        ctx.seen, ctx.fragments, ctx.settings = seen, fragments, settings
        ctx.set_materialize_grads(False)
        return image, (seen.ids >= 0).to(attributes.dtype)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor | None) -> tuple[Tensor | None, Tensor | None, None, None]:
        if upstream[0] is None and upstream[1] is None:
            return None, None, None, None
        h, attributes, image = ctx.saved_tensors
        seen: Seen = ctx.seen
        g = torch.zeros_like(image, dtype=torch.float64) if upstream[0] is None else upstream[0].double()
        g_mask = torch.zeros_like(image[..., 0], dtype=torch.float64) if upstream[1] is None else upstream[1].double()
        grad_h = torch.zeros_like(h)
        force, share = pixel_forces(h, seen, ctx.fragments, attributes, image, g, g_mask, ctx.settings, grad_h)
        here, corners, b = g[seen.row, seen.column], seen.corners, seen.b
        grad_attributes = torch.zeros(attributes.shape, dtype=torch.float64, device=h.device)
        grad_attributes.index_put_((corners,), b[..., None] * here[:, None], accumulate=True)
        if ctx.settings.gradient in ("edge", "paper"):
            a = (attributes[corners].double() * here[:, None]).sum(-1)
            inner = ((a - (a * b).sum(-1, keepdim=True))[..., None] * seen.planes[..., :2]).sum(1) / seen.s
            force = force - share * torch.where(seen.regular[:, None], inner, torch.zeros_like(inner))
        seen.scatter(h, force, grad_h)
        return grad_h, grad_attributes.to(attributes.dtype), None, None


def outline_gradient(h: Tensor, rows: Tensor, fragments: Fragments, image: Tensor, upstream: Tensor, settings: Settings) -> Tensor:
    """Do what `outlines.outline_gradient` does, on the device of `h`."""
    seen, grad_h = see(h, fragments), torch.zeros_like(h)
    no_mask = torch.zeros_like(upstream[..., 0], dtype=torch.float64)
    force, _ = pixel_forces(h, seen, fragments, rows, image, upstream.double(), no_mask, settings, grad_h)
    seen.scatter(h, force, grad_h)
    return grad_h


def pixel_forces(
    h: Tensor,
    seen: Seen,
    fragments: Fragments,
    attributes: Tensor,
    image: Tensor,
    upstream: Tensor,
    upstream_mask: Tensor,
    settings: Settings,
    grad_h: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return forces (P, 2) as `shade.pixel_forces` does, at the covered pixels, and the share (P, 2) of the interior term to add."""
    force, share = torch.zeros_like(seen.p[:, :2]), torch.ones_like(seen.p[:, :2])
    if settings.gradient == "edge":
        surfaces = Surfaces(h, seen.faces, *neighbours_on(fragments.faces, h.device), settings.camera.near)
        known = edge_forces(surfaces, seen.ids, seen.depth, attributes, image.double(), upstream, upstream_mask, settings, grad_h)
        force, share = (values[seen.row, seen.column] for values in known)
    elif settings.gradient != "paper":
        inside = seen.ids >= 0
        both = torch.cat([image, inside[..., None].to(image)], -1).double()
        dilate = settings.gradient == "screen_dilated"
        force = _screen_forces(inside, both, torch.cat([upstream, upstream_mask[..., None]], -1), dilate)[seen.row, seen.column]
    return force, share


def _screen_forces(inside: Tensor, image: Tensor, upstream: Tensor, dilate: bool) -> Tensor:
    """Return forces (H, W, 2) as `forces.screen_forces` does; the last channel of image and upstream is the mask."""
    push = torch.stack([(-0.5 * _difference(image, dim) * upstream).sum(-1) for dim in (1, 0)], -1)
    force = torch.where(inside[..., None], push, torch.zeros_like(push))
    if dilate:
        row, column = _ring(inside)
        force.index_put_(_first_neighbour(inside, row, column), push[row, column], accumulate=True)
    return force


def _difference(image: Tensor, dim: int) -> Tensor:
    index = torch.arange(image.shape[dim], device=image.device)
    last = image.shape[dim] - 1
    return image.index_select(dim, (index + 1).clamp(max=last)) - image.index_select(dim, (index - 1).clamp(min=0))


_AROUND = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))


def _ring(inside: Tensor) -> tuple[Tensor, Tensor]:
    """Return background pixels next to the foreground."""
    near = torch.nn.functional.max_pool2d(inside[None, None].float(), 3, 1, 1)[0, 0] > 0
    row, column = (near & ~inside).nonzero(as_tuple=True)
    return row, column


def _first_neighbour(inside: Tensor, row: Tensor, column: Tensor) -> tuple[Tensor, Tensor]:
    """Return a foreground neighbour of each pixel: sides first, then corners."""
    padded = torch.nn.functional.pad(inside, (1, 1, 1, 1))
    r, c, todo = row.clone(), column.clone(), torch.ones_like(row, dtype=torch.bool)
    for dr, dc in _AROUND:
        hit = todo & padded[row + dr + 1, column + dc + 1]
        r, c, todo = torch.where(hit, row + dr, r), torch.where(hit, column + dc, c), todo & ~hit
    return r, c
