"""Settings of shape spaces from params.yaml."""

from __future__ import annotations

from typing import Any

from renderfit import config
from renderfit.shapes.rich import RichSettings


def configured() -> dict[str, Any]:
    """Return what params.yaml `shape_space` says, but the number of components, as keywords of `ShapeSpace.fit`."""
    s = config.section(config.ShapeSpace)
    rich = RichSettings(
        components=s.rich_components, scale=s.rich_scale, shift=s.rich_shift, local=s.rich_local, length=s.rich_length,
        landmarks=s.rich_landmarks, iterated=s.rich_iterated,
        smooth=s.fine_smooth, smooth_scale=s.fine_smooth_scale, smooth_length=s.fine_smooth_length, profile=s.fine_profile,
    )  # fmt: skip
    return {
        "points": s.points, "beta": s.beta, "lam": s.lam, "outliers": s.outliers, "iterations": s.iterations, "tolerance": s.tolerance,
        "rich": rich, "surface": s.surface,
    }  # fmt: skip
