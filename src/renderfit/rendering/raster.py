"""Which face is visible where: one function over the OpenGL and the numba rasteriser."""

from __future__ import annotations

import functools
import math
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import ConfigError, ShapeError
from renderfit.geometry import Camera
from renderfit.rendering.adjacency import face_array, largest_vertex, remember_checked
from renderfit.rendering.backends import choose
from renderfit.rendering.cpu_raster import rasterize_kernel
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.projection import projection_matrix

Backend = Literal["auto", "gl", "cpu"]
Layout = Literal["id", "paper"]


def rasterize(
    vertices: Tensor | ArrayLike,
    faces: Tensor | ArrayLike,
    camera: Camera,
    backend: Backend = "auto",
    *,
    cull: bool = False,
    layout: Layout = "id",
) -> Fragments:
    """Find the visible face of every pixel. Not differentiable by itself.

    Parameters
    ----------
    vertices : (V, 3) array or tensor
        Positions [m] in the camera frame (OpenCV: x right, y down, z forward).
    faces : (F, 3) integer array or tensor
    camera : Camera
    backend : {"auto", "gl", "cpu"}
        OpenGL, the numba rasteriser with the same fill rule, or the faster one for this size.
    cull : bool
        Leave out faces that show their inside.
    layout : {"id", "paper"}
        One id per pixel, from which all else is derived; or vertex indices and barycentrics as channels
        that the shader writes (section 3.1, Fig. 1), which needs OpenGL.

    Returns
    -------
    Fragments
        ``face_id`` (H, W) int32, -1 is background; barycentrics and depth on demand. A pixel belongs
        to the face that covers its centre (column + 0.5, row + 0.5); centres on an edge follow the
        top-left rule.

    Raises
    ------
    ShapeError
        If shapes are wrong or a vertex in use is not finite.
    ContextError
        If ``backend="gl"`` and no OpenGL context can be made.

    Examples
    --------
    >>> import renderfit as rf
    >>> near = rf.rasterize([[0.0, 0, 1], [1.5, 0, 1], [0, 1.5, 1]], [[0, 1, 2]], rf.Camera(2, 2, 1, 1, 0, 0))
    >>> near.face_id.tolist()
    [[0, -1], [-1, -1]]
    """
    points, on = as_points(vertices), vertices.device if isinstance(vertices, Tensor) else None
    matrix = _matrix(float(camera.fx), float(camera.fy), float(camera.cx), float(camera.cy), camera.orthographic)
    h = np.empty((len(points), 4))
    np.dot(points, matrix[:, :3].T, out=h)
    h += matrix[:, 3]
    return rasterize_pixels(h, as_faces(faces, len(h)), camera, backend, cull=cull, layout=layout, on=on)


@functools.lru_cache(maxsize=64)
def _matrix(fx: float, fy: float, cx: float, cy: float, orthographic: bool) -> NDArray[np.float64]:
    """Return `projection_matrix` as an array that is not to be written to; a solver draws many times with few cameras."""
    matrix = projection_matrix(Camera(1, 1, fx, fy, cx, cy, orthographic=orthographic)).numpy()
    matrix.setflags(write=False)
    return matrix


def rasterize_pixels(
    h: NDArray[np.float64],
    faces: NDArray[np.int64],
    camera: Camera,
    backend: Backend = "auto",
    *,
    cull: bool = False,
    layout: Layout = "id",
    on: torch.device | None = None,
) -> Fragments:
    """Like `rasterize`, from homogeneous pixel rows (V, 4) that were made before; faces are trusted.

    With a CUDA device `on` the ids stay there where OpenGL shares its textures with it.
    """
    if not math.isfinite(float(h.sum())):
        _name_bad_vertex(h)
    if layout == "paper":
        if backend == "cpu":
            raise ConfigError('layout is "paper" and backend "cpu"; expected backend "auto" or "gl": its channels are written by a shader')
        from renderfit.rendering.gl.channels import draw_channels

        written, _, barycentrics = draw_channels(h, faces, camera, cull=cull)
        return Fragments(written, faces, h, "gl", barycentrics)
    if layout != "id":
        raise ConfigError(f"layout is {layout!r}; expected id or paper")
    ids: NDArray[np.int32] | Tensor
    used = choose(backend, len(faces), camera.width * camera.height)
    if used == "gl":
        from renderfit.rendering.gl.draw import draw_face_ids

        ids = draw_face_ids(h, faces, camera, cull=cull, on=on)
    else:
        ids = np.full((camera.height, camera.width), -1, np.int32)
        rasterize_kernel(h, faces, camera.near, not camera.orthographic, cull, ids)
    return Fragments(ids, faces, h, used)


def as_points(vertices: Tensor | ArrayLike) -> NDArray[np.float64]:
    """Return `vertices` as a C-ordered float64 array (V, 3)."""
    values = vertices.detach().cpu().numpy() if isinstance(vertices, Tensor) else np.asarray(vertices)
    if values.ndim != 2 or values.shape[1] != 3:
        raise ShapeError(f"vertices has shape {values.shape}; expected (V, 3) camera-frame positions in metres")
    return np.ascontiguousarray(values, dtype=np.float64)


def as_faces(faces: Tensor | ArrayLike, count: int) -> NDArray[np.int64]:
    """Return `faces` as a C-ordered int64 array (F, 3) whose entries are below `count`."""
    values = face_array(faces) if isinstance(faces, Tensor) else np.asarray(faces)
    if largest_vertex(values) in range(count):
        return values
    if values.size == 0:
        return np.zeros((0, 3), np.int64)
    if values.ndim != 2 or values.shape[1] != 3 or values.dtype.kind not in "iu":
        raise ShapeError(f"faces has shape {values.shape} and type {values.dtype}; expected (F, 3) integer vertex indices")
    values = np.ascontiguousarray(values, dtype=np.int64)
    if values.min() < 0 or values.max() >= count:
        raise ShapeError(f"faces refer to vertices {values.min()}..{values.max()}; expected 0..{count - 1}")
    remember_checked(values)
    return values


def _name_bad_vertex(h: NDArray[np.float64]) -> None:
    bad = ~np.isfinite(h).all(axis=1)
    if bad.any():
        first = int(bad.argmax())
        raise ShapeError(f"vertex {first} projects to {h[first].tolist()}; expected finite coordinates: check the vertex and the pose")
