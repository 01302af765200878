"""Test views: camera poses on a sphere band, pose noise, photographs; saving and loading."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import torch
from numpy.typing import NDArray

from renderfit import config
from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.photo import Style, Subject, photograph


@dataclass(frozen=True, eq=False)
class View:
    """One observation of a test instance.

    Attributes
    ----------
    image : (H, W, 3) uint8
        Photograph, sRGB.
    mask : (H, W) bool
        True pixels of the object: for scores and ablations, never an input of a method.
    depth : (H, W) float32
        [m], 0 outside the mask: what the point-cloud baseline sees.
    camera : Camera
    pose : Pose
        True object-to-camera pose.
    noisy_pose : Pose
        The start that methods get under pose noise.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    depth: NDArray[np.float32]
    camera: Camera
    pose: Pose
    noisy_pose: Pose


def seed_of(*names: object) -> int:
    """Return a 32-bit seed from any names and numbers, the same on every machine."""
    return zlib.crc32("/".join(map(str, names)).encode())


def band_pose(generator: np.random.Generator, target: torch.Tensor, distance: float, low: float, high: float) -> Pose:
    """Draw the pose of a camera `distance` [m] from `target` (3,), uniform on the band of elevations `low` to `high` [degree]."""
    up = generator.uniform(math.sin(math.radians(low)), math.sin(math.radians(high)))
    azimuth, flat = generator.uniform(0, 2 * math.pi), math.sqrt(1 - up * up)
    eye = target.double() + distance * torch.tensor([flat * math.cos(azimuth), flat * math.sin(azimuth), up])
    return Pose.look_at(eye, target)


def disturbed(pose: Pose, generator: np.random.Generator, xy: float, rotation: float) -> Pose:
    """Draw a start pose: uniform +-`xy` [m] along the camera's x and y, +-`rotation` [degree] about each object axis.

    The rotation turns the object about the origin of its frame; the depth of the origin stays.

    References
    ----------
    Section 4.3.
    """
    x, y, z = np.radians(generator.uniform(-rotation, rotation, 3))
    shift = torch.tensor([*generator.uniform(-xy, xy, 2), 0.0])
    turn = _about(0, x) @ _about(1, y) @ _about(2, z)
    return Pose.from_parts(pose.rotation.double() @ turn, pose.translation.double() + shift)


def _about(axis: int, angle: float) -> torch.Tensor:
    matrix = torch.eye(3, dtype=torch.float64)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix[a, a] = matrix[b, b] = math.cos(angle)
    matrix[a, b], matrix[b, a] = -math.sin(angle), math.sin(angle)
    return matrix


def sample_view(mesh: Mesh | Subject, camera: Camera, seed: int, band: config.Views, distance: float, style: Style | None = None) -> View:
    """Photograph a mesh from a random pose on the sphere band and draw its noisy start.

    Parameters
    ----------
    mesh : Mesh or Subject
        Object frame [m], z up.
    camera : Camera
    seed : int
        Pose, noise and everything in the photograph.
    band : config.Views
        Elevations and noise.
    distance : float
        From the camera to the middle of the object's box [m].
    """
    subject, generator = Subject.of(mesh), np.random.default_rng(seed)
    middle = torch.as_tensor((subject.vertices.min(0) + subject.vertices.max(0)) / 2)
    pose = band_pose(generator, middle, distance, band.elevation_low, band.elevation_high)
    start = disturbed(pose, generator, band.noise_xy, band.noise_rotation)
    photo = photograph(subject, camera, pose, int(generator.integers(1 << 31)), style)
    return View(photo.image, photo.mask, photo.depth, camera, pose, start)


def save_view(view: View, folder: str | Path) -> None:
    """Write a view as image.png, mask.png, depth.npy, camera.json, pose.json and noisy_pose.json."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    iio.imwrite(folder / "image.png", view.image)
    iio.imwrite(folder / "mask.png", view.mask.astype(np.uint8) * 255)
    np.save(folder / "depth.npy", view.depth)
    view.camera.save(folder / "camera.json")
    view.pose.save(folder / "pose.json")
    view.noisy_pose.save(folder / "noisy_pose.json")


def load_view(folder: str | Path) -> View:
    """Read a view written by `save_view`.

    Raises
    ------
    DataError
        If a file is missing or its size is not the camera's.
    """
    folder = Path(folder)
    camera = Camera.load(folder / "camera.json")
    try:
        image, mask = iio.imread(folder / "image.png"), iio.imread(folder / "mask.png") > 127
        depth = np.load(folder / "depth.npy")
    except Exception as problem:  # a damaged header makes NumPy raise whatever its parser meets
        raise DataError(f"view {folder}: {problem}; expected image.png, mask.png and depth.npy") from problem
    size = (camera.height, camera.width)
    if image.shape != (*size, 3) or mask.shape != size or depth.shape != size:
        raise DataError(f"view {folder}: image {image.shape}, mask {mask.shape}, depth {depth.shape}; expected {size} as camera.json says")
    return View(image, mask, depth, camera, Pose.load(folder / "pose.json"), Pose.load(folder / "noisy_pose.json"))
