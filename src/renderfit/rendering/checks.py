"""What the public functions of the renderer are handed: named when it is something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from renderfit.errors import DeviceError, ShapeError
from renderfit.geometry import Camera, Mesh, Pose

FLOATS = (torch.float32, torch.float64)
"""Types the renderer computes images in."""


def check_view(mesh: Any, camera: Any, pose: Any) -> None:
    """Tell that the three are what their names say.

    Raises
    ------
    ShapeError
        If one is of another class, or the vertices are neither float32 nor float64.
    DeviceError
        If the vertices are neither on a processor nor on a CUDA device.
    """
    if not isinstance(mesh, Mesh):
        raise ShapeError(
            f"mesh is a {type(mesh).__name__}; expected a renderfit.Mesh(vertices, faces): for several of them use render_batch "
            "(an image each) or render_scene (one image)"
        )
    if not isinstance(camera, Camera):
        raise ShapeError(f"camera is a {type(camera).__name__}; expected a renderfit.Camera: the order is mesh, camera, pose")
    if not isinstance(pose, Pose):
        raise ShapeError(
            f"pose is a {type(pose).__name__}; expected a renderfit.Pose(matrix) with a 4 x 4 object-to-camera matrix: "
            "for several of them use render_batch"
        )
    if mesh.vertices.dtype not in FLOATS:
        raise ShapeError(f"vertices are {mesh.vertices.dtype}; expected float32 or float64: convert with mesh.to(torch.float32)")
    if mesh.vertices.device.type not in ("cpu", "cuda"):
        raise DeviceError(f"vertices are on {mesh.vertices.device}; expected cpu or cuda: move the mesh with mesh.to('cpu')")


def attribute_rows(attributes: Any, count: int, of: str) -> Tensor:
    """Return attributes (`count`, C) as a tensor; `of` says what has a row.

    Raises
    ------
    ShapeError
        If the number of rows does not fit, or values are not float32 or float64; per face whole numbers are labels.
    """
    rows = torch.as_tensor(attributes)
    if rows.ndim != 2 or len(rows) != count:
        raise ShapeError(f"attributes has shape {tuple(rows.shape)}; expected ({count}, C), one row per {of}")
    if rows.dtype not in FLOATS and (of == "vertex" or rows.is_floating_point() or rows.is_complex()):
        raise ShapeError(
            f"attributes are {rows.dtype}; expected float32 or float64: convert them, or give whole numbers as labels per face "
            "with per_face=True"
        )
    return rows


def seen_with(camera: Camera, intrinsics: Any) -> tuple[Camera, Tensor | None]:
    """Return the camera with other intrinsics (fx, fy, cx, cy), and these as a float64 tensor (4,) on the processor.

    Raises
    ------
    ShapeError
        If they are not four finite numbers with positive focal lengths.
    """
    if intrinsics is None:
        return camera, None
    values = intrinsics if isinstance(intrinsics, Tensor) else torch.tensor(intrinsics, dtype=torch.float64)
    if values.shape != (4,):
        raise ShapeError(f"intrinsics has shape {tuple(values.shape)}; expected (4,): fx, fy, cx, cy in pixels")
    values = values.double().cpu()
    fx, fy, cx, cy = values.detach().tolist()
    return replace(camera, fx=fx, fy=fy, cx=cx, cy=cy), values
