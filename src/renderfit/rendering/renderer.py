"""One call from a mesh to a differentiable image."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.adjacency import face_array
from renderfit.rendering.checks import check_view, seen_with
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.frame import Frame
from renderfit.rendering.normals import vertex_normals
from renderfit.rendering.projection import projection_matrix, to_pixels
from renderfit.rendering.raster import Backend, Layout, rasterize_pixels
from renderfit.rendering.settings import Gradient, Settings
from renderfit.rendering.shade import shade_image
from renderfit.rendering.shading import Shading, uniform, vertex_colors


def render(
    mesh: Mesh,
    camera: Camera,
    pose: Pose,
    shading: Shading = "red",
    backend: Backend = "auto",
    gradient: Gradient = "edge",
    *,
    cull: bool = False,
    intrinsics: Tensor | None = None,
    layout: Layout = "id",
) -> Frame:
    """Render a mesh; every image of the frame is differentiable.

    Parameters
    ----------
    mesh : Mesh
        Object frame [m].
    camera : Camera
    pose : Pose
        Object to camera.
    shading : {"red", "lambert", "normals", "colors"}
        What ``frame.rgb`` shows.
    backend : {"auto", "gl", "cpu"}
        Who decides visibility: OpenGL, numba, or the faster one.
    gradient : {"edge", "screen_dilated", "screen", "paper"}
        Estimator of the gradient with respect to positions: pixel-pair edges; central differences
        of the image with and without the ring around the mask, as in the paper's released code;
        the interior colour term alone (Eq. 3).
    cull : bool
        Leave out faces that show their inside.
    intrinsics : (4,) tensor, optional
        fx, fy, cx, cy [px] that replace the camera's and receive a gradient.
    layout : {"id", "paper"}
        What OpenGL writes per pixel, see `rasterize`.

    Returns
    -------
    Frame
        ``rgb``, ``mask``, ``depth``, ``normals``, ``face_id``, ``barycentrics``, ...; images have the
        dtype of ``mesh.vertices``.

    Raises
    ------
    ShapeError
        If an argument is of another class (`render_batch` takes several), the vertices are neither float32
        nor float64, or a projected vertex is not finite.
    ContextError
        If ``backend="gl"`` and OpenGL cannot be used.

    References
    ----------
    Section 3.1 and Eq. 1 to 4 of the paper; Pidhorskyi et al., Rasterized Edge Gradients, ECCV 2024.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> corners = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], requires_grad=True)
    >>> pose = rf.Pose.from_parts(torch.eye(3), torch.tensor([0.0, 0, 1]))
    >>> frame = rf.render(rf.Mesh(corners, [[0, 1, 2], [0, 2, 3]]), rf.Camera.centred(4, 1.0), pose)
    >>> int(frame.mask.sum())
    4
    >>> frame.mask.sum().backward()  # the mask grows when the right side moves right
    >>> bool(corners.grad[1:3, 0].sum() > 0)
    True
    """
    check_view(mesh, camera, pose)
    camera, intrinsics = seen_with(camera, intrinsics)
    settings = Settings(gradient, camera)
    matrix = projection_matrix(camera, intrinsics) @ pose.matrix.double().cpu()
    h = to_pixels(mesh.vertices, matrix)
    fragments = rasterize_pixels(h.detach().cpu().numpy(), face_array(mesh.faces), camera, backend, cull=cull, layout=layout, on=h.device)
    make_normals = functools.cache(lambda: _camera_normals(mesh, pose))
    return assemble(h, vertex_colors(mesh, make_normals, shading), fragments, settings, make_normals, dtype=mesh.vertices.dtype)


def assemble(
    h: Tensor,
    colors: Tensor | None,
    fragments: Fragments,
    settings: Settings,
    make_normals: Callable[[], Tensor],
    instance: Tensor | None = None,
    dtype: torch.dtype = torch.float64,
) -> Frame:
    """Shade the fragments: vertex colours (V, 3), or uniform red when there are none."""
    if colors is None:
        _, mask = shade_image(h, torch.zeros((len(h), 0), dtype=dtype, device=h.device), fragments, settings)
        return Frame(uniform(mask), mask, fragments, h, make_normals, settings, instance)
    rgb, mask = shade_image(h, colors, fragments, settings)
    return Frame(rgb, mask, fragments, h, make_normals, settings, instance)


def _camera_normals(mesh: Mesh, pose: Pose) -> Tensor:
    return vertex_normals(mesh) @ pose.rotation.to(mesh.vertices).T
