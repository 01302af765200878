"""From a photograph to the probability that a pixel shows the object: crop, network, paste back."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose
from renderfit.vision.crowd import large_parts, middle_of
from renderfit.vision.images import as_rgb, require_size
from renderfit.vision.looks import FEWEST_PIXELS
from renderfit.vision.search import Found, search
from renderfit.vision.unet import UNet
from renderfit.vision.windows import Window

ROOM = 1.5
"""Side of the first window over the largest extent of an object: room for the noise of a start."""
SPARSE = 0.05
"""Objects fill at least this share of the square of their extent; where the first look finds less, closer ones follow."""
CHANGING, DOUBTFUL = 0.4, 0.75
"""Overlap of the last windows' masks below which nothing counts as found, and below which a warning is due.

Chosen by photographs of warped training instances and of empty tables (`benchmarks/looks.py`)."""
_log = logging.getLogger(__name__)


def segment(
    image: Tensor | ArrayLike,
    network: UNet,
    category: str | None = None,
    camera: Camera | None = None,
    pose: Pose | None = None,
    *,
    size: int | None = None,
    extent: float = 0.3,
) -> NDArray[np.float64]:
    """Find the object in a photograph.

    The network looks at a window around the projected start pose (with room for pose noise), or at the
    whole image when no pose is known; if next to nothing is found there, closer, at five parts of it; then
    at windows that follow what it found until they stay or lose it, at last at three of different width,
    whose mean counts, with outlines drawn in as the network was calibrated. Each look is the mean of the window's and its mirror image's.
    Where the last windows disagree, the search begins again from larger pictures of the first one (see `search.search`); where they still
    do, a warning says so, or the object counts as not found.

    Where the first look finds a second part with over 30 % of the largest one's pixels, a warning says so, and one of them is followed:
    the one nearest to the pose, without a pose the largest. Objects that touch in the image are one part, and nobody is warned.

    Parameters
    ----------
    image : (H, W, 3) array or tensor
        sRGB, uint8 or [0, 1]; grey, alpha and 16 bits are converted.
    network : UNet
        From `load_network`.
    category : str, optional
        One of ``network.categories``: what the caller knows the image to show. The outline is that of any
        object the network knows, so that a mistaken category costs a warning, not the mask.
    camera, pose : Camera and Pose, optional
        With both, the search starts around the object's origin.
    size : int, optional
        Side of the window as the network sees it [px]; default: what it was trained on.
    extent : float
        Largest extent of an object [m], for the first window.

    Returns
    -------
    probability : (H, W) float64 array
        In [0, 1].

    Raises
    ------
    DataError
        If the category is unknown, nothing of it is in the image, or what looks like it changes with the window it is seen in.
    ShapeError
        If the image is none, or not of the camera's size.

    References
    ----------
    Section 3.3.1.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> _ = torch.manual_seed(0)
    >>> image = torch.zeros(64, 64, 3)
    >>> image[20:44, 24:40] = 1  # a white block on black
    >>> network = rf.UNet(["block"], width=4, levels=2, window=64)
    >>> adam = torch.optim.Adam(network.parameters(), lr=0.02)
    >>> for _ in range(60):  # `renderfit train` does this with photographs of your meshes
    ...     adam.zero_grad()
    ...     scores = network(image.permute(2, 0, 1)[None])
    ...     torch.nn.functional.cross_entropy(scores, image[None, ..., 0].long()).backward()
    ...     adam.step()
    >>> found = rf.segment(image, network.eval())
    >>> found.shape, bool(((found > 0.5) == (image[..., 0].numpy() > 0)).mean() > 0.95)
    ((64, 64), True)
    """
    found, doubts = doubted(image, network, category, camera, pose, size=size, extent=extent)
    for doubt in doubts:
        _log.warning(doubt.reason)
    return found


@dataclass(frozen=True)
class Doubt:
    """A reason to mistrust a mask, and by what factor a confidence falls for it."""

    reason: str
    factor: float


def doubted(
    image: Tensor | ArrayLike,
    network: UNet,
    category: str | None = None,
    camera: Camera | None = None,
    pose: Pose | None = None,
    *,
    size: int | None = None,
    extent: float = 0.3,
) -> tuple[NDArray[np.float64], list[Doubt]]:
    """Return what `segment` returns, and what it warns of; arguments and errors are the same."""
    last, name = searched(image, network, category, camera, pose, size=size, extent=extent), category or "object"
    if last.agreement < CHANGING:
        raise DataError(
            f"no {name} found in the image for certain: windows of different width agree on {100 * last.agreement:.0f} % only of what they "
            "take for it; expected it in view: check category, pose and exposure, or pass a mask"
        )
    found, doubts = last.probability(network.edge), []
    if int((found > 0.5).sum()) < FEWEST_PIXELS:
        raise _nothing(name)
    if last.agreement < DOUBTFUL:
        reason = f"the object's mask is doubtful: windows of different width agree on {100 * last.agreement:.0f} % of it"
        doubts.append(Doubt(f"{reason}; look at it, or pass one", 0.6))
    if not last.own.all():
        posed = camera is not None and pose is not None
        which, better = ("nearest to the pose", "better pose") if posed else ("largest", "pose")
        x, y = middle_of(found > 0.5)
        reason = f"the image seems to show more than one object; that about ({x:.0f}, {y:.0f}) px is used, the {which}: "
        doubts.append(Doubt(f"{reason}if another is meant, or these are parts of one, pass a mask or a {better}", 0.8))
    if (count := len(large_parts(found > 0.5))) > 1:
        reason = f"the object's mask is in {count} large parts, and all of them count: if they are not one object, pass a mask"
        doubts.append(Doubt(reason, 0.8))
    if category is not None and (likeliest := last.likeliest(network.categories)) != category:
        reason = f"the object looks more like a {likeliest} than like a {category} to the network: wrong category? its outline is used"
        doubts.append(Doubt(reason, 0.4))
    return found, doubts


def searched(
    image: Tensor | ArrayLike,
    network: UNet,
    category: str | None = None,
    camera: Camera | None = None,
    pose: Pose | None = None,
    *,
    size: int | None = None,
    extent: float = 0.3,
) -> Found:
    """Return the last windows that `segment` looks at, with what the network says of them; arguments and errors are those of `segment`."""
    picture = as_rgb(image)
    height, width = picture.shape[:2]
    if category is not None and category not in network.categories:
        raise DataError(f"category {category!r} is unknown to the network; expected one of {', '.join(network.categories)}")
    if camera is not None:
        require_size(picture, camera)
    place: tuple[float, float] | None = None
    window, least = Window(width / 2, height / 2, float(max(width, height))), float(FEWEST_PIXELS)
    if camera is not None and pose is not None:
        window = _window_of_pose(camera, pose, extent)
        place = (window.x, window.y)
        least = max(least, SPARSE * (window.side / ROOM) ** 2)
    whole = torch.from_numpy(picture).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    found = search(whole, network, window, place, least, size or network.window)
    if found is None:
        raise _nothing(category or "object")
    return found


def _nothing(name: str) -> DataError:
    return DataError(f"no {name} found in the image; expected one in view: check category, pose and exposure")


def _window_of_pose(camera: Camera, pose: Pose, extent: float) -> Window:
    centre = (
        pose.translation.detach().cpu().double() + pose.rotation.detach().cpu().double() @ torch.tensor([0.0, 0.0, extent / 3]).double()
    )
    if float(centre[2]) <= camera.near:
        raise DataError(f"the pose puts the object {float(centre[2]):.3g} m before the camera; expected it in front (z > {camera.near} m)")
    x, y = (float(value) for value in camera.project(centre))
    return Window(x, y, ROOM * extent * max(camera.fx, camera.fy) / float(centre[2]))
