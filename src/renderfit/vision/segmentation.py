"""From a photograph to the probability that a pixel shows the object: crop, network, paste back."""

from __future__ import annotations

import logging

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Pose
from renderfit.vision.images import as_rgb
from renderfit.vision.unet import UNet

MARGIN = 1.3
"""Side of the crop over the longest side of the object's box."""
FEWEST_PIXELS = 16
"""Fewer object pixels than this count as no object."""
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

    The network looks twice: at a window around the projected start pose (with room for pose noise),
    or at the whole image when no pose is known; then at a window that fits what it found.

    Parameters
    ----------
    image : (H, W, 3) array or tensor
        sRGB, uint8 or [0, 1]; grey, alpha and 16 bits are converted.
    network : UNet
        From `load_network`.
    category : str, optional
        One of ``network.categories``: what the caller knows the image to show. The outline is that of any
        object the network knows, so that a mistaken category costs a log line, not the mask.
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
        If the category is unknown or nothing of it is in the image.
    ShapeError
        If the image is none, or not of the camera's size.

    References
    ----------
    Section 3.3.1.
    """
    picture = as_rgb(image)
    height, width = picture.shape[:2]
    if category is not None and category not in network.categories:
        raise DataError(f"category {category!r} is unknown to the network; expected one of {', '.join(network.categories)}")
    if camera is not None and (camera.height, camera.width) != (height, width):
        raise ShapeError(f"image is {width} x {height} px; expected {camera.width} x {camera.height} as its camera says")
    size = size or network.window
    window = (width / 2, height / 2, float(max(width, height)))
    if camera is not None and pose is not None:
        window = _window_of_pose(camera, pose, extent)
    whole = torch.from_numpy(picture).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    name = category or "object"
    scores = window_probabilities(whole, window, network, size)
    for _ in range(2):
        found = paste(1 - scores[0], window, height, width)
        if int((found > 0.5).sum()) < FEWEST_PIXELS:
            raise DataError(f"no {name} found in the image; expected one in view: check category, pose and exposure")
        window = _window_of_mask(largest_part(found > 0.5))
        scores = window_probabilities(whole, window, network, size)
    found = paste(1 - scores[0], window, height, width)
    _warn(found > 0.5, scores, name, network.categories)
    return found


def window_probabilities(whole: Tensor, window: tuple[float, float, float], network: UNet, size: int) -> Tensor:
    """Return class probabilities (C, size, size) of a square window (centre x, centre y, side) [px] of an image (1, 3, H, W)."""
    height, width = whole.shape[2:]
    x, y, side = window
    steps = (torch.arange(size, dtype=torch.float64, device=whole.device) + 0.5) / size * side - side / 2
    columns, rows = (x + steps) / width * 2 - 1, (y + steps) / height * 2 - 1
    grid = torch.stack(torch.broadcast_tensors(columns[None, :], rows[:, None]), dim=-1)[None].to(whole.dtype)
    fine = max(1, int(np.ceil(side / size - 0.25)))
    if fine > 1:  # average over the pixels that fall into one cell instead of picking one
        whole = functional.avg_pool2d(functional.pad(whole, (fine // 2, (fine - 1) // 2) * 2, mode="replicate"), fine, stride=1)
    crop = functional.grid_sample(whole, grid, mode="bilinear", padding_mode="border", align_corners=False)
    with torch.no_grad():
        probabilities: Tensor = network(crop).softmax(dim=1)[0]
    return probabilities


def paste(scores: Tensor, window: tuple[float, float, float], height: int, width: int) -> NDArray[np.float64]:
    """Return the scores (S, S) of a window at full resolution (height, width), 0 outside the window."""
    x, y, side = window
    columns = (torch.arange(width, dtype=torch.float64) + 0.5 - x) / side * 2
    rows = (torch.arange(height, dtype=torch.float64) + 0.5 - y) / side * 2
    grid = torch.stack(torch.broadcast_tensors(columns[None, :], rows[:, None]), dim=-1)[None]
    source = scores[None, None].double().cpu()
    full = functional.grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False)[0, 0]
    inside = (columns.abs() <= 1)[None, :] & (rows.abs() <= 1)[:, None]
    return (full * inside).numpy()


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected part of a mask."""
    from scipy.ndimage import label

    parts, count = label(mask)
    if count <= 1:
        return mask
    return parts == 1 + int(np.argmax(np.bincount(parts.reshape(-1))[1:]))


def _window_of_pose(camera: Camera, pose: Pose, extent: float) -> tuple[float, float, float]:
    centre = (
        pose.translation.detach().cpu().double() + pose.rotation.detach().cpu().double() @ torch.tensor([0.0, 0.0, extent / 3]).double()
    )
    if float(centre[2]) <= camera.near:
        raise DataError(f"the pose puts the object {float(centre[2]):.3g} m before the camera; expected it in front (z > {camera.near} m)")
    x, y = (float(value) for value in camera.project(centre))
    return x, y, 1.5 * extent * max(camera.fx, camera.fy) / float(centre[2])


def _window_of_mask(mask: NDArray[np.bool_]) -> tuple[float, float, float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    side = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    return (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2, max(32.0, MARGIN * side)


def _warn(mask: NDArray[np.bool_], scores: Tensor, name: str, categories: tuple[str, ...]) -> None:
    first = int(largest_part(mask).sum())
    if int(mask.sum()) - first > 0.3 * first:
        _log.warning("the image shows more than one object (a second part has over 30 %% of the first's pixels); the fit takes all of them")
    amounts = (scores[1:] * (scores[0] < 0.5)).sum(dim=(1, 2))
    likeliest = categories[int(amounts.argmax())]
    if name in categories and likeliest != name:
        _log.info("the object looks more like a %s than like a %s to the network; its outline is used all the same", likeliest, name)
