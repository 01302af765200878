"""Colours of vertices: uniform, lit, or the normals themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor

from renderfit.errors import ConfigError, ShapeError
from renderfit.geometry import Mesh

Shading = Literal["red", "lambert", "normals", "colors"]

RED = (1.0, 0.0, 0.0)
"""The uniform colour of the paper's meshes (section 4.1)."""

GREY = (0.8, 0.8, 0.8)
"""Albedo of a lit mesh without colours."""

LIGHT = (-0.26, -0.51, -0.82)
"""Camera-frame unit direction towards the light: from the upper left, behind the camera."""

AMBIENT = 0.25
"""Share of the light that comes from everywhere."""


def vertex_colors(mesh: Mesh, make_normals: Callable[[], Tensor], shading: Shading) -> Tensor | None:
    """Return linear RGB (V, 3) per vertex, or None for a uniform colour.

    Parameters
    ----------
    mesh : Mesh
    make_normals : callable
        Returns the camera-frame unit normals (V, 3); called when the shading needs them.
    shading : {"red", "lambert", "normals", "colors"}
        Uniform red; albedo (mesh colours, else grey) under one distant light; ``(normal + 1) / 2``;
        mesh colours as they are.

    Raises
    ------
    ConfigError
        If the name is unknown.
    ShapeError
        If ``colors`` is asked of a mesh without any.
    """
    if shading == "red":
        return None
    if shading == "normals":
        return 0.5 * (make_normals() + 1.0)
    if shading == "colors":
        if mesh.colors is None:
            raise ShapeError('shading="colors" needs mesh.colors (V, 3); expected colours: pass them, or use "lambert" or "red"')
        return mesh.colors.to(mesh.vertices.dtype)
    if shading != "lambert":
        raise ConfigError(f"shading is {shading!r}; expected one of {', '.join(get_args(Shading))}")
    normals = make_normals()
    light = normals.new_tensor(LIGHT)
    lit = AMBIENT + (1.0 - AMBIENT) * (normals @ light).clamp(min=0.0)
    albedo = normals.new_tensor(GREY).expand_as(normals) if mesh.colors is None else mesh.colors.to(normals.dtype)
    return albedo * lit[:, None]


def uniform(mask: Tensor, color: tuple[float, float, float] = RED) -> Tensor:
    """Return an image (H, W, 3) of one colour where the mask is."""
    return mask[..., None] * torch.tensor(color, dtype=mask.dtype, device=mask.device)


def uniform_colors(mesh: Mesh, color: tuple[float, float, float] = RED) -> Tensor:
    """Return one colour (V, 3) for all vertices."""
    return mesh.vertices.new_tensor(color).expand(len(mesh.vertices), 3)
