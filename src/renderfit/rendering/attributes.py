"""Attributes of any width over the image, per vertex or per face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Camera
from renderfit.rendering.checks import attribute_rows, seen_with
from renderfit.rendering.devices import check_together, faces_on
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.outlines import with_outlines
from renderfit.rendering.projection import projection_matrix, to_pixels
from renderfit.rendering.settings import FACE, Gradient, Settings
from renderfit.rendering.shade import shade_image
from renderfit.rendering.textures import gather


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
        If the number of rows does not fit, or values are not float32 or float64; per face whole numbers are labels.
    DeviceError
        If attributes and points are on different devices.

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
    check_together(points=h, attributes=torch.as_tensor(attributes))
    if not per_face:
        return shade_image(h, attribute_rows(attributes, len(h), "vertex"), fragments, settings)[0]
    rows = attribute_rows(attributes, len(fragments.faces), "face")
    image = gather(rows, fragments.face_id_on(rows.device))
    if not rows.is_floating_point():  # labels have no gradient
        return image
    return with_outlines(h, image, fragments, replace(settings, values=FACE), rows)


def interpolate_corners(attributes: Tensor, h: Tensor, fragments: Fragments, settings: Settings) -> Tensor:
    """Interpolate attributes (F, 3, C) of the faces' corners, which may differ where faces meet; the interior term alone."""
    if attributes.shape[:2] != fragments.faces.shape:
        raise ShapeError(f"attributes of corners have shape {tuple(attributes.shape)}; expected ({len(fragments.faces)}, 3, C)")
    check_together(points=h, attributes=attributes)
    corners = faces_on(fragments.faces, h.device).reshape(-1)
    apart = Fragments(
        fragments.ids, np.arange(len(corners)).reshape(-1, 3), fragments.pixels[fragments.faces].reshape(-1, 4), fragments.backend
    )
    return interpolate_pixels(attributes.reshape(len(corners), -1), h[corners], apart, replace(settings, gradient="paper"))
