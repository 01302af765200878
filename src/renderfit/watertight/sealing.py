"""Which cells are solid: everything the outside does not reach, with holes closed if wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit.watertight.occupancy import EMPTY, OCCUPIED, OUTSIDE, flood

POCKET = 0.1  # an enclosed region is kept if at most this share of its surface opens to the outside
CHOICES = (0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 28)  # [cells] that `choose_seal` tries
COMPLETE = 0.97  # share of the largest enclosed volume that a smaller seal must reach
CAVITY = 0.02  # enclosed cells / shell cells below which a mesh has no cavity to close


def solid_cells(occupied: NDArray[np.bool_], seal: int = 0) -> NDArray[np.bool_]:
    """Return the cells that the outside does not reach.

    Parameters
    ----------
    occupied : (X, Y, Z) bool array
        Cells that triangles touch; the outermost layer is empty.
    seal : int
        The outside is flooded around the cells widened by this much, then grown back by as much, so
        that it does not pass holes narrower than twice this; more than half of the longest side of the
        grid changes nothing. Where that merely fills a groove or a loop, the outside is let in again.

    Returns
    -------
    (X, Y, Z) bool array
    """
    seal = min(seal, (max(occupied.shape) + 1) // 2)
    if seal:
        inner = tuple(slice(seal, -seal) for _ in range(3))
        return _sealed(np.pad(occupied, seal), seal)[inner]
    grid = np.where(occupied, np.uint8(OCCUPIED), np.uint8(EMPTY))
    flood(grid)
    return grid != OUTSIDE


def _sealed(occupied: NDArray[np.bool_], seal: int) -> NDArray[np.bool_]:
    from scipy import ndimage  # slow to import, and only a seal needs it

    wide = _grow(occupied, seal)
    grid = np.where(wide, np.uint8(OCCUPIED), np.uint8(EMPTY))
    flood(grid)
    reached = grid == OUTSIDE
    outside = _grow(reached, seal)
    label, count = ndimage.label(~outside & ~occupied)
    if not count:
        return ~outside
    keep = np.zeros(count + 1, dtype=bool)
    keep[label[~wide & ~reached]] = True
    opened, surface = _exposure(label, outside, count)
    keep |= opened <= POCKET * surface
    return occupied | (keep[label] & (label > 0))


def choose_seal(occupied: NDArray[np.bool_], choices: tuple[int, ...] = CHOICES) -> int:
    """Return the smallest of the seals [cells] that encloses all that larger ones do; 0 if none encloses anything.

    Parameters
    ----------
    occupied : (X, Y, Z) bool array
        Cells that triangles touch; the outermost layer is empty.
    choices : tuple of int
        Ascending.
    """
    shell = int(occupied.sum())
    enclosed = [int(solid_cells(occupied, seal).sum()) - shell for seal in choices]
    if max(enclosed) < CAVITY * shell:
        return 0
    return next(seal for seal, volume in zip(choices, enclosed, strict=True) if volume >= COMPLETE * max(enclosed))


def _grow(cells: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    from scipy import ndimage  # as in _sealed

    grown = cells.astype(np.uint8)
    for axis in range(3):
        grown = ndimage.maximum_filter1d(grown, 2 * reach + 1, axis=axis, mode="nearest")
    return grown.astype(bool)


def _exposure(label: NDArray, outside: NDArray, count: int) -> tuple[NDArray, NDArray]:
    """Per label: cell faces toward the outside, and toward anything but the label itself."""
    opened, surface = np.zeros(count + 1), np.zeros(count + 1)
    for axis in range(3):
        here, there = np.moveaxis(label, axis, 0), np.moveaxis(outside, axis, 0)
        for one, two, out in ((here[:-1], here[1:], there[1:]), (here[1:], here[:-1], there[:-1])):
            opened += np.bincount(one[out], minlength=count + 1)
            surface += np.bincount(one[one != two], minlength=count + 1)
    return opened, surface
