"""Several images in one call: a batch of poses, of shapes, of cameras, or of all of them in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.frame import Frame
from renderfit.rendering.renderer import render

STACKED = ("rgb", "mask", "depth", "normals", "face_id", "vertex_id", "barycentrics", "instance_id")
"""Images of a `Frame` that a batch stacks."""


@dataclass(eq=False)
class Frames:
    """A batch of frames; each image is stacked along a new first axis when it is asked for."""

    frames: list[Frame]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Frame:
        return self.frames[index]

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)

    def __getattr__(self, name: str) -> Tensor:
        if name not in STACKED:
            raise AttributeError(f"a batch of frames has no {name!r}; expected one of {', '.join(STACKED)}, or interpolate()")
        return torch.stack([getattr(frame, name) for frame in self.frames])

    def interpolate(self, attributes: Tensor, *, per_face: bool = False) -> Tensor:
        """Return attributes (V, C), or (B, V, C) with values for each image, as images (B, H, W, C); as `Frame.interpolate` does."""
        rows = torch.as_tensor(attributes)
        if rows.ndim == 3 and len(rows) != len(self):
            raise ShapeError(f"attributes are for {len(rows)} images; expected {len(self)}, or (V, C) for all of them")
        each = rows if rows.ndim == 3 else [rows] * len(self)
        return torch.stack([frame.interpolate(values, per_face=per_face) for frame, values in zip(self.frames, each, strict=True)])


def render_batch(
    meshes: Mesh | Sequence[Mesh],
    camera: Camera | Sequence[Camera],
    poses: Pose | Sequence[Pose] | Tensor,
    *args: Any,
    intrinsics: Tensor | None = None,
    **options: Any,
) -> Frames:
    """Render a batch: what comes as a sequence changes from image to image, the rest stays.

    Parameters
    ----------
    meshes : Mesh or sequence of B Mesh
    camera : Camera or sequence of B Camera
        Of one image size.
    poses : Pose, sequence of B Pose, or (B, 4, 4) tensor
        Object to camera.
    *args, **options
        As for `render`, after the pose.
    intrinsics : (4,) or (B, 4) tensor, optional
        fx, fy, cx, cy [px] that replace the cameras' and receive a gradient.

    Returns
    -------
    Frames
        ``frames.rgb`` is (B, H, W, 3), ``frames.mask`` (B, H, W), ...; ``frames[k]`` is a `Frame`.

    Raises
    ------
    ShapeError
        If sequences have different lengths, one is empty, or the images have different sizes.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> square = rf.Mesh([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    >>> poses = [rf.Pose.from_parts(torch.eye(3), torch.tensor([0.0, 0, z])) for z in (1.0, 2.0, 4.0)]
    >>> frames = rf.render_batch(square, rf.Camera.centred(4, 2.0), poses)
    >>> frames.mask.sum(dim=(1, 2)).tolist()  # farther away, smaller
    [16.0, 4.0, 1.0]
    """
    shapes = [meshes] if isinstance(meshes, Mesh) else list(meshes)
    cameras = [camera] if isinstance(camera, Camera) else list(camera)
    if isinstance(poses, Tensor):
        poses = [Pose(matrix) for matrix in (poses if poses.ndim == 3 else poses[None])]
    views = [poses] if isinstance(poses, Pose) else list(poses)
    rows = [intrinsics] if intrinsics is None or torch.as_tensor(intrinsics).ndim != 2 else list(intrinsics)
    parts: tuple[list[Any], ...] = (shapes, cameras, views, rows)
    count = max(map(len, parts))
    if not all(len(part) in (1, count) for part in parts):
        found = ", ".join(f"{len(part)} {name}" for part, name in zip(parts, ("meshes", "cameras", "poses", "intrinsics"), strict=True))
        raise ShapeError(f"{found}; expected equal numbers, or one of them for all images")
    sizes = {(each.width, each.height) for each in cameras if isinstance(each, Camera)}
    if len(sizes) > 1:
        raise ShapeError(f"the cameras have images of {sorted(sizes)} px; expected one size: render the others in a batch of their own")
    each = zip(*(part * (count // len(part)) for part in parts), strict=True)
    return Frames([render(mesh, view, pose, *args, intrinsics=row, **options) for mesh, view, pose, row in each])
