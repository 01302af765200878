"""The differentiable step: interpolated attributes and the mask, with a named gradient estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.errors import ShapeError
from renderfit.rendering.adjacency import neighbours
from renderfit.rendering.devices import by_torch
from renderfit.rendering.edges import edge_forces
from renderfit.rendering.forces import screen_forces
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.kernels import interpolate_kernel, scatter_kernel
from renderfit.rendering.settings import Settings


def shade_image(h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
    """Interpolate vertex attributes over the visible faces; differentiable in positions and attributes.

    Parameters
    ----------
    h : (V, 4) float64 tensor
        Homogeneous pixel rows (X, Y, W, z), see `projection.to_pixels`.
    attributes : (V, C) tensor
        Any width, also 0; its dtype is the dtype of the images.
    fragments : Fragments
    settings : Settings

    Returns
    -------
    image : (H, W, C), mask : (H, W)
        Zero on the background.
    """
    if attributes.ndim != 2 or len(attributes) != len(h):
        raise ShapeError(f"attributes has shape {tuple(attributes.shape)}; expected ({len(h)}, C), one row per vertex")
    if by_torch(h):
        from renderfit.rendering.torch_shade import shade_image_torch

        return shade_image_torch(h, attributes, fragments, settings)
    return _Shade.apply(h, attributes, fragments, settings)


class _Shade(torch.autograd.Function):
    """Fused numba forward and backward on the CPU."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> tuple[Tensor, Tensor]:
        ids, faces = fragments.face_id, fragments.faces
        values = attributes.detach().contiguous().numpy()
        image = np.zeros((*ids.shape, values.shape[1]), values.dtype)
        depth = np.zeros(ids.shape, np.float32)
        interpolate_kernel(ids, faces, h.detach().contiguous().numpy(), values, image, depth)
        result = torch.from_numpy(image)
        mask = torch.from_numpy((ids >= 0).astype(values.dtype))
        ctx.save_for_backward(h, attributes, result)
        ctx.fragments, ctx.settings, ctx.depth = fragments, settings, depth
        ctx.set_materialize_grads(False)
        return result, mask

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor | None) -> tuple[Tensor | None, Tensor | None, None, None]:
        h, attributes, image = ctx.saved_tensors
        g_image, g_mask = upstream
        if g_image is None and g_mask is None:
            return None, None, None, None
        rows, values, pixels = h.detach().contiguous().numpy(), attributes.detach().contiguous().numpy(), image.detach().numpy()
        colour = np.zeros_like(pixels) if g_image is None else g_image.contiguous().numpy()
        mask = np.zeros(pixels.shape[:2], pixels.dtype) if g_mask is None else g_mask.contiguous().numpy()
        grad_h, grad_values = np.zeros(rows.shape), np.zeros(values.shape)
        force = pixel_forces(ctx.fragments, rows, ctx.depth, values, pixels, colour, mask, ctx.settings, grad_h)
        interior, pairs = ctx.settings.gradient in ("edge", "paper"), ctx.settings.gradient == "edge"
        scatter_kernel(ctx.fragments.face_id, ctx.fragments.faces, rows, values, colour, force, interior, pairs, grad_h, grad_values)
        return torch.from_numpy(grad_h), torch.from_numpy(grad_values).to(attributes.dtype), None, None


def pixel_forces(
    fragments: Fragments,
    h: np.ndarray,
    depth: np.ndarray,
    attributes: np.ndarray,
    image: np.ndarray,
    upstream: np.ndarray,
    upstream_mask: np.ndarray,
    settings: Settings,
    grad_h: np.ndarray | None,
) -> np.ndarray:
    """Return the estimator's force per pixel (H, W, 2) [loss / px], without the interior term of the faces.

    What ``edge`` can attribute to an edge of the mesh goes straight into `grad_h` (V, 4); without
    `grad_h` it is shown at the pixel of the surface that ends there.
    """
    ids, camera = fragments.face_id, settings.camera
    force = np.zeros((*ids.shape, 2), image.dtype)
    if settings.gradient == "edge":
        show = grad_h is None
        edge_forces(
            ids,
            fragments.faces,
            *neighbours(fragments.faces),
            h,
            depth,
            attributes,
            settings.values,
            image,
            upstream,
            upstream_mask,
            0.5 * (camera.fx + camera.fy),
            camera.near,
            not camera.orthographic,
            np.zeros((0, 4)) if grad_h is None else grad_h,
            force,
            show,
        )
    elif settings.gradient != "paper":
        screen_forces(ids, image, upstream, upstream_mask, settings.gradient == "screen_dilated", force)
    return force
