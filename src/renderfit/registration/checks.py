"""Is the answer to be trusted? Checks of input and fit that lower the confidence and say why.

The confidence is a product of factors from 0 to 1, one for each thing that the caller could see for himself: the outline meets that of
the mask, the object is whole, the shape is one of the category, the pose near its start, and the posterior leaves the pose little room.
It is a grade, no probability. Below `TRUSTED` something is wrong. A fit in order whose pose the outline leaves open keeps `TRUSTED` at
least: it counts as converged, with a warning and a confidence of at most `OPEN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.registration.columns import Columns
from renderfit.registration.expected import Expected
from renderfit.registration.objective import View

Array = NDArray[np.float64]
TRUSTED = 0.5
"""Confidence below which a registration does not count as converged."""
FAR = 0.03
"""Mean distance of a cloud from its fit, as a share of the object's size, that is no good fit any more."""
SMALLEST_MASK = 0.001
"""Share of the image below which a mask counts as empty."""
UNSETTLED = "the iterations ended before the cost had settled: the answer may still be on its way"
"""The warning of a fit that reached no plateau."""
LOOSE_TURN = 0.07
"""Posterior standard deviation [rad] of the rotation, about the axis it knows least, from which a warning is due; a start has 0.15."""
LOOSE_SURFACE = 0.02
"""The same of the surface, by the pose alone, as a share of the object's size; see `renderfit.registration.expected`."""
OPEN = 0.75
"""Confidence at which the warning of an open pose begins; it falls from 1 at half of either bound to `TRUSTED` at one and a half."""


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


def border_share(mask: NDArray[np.float64]) -> float:
    """Return the share of the mask's outline that lies on the image border."""
    inside = mask >= 0.5
    padded = np.pad(inside, 1)
    outline = sum(int((padded[1:-1, 1:-1] & ~np.roll(padded, s, a)[1:-1, 1:-1]).sum()) for s, a in ((1, 0), (-1, 0), (1, 1), (-1, 1)))
    border = int(inside[0].sum() + inside[-1].sum() + inside[:, 0].sum() + inside[:, -1].sum())
    return border / max(outline, 1)


def judge(
    columns: Columns, views: Sequence[View], x: Array, overlaps: Sequence[float], expected: Sequence[Expected] | None = None
) -> Verdict:
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
    expected : sequence of Expected, optional
        What the posterior expects of each view's answer; of a known pose it leaves nothing open.
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
    warnings_of_shape, factor = _shape(columns, x)
    warnings += warnings_of_shape
    confidence *= factor
    for v in range(len(views)):
        first = columns.count + 6 * v
        warnings_of_pose, factor = _pose(f"view {v}: ", x[first : first + 6])
        warnings += warnings_of_pose
        confidence *= factor
        if expected is not None:
            warnings_of_room, factor = _room(f"view {v}: ", expected[v])
            warnings += warnings_of_room
            confidence *= factor
    return Verdict(float(confidence), warnings)


def judge_cloud(columns: Columns, x: Array, distances: Array, size: float) -> Verdict:
    """Judge a fit to a cloud from what is left between them.

    Parameters
    ----------
    columns : Columns
        The shape model.
    x : (K + 6,) array
        Shape coefficients, then rotation vector [rad] and translation [m] relative to the start.
    distances : (N,) array
        From each point to its nearest fitted vertex [m].
    size : float
        Diagonal of the mean shape [m].
    """
    left = float(distances.mean()) / size
    warnings, confidence = [], 1.0
    if left > FAR:
        warnings.append(
            f"the points lie {1e3 * left * size:.1f} mm from the fitted shape on average, {100 * left:.0f} % of its size (a good fit has "
            f"less than {100 * FAR:.0f} %): another object, other things in the cloud, or a start pose too far off?"
        )
        confidence = float(np.clip((2.5 * FAR - left) / (1.5 * FAR), 0.05, 1))
    for found, factor in (_shape(columns, x), _pose("", x[columns.count :])):
        warnings += found
        confidence *= factor
    return Verdict(float(confidence), warnings)


def _shape(columns: Columns, x: Array) -> tuple[list[str], float]:
    """Return the complaint about a shape that the category hardly has, and the factor of the confidence."""
    z = x[: columns.count]
    moved = float(np.sqrt((columns.offsets(z) ** 2).sum() / max(columns.spread, 1e-30)))
    if moved <= 2.0:
        return [], 1.0
    reason = f"the shape is {moved:.1f} standard deviations from the category's mean: wrong category or wrong scale?"
    return [reason], float(np.clip(1 - (moved - 2) / 2, 0.1, 1))


def _pose(whose: str, moved: Array) -> tuple[list[str], float]:
    """Return the complaint about a pose (6,) [rad, m] far from its start, and the factor of the confidence."""
    turn, shift = np.linalg.norm(moved[:3]), np.linalg.norm(moved[3:])
    if turn <= 0.6 and shift <= 0.12:
        return [], 1.0
    by = f"{np.degrees(turn):.0f} degrees and {100 * shift:.0f} cm"
    return [f"{whose}the pose moved by {by} from the start: outside the trusted range"], 0.4


def _room(whose: str, expected: Expected) -> tuple[list[str], float]:
    """Return the complaint about a pose that the image leaves open, and the factor of the confidence, `TRUSTED` to 1."""
    values, vectors = np.linalg.eigh(expected.turn)
    spread = float(np.sqrt(max(values[-1], 0.0)))
    doubt = max(spread / LOOSE_TURN, expected.posed / (LOOSE_SURFACE * expected.size))
    factor = float(np.clip(1 - (1 - OPEN) * (2 * doubt - 1), TRUSTED, 1))
    if doubt < 1:
        return [], factor
    axis = vectors[:, -1] * np.sign(vectors[np.abs(vectors[:, -1]).argmax(), -1])
    x, y, z = axis + 0.0
    return [
        f"{whose}the outline leaves the pose open: the turn about the object's axis ({x:.2f}, {y:.2f}, {z:.2f}) by "
        f"+-{np.degrees(spread):.1f} degrees, the placed surface by +-{1e3 * expected.surface:.1f} mm; a further view or a known pose (a "
        "marker, a stand) fixes it; of a symmetric object one of many equal turns was returned"
    ], factor
