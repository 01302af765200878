"""Rigid poses: object to camera, OpenCV camera frame, metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry.json_files import entries_of, read_object
from renderfit.whole import write_json

FILE = '{"object_to_camera": 4x4 row-major}'


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid transform from the object frame to the camera frame.

    Parameters
    ----------
    matrix : (4, 4) float tensor
        Homogeneous transform, translation in metres.

    Raises
    ------
    ShapeError
        If the matrix is not 4 x 4, not finite, not affine or its rotation is not orthonormal to 1e-3.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> pose = rf.Pose.look_at(eye=torch.tensor([1.0, 0.0, 0.0]), target=torch.tensor([0.0, 0.0, 0.0]))
    >>> pose.apply(torch.zeros(3)).tolist()  # the object's origin lies 1 m ahead
    [0.0, 0.0, 1.0]
    """

    matrix: Tensor

    def __post_init__(self) -> None:
        matrix = self.matrix if isinstance(self.matrix, Tensor) else torch.as_tensor(self.matrix)
        matrix = matrix if matrix.is_floating_point() else matrix.to(torch.float64)
        object.__setattr__(self, "matrix", matrix)
        if matrix.shape != (4, 4):
            raise ShapeError(f"pose has shape {tuple(matrix.shape)}; expected a 4 x 4 object-to-camera matrix")
        value = matrix.detach()
        if not bool(torch.isfinite(value).all()):
            raise ShapeError("pose holds NaN or infinity; expected a finite 4 x 4 object-to-camera matrix")
        if float((value[3] - torch.eye(4)[3].to(value)).abs().max()) > 1e-4:
            raise ShapeError(f"pose has the last row {value[3].tolist()}; expected 0, 0, 0, 1: is the matrix transposed?")
        rotation = value[:3, :3]
        error = float((rotation @ rotation.T - torch.eye(3).to(rotation)).abs().max())
        if error > 1e-3 or float(torch.linalg.det(rotation)) < 0:
            raise ShapeError(f"pose rotation is off orthonormal by {error:.2g}; expected a right-handed rotation without scale")

    @property
    def rotation(self) -> Tensor:
        """Rotation (3, 3)."""
        return self.matrix[:3, :3]

    @property
    def translation(self) -> Tensor:
        """Translation (3,) [m]."""
        return self.matrix[:3, 3]

    @classmethod
    def from_parts(cls, rotation: Tensor, translation: Tensor) -> Pose:
        """Build a pose from a rotation (3, 3) and a translation (3,) [m]."""
        top = torch.cat([rotation, translation.to(rotation).reshape(3, 1)], dim=1)
        return cls(torch.cat([top, top.new_tensor([[0.0, 0.0, 0.0, 1.0]])]))

    @classmethod
    def look_at(cls, eye: Tensor, target: Tensor, up: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> Pose:
        """Return the object-to-camera pose of a camera at `eye` (3,) that looks at `target` (3,)."""
        eye, target = torch.as_tensor(eye, dtype=torch.float64), torch.as_tensor(target, dtype=torch.float64)
        forward = torch.nn.functional.normalize(target - eye, dim=0)
        right = torch.linalg.cross(forward, torch.tensor(up, dtype=torch.float64))
        if float(right.norm()) < 1e-9:
            right = torch.linalg.cross(forward, torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64))
        right = torch.nn.functional.normalize(right, dim=0)
        rotation = torch.stack([right, torch.linalg.cross(forward, right), forward])
        return cls.from_parts(rotation, -rotation @ eye)

    @classmethod
    def load(cls, path: str | Path) -> Pose:
        """Read ``{"object_to_camera": 4x4 row-major}`` from JSON; `DataError` when it is not that."""
        entries = read_object(path, "pose", FILE)
        if "object_to_camera" not in entries:
            raise DataError(f"pose file {path}: has {entries_of(entries)}; expected JSON {FILE}, metres, OpenCV axes")
        try:
            return cls(torch.tensor(entries["object_to_camera"], dtype=torch.float64))
        except (ValueError, TypeError, ShapeError) as problem:
            raise DataError(f"pose file {path}: {problem}; expected JSON {FILE}") from problem

    def save(self, path: str | Path) -> None:
        """Write the pose as JSON."""
        write_json(Path(path), {"object_to_camera": self.matrix.tolist()})

    def apply(self, points: Tensor) -> Tensor:
        """Map object-frame points (..., 3) to the camera frame."""
        return points @ self.rotation.to(points).T + self.translation.to(points)

    def inverse(self) -> Pose:
        """Return the camera-to-object transform."""
        return Pose.from_parts(self.rotation.T, -self.rotation.T @ self.translation)

    def __matmul__(self, other: Pose) -> Pose:
        return Pose(self.matrix @ other.matrix.to(self.matrix))

    def moved(self, delta: Tensor) -> Pose:
        """Return ``pose @ exp(delta)``: `delta` (6,) is rotation [rad] then translation [m], object frame."""
        return Pose(self.matrix @ se3_exp(delta.to(self.matrix)))

    def moved_linear(self, delta: Tensor) -> Pose:
        """Right-multiply ``I + [delta]x`` and re-orthonormalise by SVD, as the paper's library does."""
        step = torch.eye(4).to(self.matrix)
        step[:3, :3] += skew(delta[:3].to(self.matrix))
        step[:3, 3] = delta[3:].to(self.matrix)
        moved = self.matrix @ step
        u, _, vt = torch.linalg.svd(moved[:3, :3])
        return Pose.from_parts(u @ torch.diag(torch.stack([u.new_ones(()), u.new_ones(()), torch.det(u @ vt)])) @ vt, moved[:3, 3])

    def angle_to(self, other: Pose) -> float:
        """Return the angle [degree] between the two rotations."""
        relative = (self.rotation.T @ other.rotation.to(self.rotation)).double()
        sine = torch.stack([relative[2, 1] - relative[1, 2], relative[0, 2] - relative[2, 0], relative[1, 0] - relative[0, 1]]).norm()
        return math.degrees(math.atan2(float(sine), float(relative.trace() - 1)))


def skew(w: Tensor) -> Tensor:
    """Return the cross-product matrix (3, 3) of `w` (3,)."""
    x, y, z = w.unbind()
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)


def se3_exp(delta: Tensor) -> Tensor:
    """Return the 4 x 4 exponential of the twist `delta` (6,): rotation [rad], translation [m]."""
    twist = torch.zeros(4, 4).to(delta)
    twist[:3, :3] = skew(delta[:3])
    twist[:3, 3] = delta[3:]
    return torch.linalg.matrix_exp(twist)
