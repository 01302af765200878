"""Why is my gradient zero? Contributions per pixel and per vertex, and the cause by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.adjacency import face_array
from renderfit.rendering.checks import check_view
from renderfit.rendering.renderer import render
from renderfit.rendering.settings import Gradient
from renderfit.rendering.shade import pixel_forces
from renderfit.rendering.shading import Shading, uniform_colors, vertex_colors


@dataclass(frozen=True, eq=False)
class GradientReport:
    """Where a gradient comes from.

    Attributes
    ----------
    causes : list of str
        Names of what makes the gradient zero or weak; empty when nothing is wrong.
    pixels : (H, W, 2) array
        Force per pixel [loss / px]: how the loss changes when the surface shown there moves.
    vertices : (V, 3) array
        Gradient per vertex [loss / m], object frame.
    reached : float
        Share of the vertices with a gradient.
    """

    causes: list[str]
    pixels: NDArray[np.float64]
    vertices: NDArray[np.float64]
    reached: float

    def __str__(self) -> str:
        found = "; ".join(self.causes) if self.causes else "the gradient is not zero"
        return f"{found} ({self.reached:.0%} of the vertices receive a gradient)"


def explain_gradient(
    mesh: Mesh,
    camera: Camera,
    pose: Pose,
    rgb_gradient: Tensor | None = None,
    mask_gradient: Tensor | None = None,
    shading: Shading = "lambert",
    gradient: Gradient = "edge",
    *,
    cull: bool = False,
) -> GradientReport:
    """Show what each pixel and vertex contributes to a gradient, and name why it is zero.

    Parameters
    ----------
    mesh, camera, pose, shading, gradient, cull
        As for `render`.
    rgb_gradient : (H, W, 3) tensor, optional
        Gradient of your loss with respect to ``frame.rgb``.
    mask_gradient : (H, W) tensor, optional
        Gradient of your loss with respect to ``frame.mask``.

    Returns
    -------
    GradientReport
        Causes are among ``detached``, ``outside the image``, ``behind the camera``, ``culled``,
        ``empty mask``, ``full mask``, ``zero loss gradient``, ``no outline term``, each with what to do.

    Raises
    ------
    ShapeError
        If a loss gradient does not have the shape of its image.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> mesh = rf.Mesh(torch.rand(3, 3, requires_grad=True), [[0, 1, 2]])
    >>> behind = rf.Pose.from_parts(torch.eye(3), torch.tensor([0.0, 0, -5]))
    >>> print(rf.explain_gradient(mesh, rf.Camera.centred(8, 8.0), behind).causes[0])
    behind the camera: every vertex has a depth below camera.near; is the pose camera-to-object, or in OpenGL axes?
    """
    check_view(mesh, camera, pose)
    size = (camera.height, camera.width)
    g_rgb = torch.zeros(*size, 3) if rgb_gradient is None else rgb_gradient.detach().cpu()
    g_mask = torch.zeros(size) if mask_gradient is None else mask_gradient.detach().cpu()
    if g_rgb.shape != (*size, 3) or g_mask.shape != size:
        raise ShapeError(f"loss gradients have shapes {tuple(g_rgb.shape)} and {tuple(g_mask.shape)}; expected {(*size, 3)} and {size}")
    vertices = mesh.vertices.detach().double().cpu().requires_grad_()
    colors = None if mesh.colors is None else mesh.colors.detach().double().cpu()
    moving, still = Mesh(vertices, mesh.faces.cpu(), colors), Pose(pose.matrix.detach())
    frame = render(moving, camera, still, shading, "cpu", gradient, cull=cull)
    known = vertex_colors(moving, frame.make_normals, shading)
    colors_at = uniform_colors(moving) if known is None else known
    upstream = g_rgb.double(), g_mask.double()
    (along,) = torch.autograd.grad([frame.rgb, frame.mask], vertices, list(upstream), allow_unused=True)
    force = pixel_forces(
        frame.fragments,
        frame.pixels.detach().numpy(),
        frame.fragments.depth.astype(np.float32),
        colors_at.detach().contiguous().numpy(),
        frame.rgb.detach().contiguous().numpy(),
        upstream[0].contiguous().numpy(),
        upstream[1].contiguous().numpy(),
        frame.settings,
        None,
    )
    per_vertex = along.numpy()
    causes = _causes(mesh, camera, pose, frame.mask, upstream, gradient, cull)
    if np.any(per_vertex) and "detached" not in "".join(causes):
        causes = [cause for cause in causes if cause.startswith("outside")]
    return GradientReport(causes, force, per_vertex, float((per_vertex != 0).any(axis=1).sum() / max(len(per_vertex), 1)))


def _causes(
    mesh: Mesh, camera: Camera, pose: Pose, mask: Tensor, upstream: tuple[Tensor, Tensor], gradient: Gradient, cull: bool
) -> list[str]:
    found = []
    needs = [mesh.vertices, pose.matrix] + ([] if mesh.colors is None else [mesh.colors])
    if not any(tensor.requires_grad for tensor in needs):
        found.append("detached: neither vertices, pose nor colours require a gradient; call requires_grad_() before building Mesh or Pose")
    u, v, ahead = _on_screen(mesh, camera, pose)
    inside = ahead & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    if bool(inside[ahead].any()) and not bool(inside[ahead].all()):
        lost = int((ahead & ~inside).sum())
        found.append(f"outside the image: {lost} vertices project beyond the border and are not seen by the loss")
    if not bool(mask.any()):
        return [*found, _why_empty(mesh, camera, pose, ahead, inside, cull)]
    if not any(bool(g.any()) for g in upstream):
        return [*found, "zero loss gradient: the loss does not depend on this image; was it detached, thresholded or saturated?"]
    if bool(mask.all()):
        found.append("full mask: the object fills the image, so that the mask has no outline to move")
    if gradient == "paper":
        found.append('no outline term: the paper estimator (Eq. 3) has no mask gradient; use gradient="edge"')
    return found


def _on_screen(mesh: Mesh, camera: Camera, pose: Pose) -> tuple[Tensor, Tensor, Tensor]:
    """Return columns and rows (V,) [px] of the vertices, and which are in front of the near plane."""
    points = pose.apply(mesh.vertices.detach().double().cpu())
    u, v = camera.project(points).unbind(-1)
    return u, v, points[:, 2] >= camera.near


def _why_empty(mesh: Mesh, camera: Camera, pose: Pose, ahead: Tensor, inside: Tensor, cull: bool) -> str:
    if len(face_array(mesh.faces)) == 0:
        return "empty mask: the mesh has no faces"
    if not bool(ahead.any()):
        return "behind the camera: every vertex has a depth below camera.near; is the pose camera-to-object, or in OpenGL axes?"
    if not bool(inside.any()):
        return "outside the image: no vertex projects into it; check pose, principal point and units (metres)"
    if cull and bool(render(Mesh(mesh.vertices.detach(), mesh.faces), camera, Pose(pose.matrix.detach())).mask.any()):
        return "culled: all visible faces show their inside; turn the faces over or render with cull=False"
    return "empty mask: no face covers a pixel centre; is the object smaller than a pixel?"
