"""A differentiable renderer in a hundred lines, to read: slow, plain torch, and the oracle of the fast one.

Every pixel asks every face. Coverage is decided in exact arithmetic on no grid, so that it agrees with
the fast rasteriser except at pixels whose centre lies within 1/512 pixel of an edge.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from renderfit.geometry import Camera


def pixel_rays(camera: Camera) -> Tensor:
    """Return homogeneous pixel centres (H, W, 3): column + 0.5, row + 0.5, 1."""
    row, column = torch.meshgrid(torch.arange(camera.height), torch.arange(camera.width), indexing="ij")
    return torch.stack([column + 0.5, row + 0.5, torch.ones_like(row)], dim=-1).double()


def project(points: Tensor, camera: Camera) -> Tensor:
    """Map camera-frame points (V, 3) [m] to homogeneous pixels (V, 3)."""
    x, y, z = points.unbind(-1)
    return torch.stack([camera.fx * x + camera.cx * z, camera.fy * y + camera.cy * z, z], dim=-1)


def barycentrics(pixels: Tensor, corners: Tensor) -> Tensor:
    """Return perspective-correct barycentrics (..., 3) of pixels (..., 3) in triangles (..., 3, 3): Cramer's rule."""
    a, b, c = corners.unbind(-2)
    planes = torch.stack([torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)], dim=-2)
    weights = (planes * pixels[..., None, :]).sum(-1)
    return weights / weights.sum(-1, keepdim=True)


def visible_faces(points: Tensor, faces: Tensor, camera: Camera) -> Tensor:
    """Return the nearest face (H, W) that covers each pixel centre; -1 where there is none."""
    pixels, h = pixel_rays(camera), project(points.detach().double(), camera)
    nearest = torch.full(pixels.shape[:2], torch.inf, dtype=torch.float64)
    ids = torch.full(pixels.shape[:2], -1)
    for k, face in enumerate(faces):
        if bool((h[face, 2] < camera.near).any()):
            continue
        weights = barycentrics(pixels, h[face])
        depth = weights @ h[face, 2]
        closer = (weights >= 0).all(-1) & (depth < nearest)
        nearest = torch.where(closer, depth, nearest)
        ids[closer] = k
    return ids


def interpolate(ids: Tensor, points: Tensor, faces: Tensor, colors: Tensor, camera: Camera) -> Tensor:
    """Return I = sum b_i C_i (H, W, C), Eq. 1 of the paper: autograd gives the interior term."""
    image = colors.new_zeros((*ids.shape, colors.shape[1]))
    seen = ids >= 0
    corners = faces[ids[seen]]
    weights = barycentrics(pixel_rays(camera)[seen], project(points, camera)[corners])
    image[seen] = (weights[..., None] * colors[corners]).sum(1)
    return image


class Outline(torch.autograd.Function):
    """The image as it is; backwards, what the outline of the object exchanges when it moves."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, places: Tensor, ids: Tensor) -> Tensor:  # noqa: ARG004 - places only receives a gradient
        """Keep the image; `places` (H, W, 2) is where each pixel's surface point lies on the screen [px]."""
        ctx.save_for_backward(image, ids)
        return image.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        """Give half the two pixels' loss gradients times their difference in colour to the pixel that is covered."""
        image, ids = ctx.saved_tensors
        force = image.new_zeros((*ids.shape, 2))
        for axis, dim in ((0, 1), (1, 0)):
            size = ids.shape[dim] - 1
            a, b = (lambda x, d=dim, n=size: x.narrow(d, 0, n)), (lambda x, d=dim, n=size: x.narrow(d, 1, n))
            term = 0.5 * ((a(upstream[0]) + b(upstream[0])) * (a(image) - b(image))).sum(-1)
            a(force)[..., axis] += term * ((a(ids) >= 0) & (b(ids) < 0))
            b(force)[..., axis] += term * ((a(ids) < 0) & (b(ids) >= 0))
        return upstream[0], force, None


def render(points: Tensor, faces: Tensor, colors: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """Return image (H, W, C) and face ids (H, W) of camera-frame points; differentiable in points and colours."""
    ids = visible_faces(points, faces, camera)
    image = interpolate(ids, points, faces, colors, camera)
    seen, places = ids >= 0, pixel_rays(camera)[..., :2].clone()
    corners = faces[ids[seen]]
    still = barycentrics(pixel_rays(camera)[seen], project(points, camera)[corners]).detach()
    surface = (still[..., None] * project(points, camera)[corners]).sum(1)
    places[seen] = surface[:, :2] / surface[:, 2:]
    return Outline.apply(image, places, ids), ids
