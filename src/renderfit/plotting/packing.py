"""Geometry of a scene as 16-bit integers in base64."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import ShapeError


def pack(entry: dict[str, Any], low: NDArray[Any], span: float) -> dict[str, Any]:
    """Return the JSON entry of one object, quantised to the cube at `low` with side `span` [m]."""
    kept: dict[str, Any] = {key: entry[key] for key in ("kind", "name", "color", "opacity", "visible", "group", "size") if key in entry}
    kept |= {"count": len(entry["points"]), "points": _quantised(entry["points"], low, span)}
    if "faces" in entry:
        kept["faces"] = _text(entry["faces"].astype(np.uint16 if len(entry["points"]) <= 65536 else np.uint32))
        kept["wide"] = len(entry["points"]) > 65536
    if "colors" in entry:
        kept["colors"] = _text(np.clip(np.round(entry["colors"][:, :3] * 255), 0, 255).astype(np.uint8))
    if "frames" in entry:
        kept["frames"] = [_quantised(frame, low, span) for frame in entry["frames"]]
    if "basis" in entry:
        scale = float(np.abs(entry["basis"]).max()) or 1.0
        kept |= {"basis": [_text(np.round(d / scale * 32767).astype(np.int16)) for d in entry["basis"]], "scale": scale}
    return kept


def _quantised(points: NDArray[Any], low: NDArray[Any], span: float) -> str:
    return _text(np.clip(np.round((points - low) / span * 65535), 0, 65535).astype(np.uint16))


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()).decode()


def checked(points: Any, name: str, count: int = 0) -> NDArray[np.float64]:
    """Return (N, 3) float64 of an array or tensor, finite and of the expected length."""
    found = np.asarray(points.detach().cpu() if hasattr(points, "detach") else points, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != 3 or not len(found) or not np.isfinite(found).all() or (count and len(found) != count):
        raise ShapeError(f"{name}: got an array of shape {found.shape}; expected ({count or 'N'}, 3), finite and not empty")
    return found
