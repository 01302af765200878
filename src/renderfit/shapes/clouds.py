"""Point sets and parameters of Coherent Point Drift, checked before the work."""

from __future__ import annotations

import logging
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from renderfit.errors import ShapeError
from renderfit.shapes.result import Kind

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)

LARGEST_RATIO = 50.0
"""Of the RMS radii of the two sets: more is another unit, not another shape."""
FAR = 5.0
"""Distance of the centres, in RMS radii of both, from which a field that only bends cannot bridge it."""


def frame(points: Floats) -> tuple[Floats, float]:
    """Return the mean (3,) and the RMS radius of points (N, 3): the unit of CPD's parameters."""
    centre = points.mean(0)
    return centre, float(np.sqrt(((points - centre) ** 2).sum(1).mean()))


def cloud_of(points: ArrayLike, name: str) -> Floats:
    """Return `points` as (N, 3) float64; `name` is how messages call them.

    Raises
    ------
    ShapeError
        If they are no (N, 3) finite real numbers, fewer than four, or all the same.
    """
    plain = points.detach().cpu().numpy() if isinstance(points, torch.Tensor) else points
    try:
        if np.iscomplexobj(plain):
            raise TypeError("complex numbers")
        cloud = np.ascontiguousarray(plain, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ShapeError(
            f"{name} is a {type(points).__name__} that is no array of numbers ({problem}); "
            "expected (N, 3) points in metres: of a mesh, its vertices"
        ) from problem
    if cloud.ndim != 2 or cloud.shape[1] != 3:
        raise ShapeError(f"{name} has shape {cloud.shape}; expected (N, 3) points in metres")
    if len(cloud) < 4:
        raise ShapeError(f"{name} has {len(cloud)} points; expected at least 4")
    if not np.isfinite(cloud).all():
        raise ShapeError(f"{name} holds NaN or infinity; expected finite points: remove them before the registration")
    if not np.ptp(cloud, axis=0).max() > 0:
        raise ShapeError(f"{name} is {len(cloud)} times the same point; expected a cloud with an extent")
    return cloud


def check_pair(template: Floats, reference: Floats, *, free: bool, moves: bool) -> None:
    """Refuse sets of quite other sizes unless the size is `free`; say when they lie apart and the template only bends.

    Raises
    ------
    ShapeError
        With the likely cause: another unit.
    """
    (centre, radius), (theirs, size) = frame(template), frame(reference)
    ratio = size / radius
    if not free and not 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO:
        raise ShapeError(
            f"reference has RMS radius {size:.4g}, {ratio:.4g} times the template's {radius:.4g}; expected 1/{LARGEST_RATIO:g} to "
            f"{LARGEST_RATIO:g} times: likely one is in millimetres and the other in metres; bring both to metres"
        )
    gap = float(np.linalg.norm(theirs - centre))
    if not moves and gap > FAR * (radius + size):
        log.warning(
            "CPD: the centres lie %.3g m apart, the RMS radii are %.3g and %.3g m: a non-rigid registration only bends, "
            "bring the sets together first (renderfit.shapes.align, or kind=\"rigid\")",
            gap, radius, size,
        )  # fmt: skip


def check_parameters(kind: Any, unit: Any, **given: Any) -> None:
    """Raise `ShapeError` for a parameter of `coherent_point_drift` that cannot be."""
    if kind not in get_args(Kind) or unit not in ("rms", "metre"):
        raise ShapeError(f"kind {kind!r}, unit {unit!r}; expected kind one of {', '.join(get_args(Kind))} and unit rms or metre")
    for name in ("iterations", "rank", "coarse"):
        if given[name] is not None and (isinstance(given[name], bool) or not isinstance(given[name], int | np.integer)):
            raise ShapeError(f"{name} is {given[name]!r}; expected a whole number")
    try:
        beta, lam, outliers, tolerance = (float(given[name]) for name in ("beta", "lam", "outliers", "tolerance"))
    except (TypeError, ValueError) as problem:
        raise ShapeError(f"beta, lam, outliers, tolerance: {problem}; expected numbers") from problem
    if not (beta > 0 and lam > 0 and 0 <= outliers < 1 and given["iterations"] >= 1 and tolerance >= 0):
        raise ShapeError(
            f"beta {beta}, lam {lam}, outliers {outliers}, iterations {given['iterations']}, tolerance {tolerance}; "
            "expected beta > 0, lam > 0, 0 <= outliers < 1, iterations >= 1, tolerance >= 0"
        )
    if (given["rank"] or 0) < 0 or (given["coarse"] is not None and given["coarse"] < 4):
        raise ShapeError(f"rank {given['rank']}, coarse {given['coarse']}; expected rank >= 0 and coarse >= 4, or None")
