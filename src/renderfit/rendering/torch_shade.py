"""The differentiable step in torch operations: for CUDA tensors, and as the twin that tests hold numba to.

Same arithmetic as `kernels`, `edges` and `forces`, to rounding. Sums over pixels use index_put with accumulation,
which sorts on CUDA and is repeatable.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.rendering.adjacency import neighbours
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.shade import Settings
from renderfit.rendering.torch_edges import edge_forces
from renderfit.rendering.torch_planes import barycentrics_at, face_planes
from renderfit.rendering.torch_walk import Surfaces


def shade_image_torch(h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
    """Do what `shade.shade_image` does, on the device of `h`."""
    return _TorchShade.apply(h, attributes, fragments, settings)


class _TorchShade(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
        ids = torch.as_tensor(fragments.face_id, device=h.device).long()
        faces = torch.as_tensor(fragments.faces, device=h.device)
        row, column = (ids >= 0).nonzero(as_tuple=True)
        corners = faces[ids[row, column]]
        p = torch.stack([column + 0.5, row + 0.5, torch.ones_like(row, dtype=torch.float64)], -1).to(h)
        planes, z = face_planes(h, corners)
        b, s, regular = barycentrics_at(planes, p)
        image = attributes.new_zeros((*ids.shape, attributes.shape[1]))
        image[row, column] = (b[..., None] * attributes[corners].double()).sum(1).to(attributes.dtype)
        depth = torch.zeros(ids.shape, dtype=torch.float32, device=h.device)  # as precise as numba keeps it
        depth[row, column] = (b * z).sum(-1).float()
        ctx.save_for_backward(h, attributes, ids, faces, image, depth, row, column, corners, p, planes, b, s, regular)
        ctx.fragments, ctx.settings = fragments, settings
        ctx.set_materialize_grads(False)
        return image, (ids >= 0).to(attributes.dtype)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor | None) -> tuple[Tensor | None, Tensor | None, None, None]:
        h, attributes, ids, faces, image, depth, row, column, corners, p, planes, b, s, regular = ctx.saved_tensors
        g = torch.zeros_like(image, dtype=torch.float64) if upstream[0] is None else upstream[0].double()
        g_mask = torch.zeros_like(image[..., 0], dtype=torch.float64) if upstream[1] is None else upstream[1].double()
        gradient, grad_h, share = ctx.settings.gradient, torch.zeros_like(h), torch.ones_like(p[:, :2])
        force = torch.zeros_like(share)
        if gradient == "edge":
            across, parts = (torch.as_tensor(values, device=h.device).long() for values in neighbours(ctx.fragments.faces))
            surfaces = Surfaces(h.detach(), faces, across, parts, ctx.settings.camera.near)
            known = edge_forces(surfaces, ids, depth.double(), attributes, image.double(), g, g_mask, ctx.settings.camera, grad_h)
            force, share = (values[row, column] for values in known)
        elif gradient != "paper":
            both = torch.cat([image, (ids >= 0)[..., None].to(image)], -1).double()
            force = _screen_forces(ids >= 0, both, torch.cat([g, g_mask[..., None]], -1), gradient == "screen_dilated")[row, column]
        here = g[row, column]
        grad_attributes = torch.zeros(attributes.shape, dtype=torch.float64, device=h.device)
        grad_attributes.index_put_((corners,), b[..., None] * here[:, None], accumulate=True)
        if gradient in ("edge", "paper"):
            a = (attributes[corners].double() * here[:, None]).sum(-1)
            inner = ((a - (a * b).sum(-1, keepdim=True))[..., None] * planes[..., :2]).sum(1) / s
            force = force - share * torch.where(regular[:, None], inner, torch.zeros_like(inner))
        w = (b * h[corners, 2]).sum(-1, keepdim=True)
        full = torch.cat([force / w, -(force * p[:, :2]).sum(-1, keepdim=True) / w, torch.zeros_like(w)], -1)
        grad_h.index_put_((corners,), b[..., None] * full[:, None], accumulate=True)
        return grad_h, grad_attributes.to(attributes.dtype), None, None


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
