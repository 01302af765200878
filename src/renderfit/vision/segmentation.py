"""From a photograph to the probability that a pixel shows the object: crop, network, paste back."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose
from renderfit.vision.crowd import large_parts, middle_of, own_pixels
from renderfit.vision.images import as_rgb, require_size
from renderfit.vision.unet import UNet
from renderfit.vision.windows import Window

FEWEST_PIXELS = 16
"""Fewer object pixels than this count as no object."""
ROOM = 1.5
"""Side of the first window over the largest extent of an object: room for the noise of a start."""
SPARSE = 0.05
"""Objects fill at least this share of the square of their extent; where the first look finds less, closer ones follow."""
CLOSER, ASIDE = 0.6, 0.2
"""Side and offset of the closer windows over the side of the first."""
ROUNDS, STILL = 6, 0.02
"""Windows follow what was found at most so often, or until they move and grow by less than this part of their side."""
SHRUNK = 0.5
"""Where a window shows less than this part of the most that one showed, it has lost the object: the last but one counts."""
MARGINS = (1.15, 1.3, 1.5)
"""Sides of the last windows over the longest side of the box of what was found; training shows windows of these widths."""
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
    looks, scores, own = looked(image, network, category, camera, pose, size=size, extent=extent)
    height, width = own.shape
    found, name = own * mean_of(looks, scores, height, width, network.edge), category or "object"
    _require_found(found, name)
    if not own.all():
        posed = camera is not None and pose is not None
        _log.warning(
            "the image seems to show more than one object; that about (%.0f, %.0f) px is used, the %s: "
            "if another is meant, or these are parts of one, pass a mask or a %s",
            *middle_of(found > 0.5),
            *(("nearest to the pose", "better pose") if posed else ("largest", "pose")),
        )
    _warn(found > 0.5, torch.cat(list(scores), dim=2), name, network.categories)
    return found


def looked(
    image: Tensor | ArrayLike,
    network: UNet,
    category: str | None = None,
    camera: Camera | None = None,
    pose: Pose | None = None,
    *,
    size: int | None = None,
    extent: float = 0.3,
) -> tuple[list[Window], list[Tensor], NDArray[np.bool_]]:
    """Return the last windows that `segment` looks at, their class probabilities (C, size, size), and what is no other object (H, W)."""
    picture = as_rgb(image)
    height, width = picture.shape[:2]
    if category is not None and category not in network.categories:
        raise DataError(f"category {category!r} is unknown to the network; expected one of {', '.join(network.categories)}")
    if camera is not None:
        require_size(picture, camera)
    size = size or network.window
    place: tuple[float, float] | None = None
    window, least = Window(width / 2, height / 2, float(max(width, height))), float(FEWEST_PIXELS)
    if camera is not None and pose is not None:
        window = _window_of_pose(camera, pose, extent)
        place = (window.x, window.y)
        least = max(least, SPARSE * (window.side / ROOM) ** 2)
    whole = torch.from_numpy(picture).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    name = category or "object"
    found = _look(whole, [window], network, size)
    if int((found > 0.5).sum()) < least:
        found = _look(whole, [window, *_closer(window)], network, size)
    _require_found(found, name)
    own = own_pixels(found > 0.5, place)
    part, most = largest_part((found > 0.5) & own), 0
    for _ in range(ROUNDS):
        last, window = window, Window.around(part)
        if window.near(last, STILL):
            break
        seen = largest_part((_look(whole, [window], network, size) > 0.5) & own)
        most = max(most, int(seen.sum()))
        if int(seen.sum()) < max(FEWEST_PIXELS, SHRUNK * most):
            break
        part = seen
    looks = [Window.around(part, margin) for margin in MARGINS]
    return looks, [window_probabilities(whole, look, network, size) for look in looks], own


def mean_of(windows: Sequence[Window], scores: Sequence[Tensor], height: int, width: int, edge: float = 0.0) -> NDArray[np.float64]:
    """Return the probability (height, width) that a pixel shows an object: the mean over the windows that see it, 0 where none does.

    Outlines are drawn in by the part `edge` of a window's pixel.
    """
    seen = [drawn_in(1 - score[:1], edge) for score in scores]
    pasted = [window.paste(torch.cat([one, torch.ones_like(one)]), height, width) for window, one in zip(windows, seen, strict=True)]
    total, count = np.sum(pasted, axis=0)
    return np.asarray(total / np.maximum(count, 1))


def drawn_in(probability: Tensor, edge: float) -> Tensor:
    """Return probabilities (1, H, W) lowered by the part `edge` towards their least neighbour: outlines move in by that part of a pixel."""
    if edge == 0:
        return probability
    across, down = (-functional.max_pool2d(-probability, size, 1, [side // 2 for side in size]) for size in ((1, 3), (3, 1)))
    return torch.lerp(probability, torch.minimum(across, down), edge)


def _require_found(probability: NDArray[np.float64], name: str) -> None:
    if int((probability > 0.5).sum()) < FEWEST_PIXELS:
        raise DataError(f"no {name} found in the image; expected one in view: check category, pose and exposure")


def window_probabilities(whole: Tensor, window: Window, network: UNet, size: int) -> Tensor:
    """Return class probabilities (C, size, size) of a window of an image (1, 3, H, W): mean of the window's and its mirror image's."""
    cut = window.cut(whole, size)
    with torch.no_grad():
        one, other = network(torch.cat([cut, cut.flip(3)])).softmax(dim=1)
    probabilities: Tensor = (one + other.flip(2)) / 2
    return probabilities


def _look(whole: Tensor, windows: Sequence[Window], network: UNet, size: int) -> NDArray[np.float64]:
    """Return the largest probability (H, W) that any of the windows gives a pixel to show an object."""
    height, width = whole.shape[2:]
    looks = [window.paste(1 - window_probabilities(whole, window, network, size)[:1], height, width)[0] for window in windows]
    return np.asarray(np.max(looks, axis=0))


def _closer(window: Window) -> list[Window]:
    """Return smaller windows that cover the middle and the corners of a window."""
    away = ASIDE * window.side
    places = ((0, 0), (-away, -away), (away, -away), (-away, away), (away, away))
    return [Window(window.x + x, window.y + y, CLOSER * window.side) for x, y in places]


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
    return Window(x, y, ROOM * extent * max(camera.fx, camera.fy) / float(centre[2]))


def _warn(mask: NDArray[np.bool_], scores: Tensor, name: str, categories: tuple[str, ...]) -> None:
    if (count := len(large_parts(mask))) > 1:
        _log.warning("the object's mask is in %d large parts, and all of them count: if they are not one object, pass a mask", count)
    amounts = (scores[1:] * (scores[0] < 0.5)).sum(dim=(1, 2))
    likeliest = categories[int(amounts.argmax())]
    if name in categories and likeliest != name:
        _log.info("the object looks more like a %s than like a %s to the network; its outline is used all the same", likeliest, name)
