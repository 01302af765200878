"""Smooth curves and closed sections, the lines that lofts are drawn from."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

Array = NDArray[np.float64]

_CORNER = np.array([0.0, 0.5, 1.0, 1.0, 1.5, 2.0])
"""Control points of a corner along its two legs: doubled next to the corner, so that the curvature starts at zero."""


def rounded(points: ArrayLike, reach: ArrayLike, spacing: float, steps: int = 8) -> Array:
    """Round the inner corners of a polyline of any dimension.

    Parameters
    ----------
    points : (K, D) array
        Corners; columns are whatever varies along the curve (radius, height, exponent).
    reach : float or (K,) array
        How far from each corner the rounding starts, in the unit of the points; never beyond
        the middle of an edge.
    spacing : float
        Longest straight piece between two samples.
    steps : int
        Samples per corner.

    Returns
    -------
    (N, D) array
        The first and last corner are kept; the curvature is continuous along the curve.
    """
    corners = np.asarray(points, dtype=np.float64)
    reaches = np.broadcast_to(np.asarray(reach, dtype=np.float64), len(corners))
    edges = np.diff(corners, axis=0)
    lengths = np.linalg.norm(edges, axis=1)
    pieces = [corners[:1]]
    for k in range(1, len(corners) - 1):
        if reaches[k] <= 0:
            pieces.append(corners[k : k + 1])
            continue
        before = min(reaches[k], 0.5 * lengths[k - 1]) / lengths[k - 1]
        after = min(reaches[k], 0.5 * lengths[k]) / lengths[k]
        along = (_CORNER - 1)[:, None]
        control = corners[k] + np.where(along < 0, along * before * edges[k - 1], along * after * edges[k])
        pieces.append(_bezier(control, steps))
    pieces.append(corners[-1:])
    return subdivide(np.concatenate(pieces), spacing)


def _bezier(control: Array, steps: int) -> Array:
    t = np.linspace(0.0, 1.0, steps + 1)[:, None]
    level = [np.repeat(point[None], len(t), axis=0) for point in control]
    while len(level) > 1:
        level = [(1 - t) * a + t * b for a, b in itertools.pairwise(level)]
    return level[0]


def subdivide(curve: Array, spacing: float) -> Array:
    """Insert points so that no piece of the polyline (N, D) is longer than `spacing`; repeated points go."""
    lengths = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    pieces = []
    for start, end, length in zip(curve[:-1], curve[1:], lengths, strict=True):
        if length < 1e-9:
            continue
        count = max(1, int(np.ceil(length / spacing - 1e-9)))
        pieces.append(start + (end - start) * (np.arange(count) / count)[:, None])
    return np.concatenate([*pieces, curve[-1:]])


def through(knots: Sequence[Sequence[float]], samples: ArrayLike) -> Array:
    """Interpolate rows ``(t, value, ...)`` monotonically (no overshoot) at `samples`; returns (N, D)."""
    table = np.asarray(knots, dtype=np.float64)
    return PchipInterpolator(table[:, 0], table[:, 1:])(np.asarray(samples, dtype=np.float64))


@functools.lru_cache(maxsize=4096)
def superellipse(count: int, exponent: float) -> Array:
    """Return `count` points (count, 2) of |x|^p + |y|^p = 1, counter-clockwise from +x, evenly spaced."""
    theta = np.linspace(0.0, 2 * np.pi, 1441)
    direction = np.stack([np.cos(theta), np.sin(theta)], axis=1)
    radius = (np.abs(direction) ** exponent).sum(axis=1) ** (-1.0 / exponent)
    dense = direction * radius[:, None]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    wanted = np.linspace(0.0, length[-1], count, endpoint=False)
    return np.stack([np.interp(wanted, length, dense[:, axis]) for axis in range(2)], axis=1)


def rounded_polygon(points: ArrayLike, reach: ArrayLike, spacing: float = 0.004, steps: int = 6) -> Array:
    """Round every corner of a closed polygon (K, 2); returns (N, 2) without repeating the first point."""
    corners = np.asarray(points, dtype=np.float64)
    reaches = np.broadcast_to(np.asarray(reach, dtype=np.float64), len(corners))
    middle = 0.5 * (corners[-1] + corners[0])
    closed = np.concatenate([middle[None], corners, middle[None]])
    return rounded(closed, np.concatenate([[0.0], reaches, [0.0]]), spacing, steps)[:-1]
