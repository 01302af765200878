"""How good a mask is: intersection over union and the distance between outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt


def intersection_over_union(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Return the pixels in both masks over the pixels in either; 1 when both are empty."""
    either = int((found | true).sum())
    return 1.0 if either == 0 else int((found & true).sum()) / either


def confusion(found: NDArray[np.integer], true: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    """Return counts (classes, classes): row true class, column found class."""
    return np.bincount(true.reshape(-1).astype(np.int64) * classes + found.reshape(-1), minlength=classes * classes).reshape(
        classes, classes
    )


def class_iou(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the intersection over union (classes,) from a confusion matrix; NaN for a class that never occurs."""
    both = np.diag(counts).astype(np.float64)
    either = counts.sum(0) + counts.sum(1) - np.diag(counts)
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a mask that have a neighbour outside; the image's border is no outside."""
    return mask & ~binary_erosion(mask, border_value=1)


def boundary_error(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Return the median distance [px] between the outlines of two masks, both ways; infinite if one is empty."""
    a, b = outline(found), outline(true)
    if not a.any() or not b.any():
        return float("inf")
    to_true, to_found = distance_transform_edt(~b), distance_transform_edt(~a)
    return float(np.median(np.concatenate([to_true[a], to_found[b]])))
