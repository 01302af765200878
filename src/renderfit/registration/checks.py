"""Is the answer to be trusted? Checks of input and fit that lower the confidence and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, Pose
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View

Array = NDArray[np.float64]
TRUSTED = 0.5
"""Confidence below which a registration does not count as converged."""
SMALLEST_MASK = 0.001
"""Share of the image below which a mask counts as empty."""

SMALLEST_START = 2.0
"""Size [px] below which the object at its start pose cannot be meant."""
AMBIGUOUS = 0.08
"""Posterior standard deviation [rad] of the rotation from which it is reported as open; a start pose has 0.15."""


@dataclass(frozen=True)
class Verdict:
    """Confidence from 0 to 1 and the reasons against."""

    confidence: float
    warnings: list[str]


def require_object(mask: NDArray[np.float64]) -> None:
    """Raise `DataError` when the mask holds no object."""
    share = float((mask >= 0.5).mean())
    if share < SMALLEST_MASK:
        raise DataError(f"the mask covers {100 * share:.3g} % of the image; expected the object: check the segmentation, or pass a mask")


def require_start(vertices: Array, camera: Camera, pose: Pose) -> None:
    """Raise `DataError` when a start pose puts the mean shape (V, 3) [m] where no object of the image can be.

    Behind the camera, smaller than two pixels, or farther outside the image than the image is large: a pose in millimetres,
    turned round (camera to object) or in OpenGL axes.
    """
    points = pose.apply(torch.as_tensor(vertices)).detach()
    nearest, farthest = float(points[:, 2].min()), float(points[:, 2].max())
    if farthest <= camera.near:
        where = f"behind the camera (z from {nearest:.3g} to {farthest:.3g} m)"
    elif nearest > camera.near:
        u, v = camera.project(points).unbind(-1)
        size = max(float(u.max() - u.min()), float(v.max() - v.min()))
        beside = max(float(-u.max()), float(u.min()) - camera.width) / camera.width
        above = max(float(-v.max()), float(v.min()) - camera.height) / camera.height
        if size >= SMALLEST_START and max(beside, above) <= 1:
            return
        where = f"{size:.3g} px large, {nearest:.3g} m away" if size < SMALLEST_START else "far outside the image"
    else:
        return
    raise DataError(
        f"the start pose puts the object {where}; expected it in the image: object to camera (not the inverse), metres, "
        "OpenCV axes (x right, y down, z forward)"
    )


def border_share(mask: NDArray[np.float64]) -> float:
    """Return the share of the mask's outline that lies on the image border."""
    inside = mask >= 0.5
    padded = np.pad(inside, 1)
    outline = sum(int((padded[1:-1, 1:-1] & ~np.roll(padded, s, a)[1:-1, 1:-1]).sum()) for s, a in ((1, 0), (-1, 0), (1, 1), (-1, 1)))
    border = int(inside[0].sum() + inside[-1].sum() + inside[:, 0].sum() + inside[:, -1].sum())
    return border / max(outline, 1)


def judge(columns: Columns, views: Sequence[View], x: Array, overlaps: Sequence[float], covariance: Array | None = None) -> Verdict:
    """Judge a finished fit from what the caller can see: masks, silhouettes, prior, posterior.

    Parameters
    ----------
    columns : Columns
        The shape model.
    views : sequence of View
    x : (K + 6 views,) array
        Shape coefficients, then rotation vector [rad] and translation [m] of each view relative to its start.
    overlaps : sequence of float
        Intersection over union of rendered and observed mask, one a view.
    covariance : (K + 6 views, K + 6 views) array, optional
        Posterior covariance of `x`.
    """
    warnings: list[str] = []
    confidence = 1.0
    for v, (view, overlap) in enumerate(zip(views, overlaps, strict=True)):
        share = border_share(view.mask)
        if share > 0.02:
            warnings.append(f"view {v}: {100 * share:.0f} % of the object's outline lies on the image border: the object is cut")
            confidence *= max(0.2, 1 - 2 * share)
        if overlap < 0.9:
            warnings.append(f"view {v}: rendered and observed silhouette overlap by {overlap:.2f} only (a good fit has 0.95 and more)")
            confidence *= float(np.clip((overlap - 0.6) / 0.3, 0, 1))
    z = x[: columns.count]
    moved = float(np.sqrt(((columns.basis @ z) ** 2).sum() / max((columns.basis**2).sum(), 1e-30)))
    if moved > 2.0:
        warnings.append(f"the shape is {moved:.1f} standard deviations from the category's mean: wrong category or wrong scale?")
        confidence *= float(np.clip(1 - (moved - 2) / 2, 0.1, 1))
    for v in range(len(views)):
        first = columns.count + 6 * v
        turn, shift = x[first : first + 3], x[first + 3 : first + 6]
        if np.linalg.norm(turn) > 0.6 or np.linalg.norm(shift) > 0.12:
            degrees, centimetres = np.degrees(np.linalg.norm(turn)), 100 * np.linalg.norm(shift)
            warnings.append(
                f"view {v}: the pose moved by {degrees:.0f} degrees and {centimetres:.0f} cm from the start: outside the trusted range"
            )
            confidence *= 0.4
        if covariance is not None:
            warnings += _ambiguity(v, covariance[first : first + 3, first : first + 3])
    return Verdict(float(confidence), warnings)


def _ambiguity(v: int, covariance: Array) -> list[str]:
    """Name the axis about which the outline does not fix the rotation; one of many equal poses was returned."""
    values, vectors = np.linalg.eigh(covariance)
    spread = float(np.sqrt(max(values[-1], 0.0)))
    if spread < AMBIGUOUS:
        return []
    axis = vectors[:, -1] * np.sign(vectors[np.abs(vectors[:, -1]).argmax(), -1])
    x, y, z = axis + 0.0
    about = f"({x:.2f}, {y:.2f}, {z:.2f})"
    return [f"view {v}: the turn about the object's axis {about} is open: +-{np.degrees(spread):.0f} degrees (symmetric object?)"]
