"""Can this start be meant? Poses and clouds that put the object where it cannot be are refused, with the likely cause."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose

Array = NDArray[np.float64]
SMALLEST = 2.0
"""Size [px] below which the object at its start pose cannot be meant."""
EXPLAINED, TIMES = 0.3, 3.0
"""A pose is taken for inverted when its inverse brings this share of the object to where it is seen, so many times more than the pose."""
LARGEST, SMALLEST_PART = 3.0, 0.02
"""Sizes of a cloud, in that of the category's mean shape, that cannot be one object of the category."""
EXPECTED = "object to camera (not the inverse), metres, OpenCV axes (x right, y down, z forward)"


def require_start(vertices: Array, camera: Camera, pose: Pose, mask: Array | None = None) -> None:
    """Raise `DataError` when a start pose puts the mean shape (V, 3) [m] where no object of the image can be.

    Behind the camera, smaller than two pixels, or farther outside the image than the image is large: a pose in millimetres
    or in OpenGL axes. Or where the inverse of the pose explains the image (with `mask` (H, W): the mask) and the pose does not:
    camera to object.
    """
    given, inverse = (_share(vertices, camera, one, mask) for one in (pose, pose.inverse()))
    what = "image" if mask is None else "mask"
    if inverse > EXPLAINED and TIMES * given < inverse:
        raise DataError(
            f"the start pose puts {100 * given:.0f} % of the object on the {what}, its inverse {100 * inverse:.0f} %: it looks like a "
            f"camera-to-object pose; expected {EXPECTED}: pass the inverse"
        )
    where = _nowhere(_placed(vertices, pose), camera)
    if where:
        raise DataError(f"the start pose puts the object {where}; expected it in the image: {EXPECTED}")


def require_cloud(points: Array, vertices: Array, pose: Pose | None) -> None:
    """Raise `DataError` when a cloud (N, 3) cannot be the object whose mean shape (V, 3) [m] stands at `pose`, none: in its own frame."""
    low, high = np.percentile(points, [2, 98], axis=0)
    size, mean_size = float(np.linalg.norm(high - low)), float(np.linalg.norm(np.ptp(vertices, axis=0)))
    ratio = size / mean_size
    if not SMALLEST_PART < ratio < LARGEST:
        unit = "millimetres instead of metres?" if 200 < ratio < 3000 else "another unit than metres, or other things in the cloud?"
        raise DataError(
            f"the cloud is {size:.4g} m large, the category's mean shape {mean_size:.3g} m; expected the object alone, in metres: {unit}"
        )
    centre, middle = (low + high) / 2, torch.as_tensor(vertices.mean(axis=0))
    if pose is None:
        away = float(np.linalg.norm(centre - middle.numpy()))
        if away > 2 * mean_size:
            raise DataError(
                f"the cloud lies {away:.3g} m from the canonical; expected the object frame, as no pose was given: is it in the camera "
                "frame? pass the pose (object to camera)"
            )
        return
    if np.median(points[:, 2]) <= 0:
        raise DataError(
            f"the cloud lies behind the camera (z from {points[:, 2].min():.3g} to {points[:, 2].max():.3g} m); expected the camera "
            "frame, OpenCV axes (x right, y down, z forward): in OpenGL axes, change the signs of y and z"
        )
    away, turned = (float(np.linalg.norm(centre - one.apply(middle).numpy())) for one in (pose, pose.inverse()))
    if turned < 0.7 * mean_size and TIMES * turned < away:
        raise DataError(
            f"the start pose puts the object {away:.3g} m from the cloud, its inverse {turned:.3g} m: it looks like a camera-to-object "
            f"pose; expected {EXPECTED}: pass the inverse"
        )
    if away > 2 * mean_size:
        raise DataError(f"the start pose puts the object {away:.3g} m from the cloud; expected it near: {EXPECTED}")


def _placed(vertices: Array, pose: Pose) -> Array:
    matrix = pose.matrix.detach().numpy().astype(np.float64)
    return vertices @ matrix[:3, :3].T + matrix[:3, 3]


def _projected(points: Array, camera: Camera) -> tuple[Array, Array]:
    """Return column and row [px] of points (N, 3) in front of the camera; what `Camera.project` does, without autograd."""
    x, y, z = points.T
    depth = np.ones_like(z) if camera.orthographic else z
    return camera.fx * x / depth + camera.cx, camera.fy * y / depth + camera.cy


def _share(vertices: Array, camera: Camera, pose: Pose, mask: Array | None) -> float:
    """Return the share of the vertices (V, 3) that lie before the camera and in the image, on the mask where there is one."""
    points = _placed(vertices, pose)
    column, row = _projected(points[points[:, 2] > camera.near], camera)
    inside = (column >= 0) & (row >= 0) & (column < camera.width) & (row < camera.height)
    if mask is None:
        return float(inside.sum() / len(vertices))
    return float((mask[row[inside].astype(np.int64), column[inside].astype(np.int64)] >= 0.5).sum() / len(vertices))


def _nowhere(points: Array, camera: Camera) -> str:
    """Say where the points (V, 3) [m] of the camera frame are if no image can show them; empty if one can."""
    nearest, farthest = float(points[:, 2].min()), float(points[:, 2].max())
    if farthest <= camera.near:
        return f"behind the camera (z from {nearest:.3g} to {farthest:.3g} m)"
    if nearest <= camera.near:
        return ""
    u, v = _projected(points, camera)
    size = max(float(u.max() - u.min()), float(v.max() - v.min()))
    if size < SMALLEST:
        return f"{size:.3g} px large, {nearest:.3g} m away"
    beside = max(float(-u.max()), float(u.min()) - camera.width) / camera.width
    above = max(float(-v.max()), float(v.min()) - camera.height) / camera.height
    return "far outside the image" if max(beside, above) > 1 else ""
