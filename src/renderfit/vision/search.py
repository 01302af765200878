"""Where in a picture the object is: looks that follow what they find, and looks again where windows of different width disagree."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.vision.crowd import own_pixels
from renderfit.vision.looks import FEWEST_PIXELS, largest_part, look, mean_of, pasted, window_probabilities
from renderfit.vision.unet import UNet
from renderfit.vision.windows import Window

CLOSER, ASIDE = 0.6, 0.2
"""Side and offset of the closer windows over the side of the first."""
ROUNDS, STILL = 6, 0.02
"""Windows follow what was found at most so often, or until they move and grow by less than this part of their side."""
SHRUNK = 0.5
"""Where a window shows less than this part of the most that one showed, it has lost the object: the last but one counts."""
MARGINS = (1.15, 1.3, 1.5)
"""Sides of the last windows over the longest side of the box of what was found; training shows windows of these widths."""
SURE = 0.9
"""Overlap of the masks of the last windows below which the search begins again, from larger pictures of the first window."""
LARGER = (1.5, 2.0)
"""Their sizes over the usual one: what is small in the first window is seen there as training showed it."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a search ended with.

    Parameters
    ----------
    windows : list of Window
        The last ones, of different width.
    scores : list of Tensor
        Their class probabilities (C, size, size).
    own : (H, W) bool array
        The pixels that belong to no other object.
    """

    windows: list[Window]
    scores: list[Tensor]
    own: NDArray[np.bool_]

    def probability(self, edge: float = 0.0) -> NDArray[np.float64]:
        """Return the probability (H, W) that a pixel shows the object, outlines drawn in by `edge` (see `mean_of`)."""
        return np.asarray(self.own * mean_of(self.windows, self.scores, self.own.shape[0], self.own.shape[1], edge))

    @functools.cached_property
    def agreement(self) -> float:
        """Overlap (intersection over union, 0 to 1) of what the last windows take for the object."""
        each = [pasted(window, 1 - score[:1], *self.own.shape) > 0.5 for window, score in zip(self.windows, self.scores, strict=True)]
        return float((np.all(each, axis=0) & self.own).sum() / max(int((np.any(each, axis=0) & self.own).sum()), 1))

    def likeliest(self, categories: Sequence[str]) -> str:
        """Return which of the network's `categories` most of what the last windows show looks like."""
        scores = torch.cat(self.scores, dim=2)
        return categories[int((scores[1:] * (scores[0] < 0.5)).sum(dim=(1, 2)).argmax())]

    @functools.cached_property
    def weight(self) -> float:
        """By what searches are compared: how certain the object's pixels are, and, less, how many; a speck may look certain too."""
        seen = self.probability()
        inside = seen > 0.5
        return float(2 * seen[inside].mean() - 1) * float(inside.sum()) ** 0.25 if inside.any() else 0.0


def search(whole: Tensor, network: UNet, window: Window, place: tuple[float, float] | None, least: float, size: int) -> Found | None:
    """Return what the network finds, from a first window on; None where that is next to nothing.

    Where the last windows of a search overlap by less than `SURE`, others begin with larger pictures of the first window, and the one of
    largest weight counts: wrong outlines nearly always change with the window (`benchmarks/looks.py`).

    Parameters
    ----------
    whole : (1, 3, H, W) tensor
        sRGB in [0, 1].
    network : UNet
    window : Window
        The first.
    place : (float, float), optional
        Where the object should be, (x, y) [px].
    least : float
        Pixels that the first look should show; closer ones follow where it does not.
    size : int
        Side of a window as the network sees it [px].
    """
    first = look(whole, [window], network, size)
    enough = int((first > 0.5).sum()) >= least
    found = followed(whole, first if enough else look(whole, [window, *closer(window)], network, size), network, window, place, size)
    if found is not None and found.agreement >= SURE:
        return found
    again = [followed(whole, seen, network, window, place, size) for seen in _larger(whole, first, network, window, size)]
    return max((one for one in (found, *again) if one is not None), key=lambda one: one.weight, default=None)


def _larger(whole: Tensor, first: NDArray[np.float64], network: UNet, window: Window, size: int) -> Iterator[NDArray[np.float64]]:
    """Yield probabilities (H, W) to begin again with: of a larger picture of the first window, and the mean over all sizes."""
    seen = [look(whole, [window], network, int(size * factor) // network.stride * network.stride) for factor in LARGER]
    yield seen[0]
    yield np.mean([first, *seen], axis=0)


def followed(
    whole: Tensor, seen: NDArray[np.float64], network: UNet, window: Window, place: tuple[float, float] | None, size: int
) -> Found | None:
    """Return the last looks at what was `seen` (H, W) of a first window: others follow the largest part until they stay or lose it."""
    if int((seen > 0.5).sum()) < FEWEST_PIXELS:
        return None
    own = own_pixels(seen > 0.5, place)
    part, most = largest_part((seen > 0.5) & own), 0
    for _ in range(ROUNDS):
        last, window = window, Window.around(part)
        if window.near(last, STILL):
            break
        here = largest_part((look(whole, [window], network, size) > 0.5) & own)
        most = max(most, int(here.sum()))
        if int(here.sum()) < max(FEWEST_PIXELS, SHRUNK * most):
            break
        part = here
    windows = [Window.around(part, margin) for margin in MARGINS]
    found = Found(windows, [window_probabilities(whole, one, network, size) for one in windows], own)
    return found if int((found.probability() > 0.5).sum()) >= FEWEST_PIXELS else None


def closer(window: Window) -> list[Window]:
    """Return smaller windows that cover the middle and the corners of a window."""
    away = ASIDE * window.side
    places = ((0, 0), (-away, -away), (away, -away), (-away, away), (away, away))
    return [Window(window.x + x, window.y + y, CLOSER * window.side) for x, y in places]
