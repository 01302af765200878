"""From a photograph to the probability that a pixel shows the object: crop, network, paste back."""

from __future__ import annotations

import logging

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera, Pose
from renderfit.vision.images import as_rgb
from renderfit.vision.unet import UNet
from renderfit.vision.windows import Window

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
    picture = as_rgb(image)
    height, width = picture.shape[:2]
    if category is not None and category not in network.categories:
        raise DataError(f"category {category!r} is unknown to the network; expected one of {', '.join(network.categories)}")
    if camera is not None and (camera.height, camera.width) != (height, width):
        raise ShapeError(f"image is {width} x {height} px; expected {camera.width} x {camera.height} as its camera says")
    size = size or network.window
    window = Window(width / 2, height / 2, float(max(width, height)))
    if camera is not None and pose is not None:
        window = _window_of_pose(camera, pose, extent)
    whole = torch.from_numpy(picture).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    name = category or "object"
    scores = window_probabilities(whole, window, network, size)
    for _ in range(2):
        found = window.paste(1 - scores[:1], height, width)[0]
        if int((found > 0.5).sum()) < FEWEST_PIXELS:
            raise DataError(f"no {name} found in the image; expected one in view: check category, pose and exposure")
        window = Window.around(largest_part(found > 0.5))
        scores = window_probabilities(whole, window, network, size)
    found = window.paste(1 - scores[:1], height, width)[0]
    _warn(found > 0.5, scores, name, network.categories)
    return found


def window_probabilities(whole: Tensor, window: Window, network: UNet, size: int) -> Tensor:
    """Return class probabilities (C, size, size) of a window of an image (1, 3, H, W)."""
    with torch.no_grad():
        probabilities: Tensor = network(window.cut(whole, size)).softmax(dim=1)[0]
    return probabilities


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected part of a mask."""
    from scipy.ndimage import label

    parts, count = label(mask)
    if count <= 1:
        return mask
    return parts == 1 + int(np.argmax(np.bincount(parts.reshape(-1))[1:]))


def _window_of_pose(camera: Camera, pose: Pose, extent: float) -> Window:
    centre = (
        pose.translation.detach().cpu().double() + pose.rotation.detach().cpu().double() @ torch.tensor([0.0, 0.0, extent / 3]).double()
    )
    if float(centre[2]) <= camera.near:
        raise DataError(f"the pose puts the object {float(centre[2]):.3g} m before the camera; expected it in front (z > {camera.near} m)")
    x, y = (float(value) for value in camera.project(centre))
    return Window(x, y, 1.5 * extent * max(camera.fx, camera.fy) / float(centre[2]))


def _warn(mask: NDArray[np.bool_], scores: Tensor, name: str, categories: tuple[str, ...]) -> None:
    first = int(largest_part(mask).sum())
    if int(mask.sum()) - first > 0.3 * first:
        _log.warning("the image shows more than one object (a second part has over 30 %% of the first's pixels); the fit takes all of them")
    amounts = (scores[1:] * (scores[0] < 0.5)).sum(dim=(1, 2))
    likeliest = categories[int(amounts.argmax())]
    if name in categories and likeliest != name:
        _log.info("the object looks more like a %s than like a %s to the network; its outline is used all the same", likeliest, name)
