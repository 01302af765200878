"""Painted photographs cut out around the object, with room for being cut anew: rolled, at another scale, aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from renderfit.geometry import Camera
from renderfit.vision.windows import MARGIN, Window

Array = NDArray[np.float64]
Photograph = dict[str, NDArray]
ROOM = 1.6
"""Side of a cut over the longest side of the object's box."""
CLOSEST, WIDEST = 1.15, 1.5
"""The same for the windows trained on; `estimate` shows windows between the two (`MARGIN`)."""
ROLL, ROLLED, ASIDE = 20.0, 0.6, 0.03
"""Largest roll about the view [degree], part of the windows that are rolled, standard deviation of a window's offset over its side."""
FIELDS = {"image": slice(0, 3), "coverage": slice(3, 4), "coordinates": slice(4, 7), "normals": slice(7, 10), "known": slice(10, 11)}


@dataclass(frozen=True, eq=False)
class Fit:
    """What registrations of a photograph by its outline left, from a noisy start and at the true pose.

    Attributes
    ----------
    vertices : (V, 3) float32 array
        Object frame [m].
    pose : (4, 4) array
        Object to camera.
    known : (V, 3) float32 array
        Vertices of the fit at the true pose.
    """

    vertices: NDArray[np.float32]
    pose: Array
    known: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Cut:
    """One photograph: fields (11, K, K) float16 as in `FIELDS`, camera (fx, fy, cx, cy) of the cut, pose (4, 4), and what is shown.

    `fit` is a start to show beside it, where there is one.
    """

    fields: Tensor
    camera: Array
    pose: Array
    category: int
    instance: int
    code: Array
    stretch: Array
    fit: Fit | None = None

    @classmethod
    def of(cls, photo: Photograph, size: int, fit: Fit | None = None) -> Cut:
        """Cut a photograph out for windows of `size` px."""
        side = kept(size)
        covered = (photo["normals"] != 0).any(axis=2, keepdims=True)
        parts = [photo["image"] / 255, photo["coverage"][..., None] / 255, photo["coordinates"], photo["normals"] / 127, covered]
        whole = torch.from_numpy(np.concatenate(parts, axis=2, dtype=np.float32).transpose(2, 0, 1)[None])
        seen = photo["coverage"] > 127
        window = Window.around(seen if seen.any() else np.ones_like(seen), ROOM)
        factor, left, top = side / window.side, window.x - window.side / 2, window.y - window.side / 2
        fx, fy, cx, cy = photo["camera"]
        camera = np.array([fx * factor, fy * factor, (cx - left) * factor, (cy - top) * factor])
        numbers = int(photo["category"]), int(photo["instance"])
        return cls(window.cut(whole, side)[0].half(), camera, photo["pose"], *numbers, photo["code"], photo["stretch"], fit)


def kept(size: int) -> int:
    """Return the side of the cut for windows of `size` px, at about the same resolution."""
    return round(size * ROOM / MARGIN / 2) * 2


@dataclass(frozen=True, eq=False)
class Shown:
    """Windows of cuts: camera and pose of each, and its labels (B, C, S, S), normals in the camera's axes.

    `known` (B, S, S) tells where coordinates and normals are those of one surface.
    """

    cameras: list[Camera]
    rotations: Array
    translations: Array
    image: Tensor
    coverage: Tensor
    coordinates: Tensor
    normals: Tensor
    known: Tensor


def windows(cuts: Sequence[Cut], size: int, generator: np.random.Generator | None) -> Shown:
    """Show each cut in a window of `size` px: drawn with `generator`, else straight and as wide as `estimate` has it."""
    count, room = len(cuts), kept(size)
    roll, margin, aside = np.zeros(count), np.full(count, MARGIN), np.zeros((count, 2))
    if generator is not None:
        roll = np.radians(generator.uniform(-ROLL, ROLL, count)) * (generator.random(count) < ROLLED)
        margin, aside = generator.uniform(CLOSEST, WIDEST, count), ASIDE * generator.standard_normal((count, 2))
    side = room / ROOM * margin
    centre = room / 2 + side[:, None] * aside
    c, s = np.cos(roll), np.sin(roll)
    rolled = np.stack([np.stack([c, -s], axis=1), np.stack([s, c], axis=1)], axis=1)  # what a roll does to x and y, of camera and image
    steps = (torch.arange(size, dtype=torch.float64) + 0.5) / size - 0.5
    plain = torch.stack(torch.broadcast_tensors(steps[None, :], steps[:, None]), dim=-1)
    grid = torch.from_numpy(side)[:, None, None, None] * torch.einsum("hwi,nij->nhwj", plain, torch.from_numpy(rolled))
    grid = (grid + torch.from_numpy(centre)[:, None, None, :]) / room * 2 - 1
    fields = torch.stack([cut.fields for cut in cuts]).float()
    found = functional.grid_sample(fields, grid.float(), padding_mode="border", align_corners=False)
    part = {name: found[:, where] for name, where in FIELDS.items()}
    turned = np.tile(np.eye(3), (count, 1, 1))
    turned[:, :2, :2] = rolled
    lenses, factor = np.stack([cut.camera for cut in cuts]), (size / side)[:, None]
    middle = size / 2 + factor * np.einsum("nij,nj->ni", rolled, lenses[:, 2:] - centre)
    cameras = [Camera(size, size, *lens) for lens in np.concatenate([lenses[:, :2] * factor, middle], axis=1).tolist()]
    poses = np.stack([cut.pose for cut in cuts])
    return Shown(
        cameras,
        turned @ poses[:, :3, :3],
        np.einsum("nij,nj->ni", turned, poses[:, :3, 3]),
        part["image"],
        part["coverage"][:, 0].clamp(0, 1),
        part["coordinates"],
        functional.normalize(torch.einsum("nij,njhw->nihw", torch.from_numpy(turned).float(), part["normals"]), dim=1),
        (part["known"][:, 0] > 0.99) & (part["coverage"][:, 0] > 0.99),
    )
