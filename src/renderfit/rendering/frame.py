"""The rendered image with its channels; what is not asked for is not computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from renderfit.rendering.attributes import interpolate_pixels
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.shade import Settings


@dataclass(eq=False)
class Frame:
    """One rendered view. Images have row 0 on top; the background is zero.

    Parameters
    ----------
    rgb : (H, W, 3) tensor
        Linear colour in [0, 1]; differentiable.
    mask : (H, W) tensor
        1 where a face covers the pixel centre; differentiable.
    fragments : Fragments
        Visible faces, barycentrics and depth as plain arrays.
    pixels : (V, 4) tensor
        Homogeneous pixel rows of the vertices; the differentiable root of all channels.
    make_normals : callable
        Returns the camera-frame unit normals (V, 3) of the vertices; called when they are needed.
    settings : Settings
        Estimator and camera.
    instance : (F,) int64 tensor, optional
        Object of each face in a scene of several.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> square = rf.Mesh([[-1.0, -1, 2], [1, -1, 2], [1, 1, 2], [-1, 1, 2]], [[0, 2, 1], [0, 3, 2]])
    >>> frame = rf.render(square, rf.Camera.centred(4, 2.0), rf.Pose(torch.eye(4)))
    >>> frame.rgb.shape, float(frame.depth[1, 1])
    (torch.Size([4, 4, 3]), 2.0)
    >>> frame.normals[1, 1].tolist()  # towards the camera
    [0.0, 0.0, -1.0]
    """

    rgb: Tensor
    mask: Tensor
    fragments: Fragments
    pixels: Tensor
    make_normals: Callable[[], Tensor]
    settings: Settings
    instance: Tensor | None = None

    @cached_property
    def depth(self) -> Tensor:
        """Depth along the optical axis (H, W) [m]; 0 on the background; differentiable."""
        z = self.pixels[:, 3:4].to(self.mask.dtype)
        return interpolate_pixels(z, self.pixels, self.fragments, self.settings)[..., 0]

    @cached_property
    def normals(self) -> Tensor:
        """Interpolated unit normals (H, W, 3) in the camera frame; 0 on the background; differentiable."""
        raw = self.interpolate(self.make_normals())
        length = raw.norm(dim=-1, keepdim=True)
        return raw / torch.where(length > 0, length, torch.ones_like(length))

    @cached_property
    def face_id(self) -> Tensor:
        """Visible face (H, W) int64; -1 on the background."""
        return torch.as_tensor(self.fragments.face_id, device=self.mask.device).long()

    @cached_property
    def vertex_id(self) -> Tensor:
        """Vertices of the visible face (H, W, 3) int64; -1 on the background."""
        return torch.as_tensor(self.fragments.vertex_id, device=self.mask.device)

    @cached_property
    def barycentrics(self) -> Tensor:
        """Perspective-correct barycentrics (H, W, 3); not differentiable by themselves."""
        return torch.as_tensor(self.fragments.barycentrics, device=self.mask.device, dtype=self.mask.dtype)

    @cached_property
    def instance_id(self) -> Tensor:
        """Object (H, W) int64 that each pixel shows, in the order they were passed; -1 on the background."""
        if self.instance is None:
            return torch.where(self.face_id >= 0, 0, -1)
        return torch.where(self.face_id >= 0, self.instance.to(self.face_id.device)[self.face_id.clamp(min=0)], -1)

    def interpolate(self, attributes: Tensor, *, per_face: bool = False) -> Tensor:
        """Return attributes (V, C), or (F, C) with `per_face`, as an image (H, W, C); differentiable."""
        return interpolate_pixels(attributes, self.pixels, self.fragments, self.settings, per_face=per_face)
