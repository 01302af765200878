"""Poses and cameras of other libraries, to and from ours (OpenCV: x right, y down, z forward)."""

from __future__ import annotations

import torch
from torch import Tensor

from renderfit.geometry import Camera, Pose

_FLIP = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64))
_TURN = torch.diag(torch.tensor([-1.0, -1.0, 1.0], dtype=torch.float64))


def pose_to_opengl(pose: Pose) -> Tensor:
    """Return the OpenGL model-view matrix (4, 4): x right, y up, z backward."""
    return _FLIP @ pose.matrix.double()


def pose_from_opengl(matrix: Tensor) -> Pose:
    """Read an OpenGL model-view matrix (4, 4)."""
    return Pose(_FLIP @ matrix.double())


def projection_to_opengl(camera: Camera, far: float = 100.0) -> Tensor:
    """Return the OpenGL projection matrix (4, 4) whose bottom image row comes first, as OpenGL has it.

    Parameters
    ----------
    camera : Camera
    far : float
        Depth of the far plane [m].

    Examples
    --------
    >>> m = projection_to_opengl(Camera(4, 2, 2, 2, 2, 1))
    >>> (m @ torch.tensor([1.0, 0, -1, 1], dtype=torch.float64))[:2].tolist()
    [1.0, 0.0]
    """
    w, h, n = camera.width, camera.height, camera.near
    matrix = torch.zeros(4, 4, dtype=torch.float64)
    matrix[0, 0], matrix[1, 1] = 2 * camera.fx / w, 2 * camera.fy / h
    x, y = 2 * camera.cx / w - 1, 1 - 2 * camera.cy / h
    if camera.orthographic:
        matrix[0, 3], matrix[1, 3] = x, y
        matrix[2, 2], matrix[2, 3], matrix[3, 3] = -2 / (far - n), -(far + n) / (far - n), 1.0
    else:
        matrix[0, 2], matrix[1, 2] = -x, -y
        matrix[2, 2], matrix[2, 3], matrix[3, 2] = -(far + n) / (far - n), -2 * far * n / (far - n), -1.0
    return matrix


def pose_to_trimesh(pose: Pose) -> Tensor:
    """Return trimesh's ``scene.camera_transform`` (4, 4): camera to world, OpenGL axes."""
    return torch.linalg.inv(pose_to_opengl(pose))


def pose_from_trimesh(camera_transform: Tensor) -> Pose:
    """Read trimesh's ``scene.camera_transform`` (4, 4)."""
    return pose_from_opengl(torch.linalg.inv(camera_transform.double()))


def pose_to_pytorch3d(pose: Pose) -> tuple[Tensor, Tensor]:
    """Return PyTorch3D's R (3, 3) and T (3,): row vectors, ``x_camera = x R + T``; x left, y up, z forward."""
    return pose.rotation.double().T @ _TURN, _TURN @ pose.translation.double()


def pose_from_pytorch3d(rotation: Tensor, translation: Tensor) -> Pose:
    """Read PyTorch3D's R (3, 3) and T (3,)."""
    return Pose.from_parts(_TURN @ rotation.double().T, _TURN @ translation.double())


def camera_to_pytorch3d(camera: Camera) -> dict[str, object]:
    """Return arguments of ``PerspectiveCameras(in_ndc=False)``: focal length and principal point [px], image size (H, W)."""
    return {
        "focal_length": ((camera.fx, camera.fy),),
        "principal_point": ((camera.cx, camera.cy),),
        "image_size": ((camera.height, camera.width),),
        "in_ndc": False,
    }


def camera_from_opencv(matrix: Tensor, width: int, height: int) -> Camera:
    """Read an OpenCV camera matrix K (3, 3), whose principal point counts from the centre of the first pixel.

    OpenCV puts the centre of the top left pixel at (0, 0), we put it at (0.5, 0.5).
    """
    k = matrix.double()
    return Camera(width, height, float(k[0, 0]), float(k[1, 1]), float(k[0, 2]) + 0.5, float(k[1, 2]) + 0.5)


def camera_to_opencv(camera: Camera) -> Tensor:
    """Return the OpenCV camera matrix K (3, 3)."""
    rows = [[camera.fx, 0.0, camera.cx - 0.5], [0.0, camera.fy, camera.cy - 0.5], [0.0, 0.0, 1.0]]
    return torch.tensor(rows, dtype=torch.float64)
