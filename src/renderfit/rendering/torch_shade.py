"""The differentiable step in torch operations: for CUDA tensors, and as the twin that tests hold numba to.

Same arithmetic as `kernels`; the `edge` estimator decides who occludes by jumps in depth against the
faces' own slopes and gives the force to the occluding pixel (the walk over the mesh, and lines along
which surfaces pass through each other, are numba's).
Sums over pixels use index_put with accumulation, which sorts on CUDA and is repeatable.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.rendering.fragments import Fragments
from renderfit.rendering.kernels import OUTSIDE
from renderfit.rendering.layers import SLOPE_FACTOR
from renderfit.rendering.shade import Settings

FLAT_FACTOR = 2.0
"""A jump in depth below this many pixel sizes at that depth is one surface."""


def shade_image_torch(h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
    """Do what `shade.shade_image` does, on the device of `h`."""
    ids = torch.as_tensor(fragments.face_id, device=h.device).long()
    faces = torch.as_tensor(fragments.faces, device=h.device)
    return _TorchShade.apply(h, attributes, ids, faces, settings)


def _planes(h: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """Return N_0, N_1, N_2 (P, 3, 3) and depths (P, 3) of the pixels' faces."""
    a, b, c = h[corners, :3].unbind(1)
    return torch.stack([torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)], 1), h[corners, 3]


def _barycentrics(planes: Tensor, p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return barycentrics (P, 3), ``p . N`` (P, 1) and which are regular (P,)."""
    u = (planes * p[:, None]).sum(-1)
    s = u.sum(-1, keepdim=True)
    safe = torch.where(s == 0, torch.ones_like(s), s)
    b = torch.where(s == 0, torch.full_like(u, 1 / 3), u / safe)
    regular = (b >= OUTSIDE).all(-1) & (s[:, 0] != 0)
    clamped = b.clamp(min=0)
    return torch.where(regular[:, None], b, clamped / clamped.sum(-1, keepdim=True)), safe, regular


class _TorchShade(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, h: Tensor, attributes: Tensor, ids: Tensor, faces: Tensor, settings: Settings) -> tuple[Tensor, Tensor]:
        row, column = (ids >= 0).nonzero(as_tuple=True)
        corners = faces[ids[row, column]]
        p = torch.stack([column + 0.5, row + 0.5, torch.ones_like(row, dtype=torch.float64)], -1).to(h)
        planes, z = _planes(h, corners)
        b, s, regular = _barycentrics(planes, p)
        image = attributes.new_zeros((*ids.shape, attributes.shape[1]))
        image[row, column] = (b[..., None] * attributes[corners].double()).sum(1).to(attributes.dtype)
        depth = h.new_zeros(ids.shape)
        depth[row, column] = (b * z).sum(-1)
        slope = h.new_zeros((*ids.shape, 2))
        slope[row, column] = ((z - depth[row, column][:, None])[..., None] * planes[..., :2]).sum(1) / s
        ctx.save_for_backward(h, attributes, ids, image, depth, slope, row, column, corners, p, planes, b, s, regular)
        ctx.settings = settings
        ctx.set_materialize_grads(False)
        return image, (ids >= 0).to(attributes.dtype)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor | None) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        h, attributes, ids, image, depth, slope, row, column, corners, p, planes, b, s, regular = ctx.saved_tensors
        g = torch.zeros_like(image) if upstream[0] is None else upstream[0]
        g_mask = torch.zeros_like(image[..., :1]) if upstream[1] is None else upstream[1][..., None]
        both = torch.cat([image, (ids >= 0)[..., None].to(image)], -1).double()
        force, share = (x[row, column] for x in forces(ids, depth, slope, both, torch.cat([g, g_mask], -1).double(), ctx.settings))
        here = g[row, column].double()
        grad_attributes = torch.zeros(attributes.shape, dtype=torch.float64, device=h.device)
        grad_attributes.index_put_((corners,), b[..., None] * here[:, None], accumulate=True)
        if ctx.settings.gradient in ("edge", "paper"):
            a = (attributes[corners].double() * here[:, None]).sum(-1)
            inner = ((a - (a * b).sum(-1, keepdim=True))[..., None] * planes[..., :2]).sum(1) / s
            force = force - share * torch.where(regular[:, None], inner, torch.zeros_like(inner))
        w = (b * h[corners, 2]).sum(-1, keepdim=True)
        full = torch.cat([force / w, -(force * p[:, :2]).sum(-1, keepdim=True) / w, torch.zeros_like(w)], -1)
        grad_h = torch.zeros_like(h).index_put_((corners,), b[..., None] * full[:, None], accumulate=True)
        return grad_h, grad_attributes.to(attributes.dtype), None, None, None


def forces(ids: Tensor, depth: Tensor, slope: Tensor, image: Tensor, upstream: Tensor, settings: Settings) -> tuple[Tensor, Tensor]:
    """Return the estimator's force (H, W, 2) per pixel, and the share of the interior term that is to be added to it.

    The last channel of image and upstream is the mask.
    """
    force, share = depth.new_zeros((*ids.shape, 2)), depth.new_ones((*ids.shape, 2))
    if settings.gradient == "edge":
        for axis, dim in ((0, 1), (1, 0)):
            count = ids.shape[dim]
            first, second = (lambda x, d=dim, n=count: x.narrow(d, 0, n - 1)), (lambda x, d=dim, n=count: x.narrow(d, 1, n - 1))
            a, b, za, zb = first(ids), second(ids), first(depth), second(depth)
            camera = settings.camera
            unit = (1.0 if camera.orthographic else torch.minimum(za, zb)) / (0.5 * (camera.fx + camera.fy))
            steep = torch.maximum(first(slope)[..., axis].abs(), second(slope)[..., axis].abs())
            hidden = ((za - zb).abs() > FLAT_FACTOR * unit) & ((za - zb).abs() > SLOPE_FACTOR * steep)
            outline = (a != b) & ((a < 0) | (b < 0) | hidden)
            owner = outline & (a >= 0) & ((b < 0) | (za <= zb))
            term = 0.5 * ((first(upstream) + second(upstream)) * (first(image) - second(image))).sum(-1)
            first(force)[..., axis] += torch.where(owner, term, torch.zeros_like(term))
            second(force)[..., axis] += torch.where(outline & ~owner, term, torch.zeros_like(term))
            # other faces of the same surface: the difference is the slope's integral over all that lie between
            inner = (0.5 * ((a != b) & ~outline))[..., None]
            step = inner * (second(image) - first(image))
            for side in (first, second):
                side(force)[..., axis] -= (side(upstream) * step).sum(-1)
                side(share)[..., axis] -= inner[..., 0]
    elif settings.gradient != "paper":
        push = torch.stack([(-0.5 * _difference(image, dim) * upstream).sum(-1) for dim in (1, 0)], -1)
        inside = ids >= 0
        force = torch.where(inside[..., None], push, force)
        if settings.gradient == "screen_dilated":
            row, column = _ring(inside)
            source, target = (row, column), _first_neighbour(inside, row, column)
            force.index_put_(target, push[source], accumulate=True)
    return force, share


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
