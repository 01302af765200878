"""Texture images to colours of vertices: the renderer interpolates vertex colours and samples no images."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.visual import ColorVisuals, TextureVisuals

log = logging.getLogger(__name__)


def bake_textures(loaded: Any, name: str, *, wanted: bool) -> None:
    """Replace the textures and plain materials of what trimesh read by vertex colours, in place.

    Parameters
    ----------
    loaded : trimesh.Trimesh or trimesh.Scene
        Other objects are left alone.
    name : str
        For the message.
    wanted : bool
        Without it, only say that the file has textures.
    """
    parts = list(loaded.geometry.values()) if isinstance(loaded, trimesh.Scene) else [loaded]
    meshes = [part for part in parts if isinstance(part, trimesh.Trimesh)]
    colors = [_material_colors(mesh) for mesh in meshes]
    if all(found is None for found in colors):
        return
    if not wanted:
        log.info("%s: its texture or material is left out; load_mesh(..., textures=True) samples it at the vertices", name)
        return
    log.info("%s: texture sampled at the vertices; detail finer than the faces is lost, subdivide the mesh to keep it", name)
    for mesh, found in zip(meshes, colors, strict=True):
        if found is not None:
            mesh.visual = ColorVisuals(mesh, vertex_colors=(255 * found + 0.5).astype(np.uint8))


def _material_colors(mesh: trimesh.Trimesh) -> NDArray[np.float64] | None:
    """Return linear RGB (V, 3) of a textured mesh or of one with a base colour, else None."""
    if not isinstance(mesh.visual, TextureVisuals):
        return None
    material, uv = mesh.visual.material, mesh.visual.uv
    factor = getattr(material, "baseColorFactor", None)
    tint = np.ones(3) if factor is None else np.asarray(factor, dtype=np.float64)[:3] / 255.0
    image = getattr(material, "baseColorTexture", None)
    image = getattr(material, "image", None) if image is None else image
    if image is not None and uv is not None and len(uv) == len(mesh.vertices):
        return tint * sample(np.asarray(image.convert("RGB"), dtype=np.float64) / 255.0, np.asarray(uv, dtype=np.float64))
    return None if factor is None else np.tile(tint, (len(mesh.vertices), 1))


def sample(image: NDArray[np.float64], uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sample an sRGB image (H, W, 3) in [0, 1] bilinearly, repeating it beyond its border; return linear RGB (N, 3).

    Parameters
    ----------
    image : (H, W, 3)
    uv : (N, 2)
        Texture coordinates; (0, 0) is the image's lower left corner, (1, 1) the upper right one.
    """
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    height, width = image.shape[:2]
    x, y = uv[:, 0] * width - 0.5, (1.0 - uv[:, 1]) * height - 0.5
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    a, b = (x - column)[:, None], (y - row)[:, None]
    left, right, top, bottom = column % width, (column + 1) % width, row % height, (row + 1) % height
    upper = (1 - a) * linear[top, left] + a * linear[top, right]
    return (1 - b) * upper + b * ((1 - a) * linear[bottom, left] + a * linear[bottom, right])
