"""Attributes of any width over the image, per vertex or per face."""

from __future__ import annotations

import torch
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Camera
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.projection import projection_matrix, to_pixels
from renderfit.rendering.shade import Gradient, Settings, shade_image


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
        If the number of rows does not fit.
    """
    h = to_pixels(points, projection_matrix(camera, intrinsics))
    return interpolate_pixels(attributes, h, fragments, Settings(gradient, camera), per_face=per_face)


def interpolate_pixels(attributes: Tensor, h: Tensor, fragments: Fragments, settings: Settings, *, per_face: bool = False) -> Tensor:
    """Like `interpolate`, from homogeneous pixel rows `h` (V, 4)."""
    if not per_face:
        return shade_image(h, attributes, fragments, settings)[0]
    if attributes.ndim != 2 or len(attributes) != len(fragments.faces):
        raise ShapeError(f"attributes has shape {tuple(attributes.shape)}; expected ({len(fragments.faces)}, C), one row per face")
    # each face gets its own three corners, so that the value is constant on it
    corners = torch.as_tensor(fragments.faces, device=h.device).reshape(-1)
    alone = Fragments(
        fragments.face_id, torch.arange(len(corners)).reshape(-1, 3).numpy(), h.detach()[corners].cpu().numpy(), fragments.backend
    )
    flat = Settings(settings.gradient, settings.camera, every_face=True)
    return shade_image(h[corners], attributes.repeat_interleave(3, dim=0), alone, flat)[0]
