"""More than one object in a photograph: told by the large parts of a mask, of which one is meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SECOND = 0.3
"""Parts with more than this share of the largest one's pixels are objects of their own; what clutter is mistaken for is smaller."""


def large_parts(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return the connected parts of a mask (H, W) that are no specks beside the largest one, which comes first."""
    from scipy.ndimage import label

    parts, _ = label(mask)
    areas = np.bincount(parts.reshape(-1))[1:]
    order = np.argsort(-areas, kind="stable")
    return [parts == 1 + int(index) for index in order if areas[index] > SECOND * areas.max()]


def own_pixels(mask: NDArray[np.bool_], place: tuple[float, float] | None = None) -> NDArray[np.bool_]:
    """Return the pixels (H, W) that belong to the object meant: all, but of several large parts of `mask` those nearest to one.

    Parameters
    ----------
    mask : (H, W) bool array
        What looks like any object.
    place : (float, float), optional
        Where the object meant should be, (x, y) [px]; without it the largest part is.
    """
    parts = large_parts(mask)
    if len(parts) <= 1:
        return np.ones_like(mask)
    chosen = 0 if place is None else int(np.argmin([np.linalg.norm(np.subtract(middle_of(part), place)) for part in parts]))
    near = distance_to(parts[chosen])
    return np.asarray(np.all([near <= distance_to(part) for index, part in enumerate(parts) if index != chosen], axis=0))


def distance_to(part: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance [px] of every pixel from the set ones of a mask (H, W)."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(~part))


def middle_of(part: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the mean place (x, y) [px] of the set pixels of a mask (H, W)."""
    rows, columns = np.nonzero(part)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5
