"""The rendered image with its channels; what is not asked for is not computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from renderfit.errors import ConfigError, ShapeError
from renderfit.rendering.attributes import interpolate_corners, interpolate_pixels
from renderfit.rendering.checks import FLOATS
from renderfit.rendering.devices import by_torch, check_together
from renderfit.rendering.fragments import Fragments
from renderfit.rendering.outlines import with_outlines
from renderfit.rendering.settings import PIXEL, Settings
from renderfit.rendering.textures import Wrap, sample_texture
from renderfit.rendering.torch_seen import see


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
        return self.fragments.face_id_on(self.mask.device)

    @cached_property
    def vertex_id(self) -> Tensor:
        """Vertices of the visible face (H, W, 3) int64; -1 on the background."""
        if not by_torch(self.pixels):
            return torch.as_tensor(self.fragments.vertex_id)
        seen = see(self.pixels.detach(), self.fragments)
        return torch.full((*seen.ids.shape, 3), -1, device=self.mask.device).index_put((seen.row, seen.column), seen.corners)

    @cached_property
    def barycentrics(self) -> Tensor:
        """Perspective-correct barycentrics (H, W, 3); not differentiable by themselves."""
        if self.fragments.channels is not None or not by_torch(self.pixels):
            return torch.as_tensor(self.fragments.barycentrics, device=self.mask.device, dtype=self.mask.dtype)
        seen = see(self.pixels.detach(), self.fragments)
        return self.mask.new_zeros((*seen.ids.shape, 3)).index_put((seen.row, seen.column), seen.b.to(self.mask))

    @cached_property
    def instance_id(self) -> Tensor:
        """Object (H, W) int64 that each pixel shows, in the order they were passed; -1 on the background."""
        if self.instance is None:
            return torch.where(self.face_id >= 0, 0, -1)
        return torch.where(self.face_id >= 0, self.instance.to(self.face_id.device)[self.face_id.clamp(min=0)], -1)

    def interpolate(self, attributes: Tensor, *, per_face: bool = False) -> Tensor:
        """Return attributes (V, C), or (F, C) with `per_face`, as an image (H, W, C); differentiable."""
        return interpolate_pixels(attributes, self.pixels, self.fragments, self.settings, per_face=per_face)

    def textured(self, coordinates: Tensor, texture: Tensor, wrap: Wrap = "repeat") -> Tensor:
        """Return a texture on the visible surfaces; differentiable in texture, coordinates, positions and outlines.

        Parameters
        ----------
        coordinates : (V, 2) or (F, 3, 2) tensor
            u and v of each vertex, or of each corner of each face, so that they may differ at seams; (0, 0) is the
            lower left corner of the texture and (1, 1) the upper right, as in OBJ files.
        texture : (h, w, C) tensor
            Row 0 on top. It is looked up bilinearly, without minification: reduce a texture that is much finer than
            the image first.
        wrap : {"repeat", "clamp"}
            What lies beyond the texture: the texture again, or its border.

        Returns
        -------
        (H, W, C) tensor
            Zero on the background.

        Raises
        ------
        ShapeError
            If a shape or type does not fit, or a coordinate is not finite.
        DeviceError
            If the tensors are on different devices.
        ConfigError
            If `wrap` is unknown, or the frame's estimator is neither ``edge`` nor ``paper``.

        Examples
        --------
        >>> import torch
        >>> import renderfit as rf
        >>> square = rf.Mesh([[-1.0, -1, 2], [1, -1, 2], [1, 1, 2], [-1, 1, 2]], [[0, 2, 1], [0, 3, 2]])
        >>> corners = torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]], dtype=torch.float64)
        >>> texture = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]], dtype=torch.float64, requires_grad=True)
        >>> frame = rf.render(square, rf.Camera.centred(4, 2.0), rf.Pose(torch.eye(4)))
        >>> frame.textured(corners, texture)[1:3, 1:3, 0].tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """
        rows = torch.as_tensor(coordinates).to(self.pixels.dtype)
        if rows.ndim not in (2, 3) or rows.shape[-1] != 2 or not bool(torch.isfinite(rows.detach()).all()):
            raise ShapeError(f"coordinates have shape {tuple(rows.shape)}; expected (V, 2) or (F, 3, 2) finite numbers u and v")
        settings = replace(self.settings, gradient="paper")
        if rows.ndim == 3:
            places = interpolate_corners(rows, self.pixels, self.fragments, settings)
        else:
            places = interpolate_pixels(rows, self.pixels, self.fragments, settings)
        return self.outlined(sample_texture(texture, places, self.face_id >= 0, wrap))

    def outlined(self, image: Tensor) -> Tensor:
        """Return an image that you shaded from this frame, with a gradient for the outlines that it shows.

        Whatever torch computes from channels of a frame has the gradient of each surface's inside alone. This adds that
        of the places where one surface hides another, or the background; the image itself stays as it is.

        Parameters
        ----------
        image : (H, W, C) tensor
            Made without ``frame.mask``, whose outlines would count twice: ``frame.face_id >= 0`` says the same.

        Raises
        ------
        ShapeError
            If the image has another size or type than the frame allows.
        ConfigError
            If the frame's estimator is neither ``edge`` nor ``paper``: the others count the inside, too.

        Examples
        --------
        >>> import torch
        >>> import renderfit as rf
        >>> corners = torch.tensor([[-1.0, -1, 2], [1, -1, 2], [1, 1, 2], [-1, 1, 2]], requires_grad=True)
        >>> frame = rf.render(rf.Mesh(corners, [[0, 2, 1], [0, 3, 2]]), rf.Camera.centred(4, 2.0), rf.Pose(torch.eye(4)))
        >>> mine = torch.where(frame.face_id >= 0, 5.0, 0.0)[..., None]
        >>> frame.outlined(mine).sum().backward()  # the bright square grows when its right side moves right
        >>> bool(corners.grad[1:3, 0].sum() > 0)
        True
        """
        if self.settings.gradient not in ("edge", "paper"):
            raise ConfigError(
                f"the frame was rendered with gradient={self.settings.gradient!r}; expected edge or paper for images shaded outside"
            )
        size = tuple(self.mask.shape)
        if image.ndim != 3 or tuple(image.shape[:2]) != size or image.dtype not in FLOATS:
            raise ShapeError(f"the image is {image.dtype} {tuple(image.shape)}; expected float32 or float64 ({size[0]}, {size[1]}, C)")
        check_together(frame=self.mask, image=image)
        return with_outlines(self.pixels, image, self.fragments, replace(self.settings, values=PIXEL))
