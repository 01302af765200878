"""Cameras: OpenCV frame (x right, y down, z forward), pixel centres at +0.5, row 0 on top."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import torch
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry.json_files import entries_of, read_object
from renderfit.whole import write_json

FILE = '{"width", "height", "fx", "fy", "cx", "cy"}, all in pixels'
MATRIX = "of OpenCV's matrix K: fx = K[0][0], fy = K[1][1], cx = K[0][2] + 0.5, cy = K[1][2] + 0.5; undo distortion in the photograph first"
WIDEST = 0.1
"""Focal length over the image's longer side below which it cannot be in pixels: 157 degrees."""


@dataclass(frozen=True)
class Camera:
    """A pinhole (or orthographic) camera.

    Parameters
    ----------
    width, height : int
        Image size [px].
    fx, fy : float
        Focal lengths [px]; for an orthographic camera the scale [px/m].
    cx, cy : float
        Principal point [px]; the image centre is (width / 2, height / 2).
    near : float
        Nearest depth that is drawn [m].
    orthographic : bool
        Project along z instead of through the centre.

    Raises
    ------
    ShapeError
        If a size is not a whole positive number, a focal length is not positive, or a value is not finite.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> camera = rf.Camera(width=640, height=480, fx=500.0, fy=500.0, cx=320.0, cy=240.0)
    >>> camera.project(torch.tensor([0.1, 0.0, 1.0])).tolist()  # 10 cm to the right, 1 m ahead
    [370.0, 240.0]
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    near: float = 0.01
    orthographic: bool = False

    def __post_init__(self) -> None:
        if any(getattr(value, "requires_grad", False) for value in (self.fx, self.fy, self.cx, self.cy)):
            raise ShapeError("an intrinsic of the camera requires a gradient; expected numbers: pass it as render(..., intrinsics=)")
        if not all(size >= 1 and float(size).is_integer() for size in (self.width, self.height)):
            raise ShapeError(f"camera is {self.width} x {self.height} px; expected whole numbers of at least 1 x 1")
        object.__setattr__(self, "width", int(self.width))
        object.__setattr__(self, "height", int(self.height))
        if not all(0 < value < math.inf for value in (self.fx, self.fy, self.near)):
            raise ShapeError(f"camera has fx {self.fx}, fy {self.fy}, near {self.near}; expected finite positive numbers")
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise ShapeError(f"camera has cx {self.cx}, cy {self.cy}; expected finite numbers, the principal point in pixels")

    @classmethod
    def centred(cls, size: int, focal: float) -> Camera:
        """Return a square camera of `size` px with its principal point in the middle."""
        return cls(size, size, focal, focal, size / 2, size / 2)

    @classmethod
    def load(cls, path: str | Path) -> Camera:
        """Read a camera from JSON: width, height, fx, fy, cx, cy.

        Raises
        ------
        DataError
            If the file is missing, is not JSON, lacks or has another key, holds something else than numbers, or a focal length is so short
            that it is not in pixels.
        """
        entries = read_object(path, "camera", FILE)
        known = {field.name for field in fields(cls)}
        missing, other = known - set(entries) - {"near", "orthographic"}, set(entries) - known
        if missing or other:
            raise DataError(f"camera file {path}: lacks {entries_of(missing)}, has {entries_of(other)} besides; expected {FILE}; {MATRIX}")
        for name, entry in entries.items():
            if isinstance(entry, bool) != (name == "orthographic") or not isinstance(entry, (int, float)):
                raise DataError(
                    f"camera file {path}: {name} is {entry!r}; expected {'true or false' if name == 'orthographic' else 'a number'}"
                )
        try:
            camera = cls(**entries)
        except ShapeError as problem:
            raise DataError(f"camera file {path}: {problem}") from problem
        if not camera.orthographic and max(camera.fx, camera.fy) < WIDEST * max(camera.width, camera.height):
            raise DataError(
                f"camera file {path}: fx {camera.fx:g}, fy {camera.fy:g} for an image of {camera.width} x {camera.height} px; "
                "expected pixels: in units of the image's width, or in millimetres?"
            )
        return camera

    def save(self, path: str | Path) -> None:
        """Write the camera as JSON."""
        write_json(Path(path), asdict(self))

    def scaled(self, factor: float) -> Camera:
        """Return the camera of the same view at `factor` times the resolution."""
        size = (round(self.width * factor), round(self.height * factor))
        sx, sy = size[0] / self.width, size[1] / self.height
        return replace(self, width=size[0], height=size[1], fx=self.fx * sx, fy=self.fy * sy, cx=self.cx * sx, cy=self.cy * sy)

    def cropped(self, left: int, top: int, width: int, height: int) -> Camera:
        """Return the camera of the window whose top left pixel is (left, top)."""
        return replace(self, width=width, height=height, cx=self.cx - left, cy=self.cy - top)

    def project(self, points: Tensor) -> Tensor:
        """Project camera-frame points (..., 3) [m] to pixels (..., 2)."""
        x, y, z = points.unbind(-1)
        if self.orthographic:
            z = torch.ones_like(z)
        return torch.stack([self.fx * x / z + self.cx, self.fy * y / z + self.cy], dim=-1)
