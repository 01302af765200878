"""Several objects in one image."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.adjacency import face_array
from renderfit.rendering.checks import check_view, seen_with
from renderfit.rendering.devices import check_together
from renderfit.rendering.frame import Frame
from renderfit.rendering.normals import vertex_normals
from renderfit.rendering.projection import projection_matrix, to_pixels
from renderfit.rendering.raster import Backend, Layout, rasterize_pixels
from renderfit.rendering.renderer import assemble
from renderfit.rendering.settings import Gradient, Settings
from renderfit.rendering.shading import Shading, uniform_colors, vertex_colors

KEPT = 8
"""Joined face arrays that are kept, so that their neighbours are found once."""

_joined: OrderedDict[tuple[int, ...], tuple[list[NDArray[np.int64]], NDArray[np.int64], Tensor]] = OrderedDict()


def render_scene(
    objects: Sequence[tuple[Mesh, Pose]],
    camera: Camera,
    shading: Shading = "lambert",
    backend: Backend = "auto",
    gradient: Gradient = "edge",
    *,
    cull: bool = False,
    intrinsics: Tensor | None = None,
    layout: Layout = "id",
) -> Frame:
    """Render several objects that may hide each other.

    Parameters
    ----------
    objects : sequence of (Mesh, Pose)
        Each with its own object-to-camera pose; gradients reach every mesh and every pose.
    camera, shading, backend, gradient, cull, intrinsics, layout
        As for `render`.

    Returns
    -------
    Frame
        ``face_id`` counts through the objects in order; ``instance_id`` says which object it is.

    Raises
    ------
    ShapeError
        If there is no object, or one is not a pair of mesh and pose.
    DeviceError
        If the meshes are on different devices.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> square = rf.Mesh([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    >>> def at(x, z):
    ...     return rf.Pose.from_parts(torch.eye(3), torch.tensor([x, 0.0, z]))
    >>> frame = rf.render_scene([(square, at(0.0, 2.0)), (square, at(1.0, 1.0))], rf.Camera.centred(4, 2.0))
    >>> frame.instance_id[1].tolist()  # the second object is nearer
    [-1, 0, 1, 1]
    """
    objects = list(objects)
    if not objects:
        raise ShapeError("the scene has no objects; expected at least one (mesh, pose)")
    for each in objects:
        if not (isinstance(each, tuple | list) and len(each) == 2):
            raise ShapeError(f"an object of the scene is a {type(each).__name__}; expected pairs (mesh, pose)")
        check_view(each[0], camera, each[1])
    check_together(**{f"object {k}": mesh.vertices for k, (mesh, _) in enumerate(objects)})
    camera, intrinsics = seen_with(camera, intrinsics)
    settings = Settings(gradient, camera)
    matrix = projection_matrix(camera, intrinsics)
    h = torch.cat([to_pixels(mesh.vertices, matrix @ pose.matrix.double().cpu()) for mesh, pose in objects])
    faces, instance = _join([face_array(mesh.faces) for mesh, _ in objects], [len(mesh.vertices) for mesh, _ in objects])
    fragments = rasterize_pixels(h.detach().cpu().numpy(), faces, camera, backend, cull=cull, layout=layout, on=h.device)

    def normals() -> Tensor:
        return torch.cat([vertex_normals(mesh) @ pose.rotation.to(mesh.vertices).T for mesh, pose in objects])

    parts = [
        vertex_colors(mesh, lambda mesh=mesh, pose=pose: vertex_normals(mesh) @ pose.rotation.to(mesh.vertices).T, shading)  # type: ignore[misc]
        for mesh, pose in objects
    ]
    colors = torch.cat([uniform_colors(mesh) if part is None else part for (mesh, _), part in zip(objects, parts, strict=True)])
    return assemble(h, colors, fragments, settings, normals, instance)


def _join(arrays: list[NDArray[np.int64]], counts: list[int]) -> tuple[NDArray[np.int64], Tensor]:
    """Return all faces with vertex offsets (the same array for the same parts) and each face's object."""
    key = (*map(id, arrays), *counts)
    known = _joined.get(key)
    if known is None:  # another thread may drop an entry at any time: what was found is held
        offsets = np.cumsum([0, *counts])
        faces = np.concatenate([array + offset for array, offset in zip(arrays, offsets, strict=False)])
        instance = torch.repeat_interleave(torch.arange(len(arrays)), torch.tensor([len(array) for array in arrays]))
        known = _joined[key] = (arrays, faces, instance)
        while len(_joined) > KEPT:
            _joined.popitem(last=False)
    return known[1:]
