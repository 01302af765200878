"""Attributes of any width over the image, per vertex or per face."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.errors import DeviceError
from renderfit.geometry import Camera
from renderfit.rendering.checks import attribute_rows, seen_with
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.kernels import scatter_kernel
from renderfit.rendering.projection import projection_matrix, to_pixels
from renderfit.rendering.shade import Gradient, Settings, pixel_forces, shade_image


def interpolate(
    attributes: Tensor,
    points: Tensor,
    fragments: Fragments,
    camera: Camera,
    gradient: Gradient = "edge",
    *,
    per_face: bool = False,
    intrinsics: Tensor | None = None,
) -> Tensor:
    """Interpolate attributes perspective-correctly over the visible faces.

    Parameters
    ----------
    attributes : (V, C) or, with `per_face`, (F, C) tensor
    points : (V, 3) tensor
        Camera-frame vertices [m]: those that `fragments` were rasterised from.
    fragments : Fragments
    camera : Camera
    gradient : {"edge", "screen_dilated", "screen", "paper"}
        Estimator of the derivative with respect to `points`.
    per_face : bool
        The attributes are constant on each face.
    intrinsics : (4,) tensor, optional
        fx, fy, cx, cy [px] to differentiate with respect to.

    Returns
    -------
    (H, W, C) tensor
        Zero on the background; differentiable in attributes, points and intrinsics.

    Raises
    ------
    ShapeError
        If the number of rows does not fit, or values per vertex are not float32 or float64.
    DeviceError
        If per-face attributes are on a CUDA device.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> camera = rf.Camera.centred(2, 1.0)
    >>> points = torch.tensor([[-2.0, -2, 1], [4, -2, 1], [-2, 4, 1]])
    >>> seen = rf.rasterize(points, [[0, 1, 2]], camera, backend="cpu")
    >>> image = rf.interpolate(points[:, :1], points, seen, camera)  # each vertex carries its own x
    >>> image[..., 0].tolist()
    [[-0.5, 0.5], [-0.5, 0.5]]
    """
    camera, intrinsics = seen_with(camera, intrinsics)
    h = to_pixels(points, projection_matrix(camera, intrinsics))
    return interpolate_pixels(attributes, h, fragments, Settings(gradient, camera), per_face=per_face)


def interpolate_pixels(attributes: Tensor, h: Tensor, fragments: Fragments, settings: Settings, *, per_face: bool = False) -> Tensor:
    """Like `interpolate`, from homogeneous pixel rows `h` (V, 4)."""
    if not per_face:
        return shade_image(h, attribute_rows(attributes, len(h), "vertex"), fragments, settings)[0]
    attributes = attribute_rows(attributes, len(fragments.faces), "face")
    if h.is_cuda:
        raise DeviceError(
            "per-face attributes are on a CUDA device; expected CPU tensors: move them with .cpu(), or give one row per vertex"
        )
    return _Flat.apply(h, attributes, fragments, Settings(settings.gradient, settings.camera, every_face=True))


def _paint(attributes: Tensor, fragments: Fragments) -> Tensor:
    ids = torch.as_tensor(fragments.face_id, device=attributes.device).long()
    return torch.where((ids >= 0)[..., None], attributes[ids.clamp(min=0)], attributes.new_zeros(()))


class _Flat(torch.autograd.Function):
    """Values that are constant on each face: no interior term, and every edge between two faces counts."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, attributes: Tensor, fragments: Fragments, settings: Settings) -> Tensor:
        image = _paint(attributes.detach(), fragments)
        ctx.save_for_backward(h, attributes, image)
        ctx.fragments, ctx.settings = fragments, settings
        return image

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None, None]:
        h, attributes, image = ctx.saved_tensors
        rows, colour, ids = h.detach().contiguous().numpy(), upstream[0].contiguous().numpy(), ctx.fragments.face_id
        values, depth = attributes.detach().contiguous().numpy(), ctx.fragments.depth.astype(np.float32)
        grad_h, no_mask = np.zeros(rows.shape), np.zeros(ids.shape, colour.dtype)
        force = pixel_forces(ctx.fragments, rows, depth, values, image.detach().numpy(), colour, no_mask, ctx.settings, grad_h)
        none = np.zeros((len(rows), 0), values.dtype)
        scatter_kernel(
            ids, ctx.fragments.faces, rows, none, np.zeros((*ids.shape, 0), colour.dtype), force, False, False, grad_h, np.zeros(none.shape)
        )
        inside = ids >= 0
        grad = torch.zeros_like(attributes).index_add_(0, torch.from_numpy(ids[inside]).long(), upstream[0][torch.from_numpy(inside)])
        return torch.from_numpy(grad_h), grad, None, None
