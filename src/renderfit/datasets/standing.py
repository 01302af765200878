"""What a mesh looks like on each of its six sides: how it would stand, what it would hold, what one sees of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError, cKDTree

from renderfit.geometry.mesh import Mesh
from renderfit.geometry.sampling import sample_surface

Array = NDArray[np.float64]

AXES: dict[str, tuple[int, float]] = {"z": (2, 1.0), "y": (1, 1.0), "x": (0, 1.0), "-z": (2, -1.0), "-y": (1, -1.0), "-x": (0, -1.0)}
"""Name of an axis -> its number and sign, in the order in which equal evidence is decided."""
ATTRIBUTES = (
    "height", "middle", "base", "legs", "top", "flat_below", "mean_above", "rough_above", "hollow_below", "mirror",
)  # fmt: skip
"""What is measured on each side; see `attributes`."""
POINTS = 8000
"""Points of the surface that are looked at."""
CELLS = 24
"""Cells along each side of the maps of heights from above and from below."""
SLAB = 0.03
"""Part of the height that counts as the base, and as the top."""
AROUND = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column]
MOST = 6
"""Cells around an empty one from which on it is no hole, but was missed by all points."""
LEVELS = 30
"""Steps of height within which a surface counts as flat."""


def attributes(mesh: Mesh) -> Array:
    """Return what a mesh looks like with each axis of `AXES` up.

    All are without a unit, and the same for a mesh whose axes were exchanged.

    Parameters
    ----------
    mesh : Mesh
        Any unit; a soup will do: neither closed surfaces nor the sense of normals matter.

    Returns
    -------
    (6, 10) array
        Columns as in `ATTRIBUTES`. height: logarithm of the height over the cube root of the box. middle: height of the centre of
        the surface, as a share of the height. base: root of the hull of the base over that of the plan. legs: hull of the base
        over that of the plan, times the share of the plan that does not touch the floor. top: hull of the top over that of the
        plan. flat_below: largest share of the plan at one height, seen from below. mean_above, rough_above: mean and standard
        deviation of the heights seen from above. hollow_below: rain that would stay in it upside down, in heights over the plan.
        mirror: error of its best vertical mirror plane, over that of the worst mirror plane.

    References
    ----------
    Fu et al., *Upright orientation of man-made objects* (SIGGRAPH 2008): base, symmetry and visibility as evidence.
    """
    points = sample_surface(mesh, POINTS)
    low = points.min(axis=0)
    extent = np.maximum(points.max(axis=0) - low, 1e-12)
    errors = _mirror_errors(points, low, extent)
    return np.array([_side(points, low, extent, errors, number, sign) for number, sign in AXES.values()])


def _side(points: Array, low: Array, extent: Array, errors: Array, number: int, sign: float) -> list[float]:
    heights = (points[:, number] - low[number]) / extent[number]
    heights = heights if sign > 0 else 1 - heights
    others = [axis for axis in range(3) if axis != number]
    flat = points[:, others]
    plan = max(_hull(flat), 1e-12)
    base = _hull(flat[heights < SLAB]) / plan
    cells = np.minimum(((flat - low[others]) / extent[others] * CELLS).astype(np.int64), CELLS - 1) @ [CELLS, 1]
    above, below = np.full(CELLS**2, -1.0), np.full(CELLS**2, -1.0)
    np.maximum.at(above, cells, heights)
    np.maximum.at(below, cells, 1 - heights)
    seen = above >= 0
    touching = len(np.unique(cells[heights < SLAB])) / seen.sum()
    return [
        float(np.log(extent[number] / np.cbrt(extent.prod()))),
        float(heights.mean()),
        float(np.sqrt(base)),
        base * (1 - touching),
        _hull(flat[heights > 1 - SLAB]) / plan,
        _flattest(below[seen]),
        float(above[seen].mean()),
        float(above[seen].std()),
        _water(below),
        float(errors[others].min() / max(errors.max(), 1e-9)),
    ]


def _mirror_errors(points: Array, low: Array, extent: Array) -> Array:
    """Return how far the points are from mirror symmetry across each axis (3,), in RMS radii."""
    radius = float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
    tree, some, errors = cKDTree(points), points[::4], np.full(3, np.inf)
    for axis in range(3):
        for shift in (0.0, -SLAB, SLAB):
            mirrored = some.copy()
            mirrored[:, axis] = 2 * (low[axis] + 0.5 * extent[axis] + shift * radius) - mirrored[:, axis]
            errors[axis] = min(errors[axis], float(tree.query(mirrored)[0].mean()) / radius)
    return errors


def _flattest(heights: Array) -> float:
    return float(np.histogram(heights, bins=LEVELS, range=(0, 1))[0].max() / len(heights))


def _water(heights: Array) -> float:
    """Return how much water stays on a map of heights (CELLS * CELLS,), -1 outside, as the mean depth in heights."""
    ground = _mended(np.pad(heights.reshape(CELLS, CELLS), 1, constant_values=-1.0))
    level = np.where(ground < 0, -1.0, 2.0)
    while True:  # it runs off to the lowest neighbour until nothing moves; a level is that of some cell, so this ends
        lowest = level.copy()
        for axis in (0, 1):
            for step in (1, -1):
                np.minimum(lowest, np.roll(level, step, axis=axis), out=lowest)
        settled = np.maximum(ground, lowest)
        if np.array_equal(settled, level):
            break
        level = settled
    inside = ground >= 0
    return float((level - ground)[inside].sum() / inside.sum())


def _mended(ground: Array) -> Array:
    """Return a map in which single cells that no point fell into, but into most of those around, are as low as the lowest around."""
    around = np.stack([np.roll(ground, shift, axis=(0, 1)) for shift in AROUND])
    missed = (ground < 0) & ((around >= 0).sum(axis=0) >= MOST)
    return np.where(missed, np.where(around >= 0, around, 2.0).min(axis=0), ground)


def _hull(points: Array) -> float:
    """Return the area of the convex hull of points (N, 2); 0 where there is none."""
    if len(points) < 3:
        return 0.0
    try:
        return float(ConvexHull(points).volume)
    except QhullError:
        return 0.0
