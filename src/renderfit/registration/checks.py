"""Is the answer to be trusted? Checks of input and fit that lower the confidence and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.registration.columns import Columns
from renderfit.registration.objective import View
from renderfit.registration.ours import Solved

TRUSTED = 0.5
"""Confidence below which a registration does not count as converged."""
SMALLEST_MASK = 0.001
"""Share of the image below which a mask counts as empty."""


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


def judge(columns: Columns, views: Sequence[View], solved: Solved) -> Verdict:
    """Judge a finished fit from what the caller can see: masks, silhouettes, prior."""
    warnings: list[str] = []
    confidence = 1.0
    overlaps = solved.state.overlaps()
    for v, (view, overlap) in enumerate(zip(views, overlaps, strict=True)):
        share = border_share(view.mask)
        if share > 0.02:
            warnings.append(f"view {v}: {100 * share:.0f} % of the object's outline lies on the image border: the object is cut")
            confidence *= max(0.2, 1 - 2 * share)
        if overlap < 0.9:
            warnings.append(f"view {v}: rendered and observed silhouette overlap by {overlap:.2f} only (a good fit has 0.95 and more)")
            confidence *= float(np.clip((overlap - 0.6) / 0.3, 0, 1))
    z = solved.x[: columns.count]
    moved = float(np.sqrt(((columns.basis @ z) ** 2).sum() / max((columns.basis**2).sum(), 1e-30)))
    if moved > 2.0:
        warnings.append(f"the shape is {moved:.1f} standard deviations from the category's mean: wrong category or wrong scale?")
        confidence *= float(np.clip(1 - (moved - 2) / 2, 0.1, 1))
    for v in range(len(views)):
        turn, shift = solved.x[columns.count + 6 * v :][:3], solved.x[columns.count + 6 * v :][3:6]
        if np.linalg.norm(turn) > 0.6 or np.linalg.norm(shift) > 0.12:
            degrees, centimetres = np.degrees(np.linalg.norm(turn)), 100 * np.linalg.norm(shift)
            warnings.append(
                f"view {v}: the pose moved by {degrees:.0f} degrees and {centimetres:.0f} cm from the start: outside the trusted range"
            )
            confidence *= 0.4
    return Verdict(float(confidence), warnings)
