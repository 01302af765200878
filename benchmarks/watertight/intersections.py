"""Count the faces of a mesh that pierce another of its faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import triangle_tree
from renderfit.watertight.piercing import pierced

DEEP = 1e-6  # [longest side of the bounding box]; faces that only touch, or cross less deeply, are not counted


def piercing(vertices: NDArray, faces: NDArray) -> NDArray[np.bool_]:
    """Return which faces (F,) pierce, or are pierced by, another face."""
    x, triangles = np.ascontiguousarray(vertices, dtype=np.float64), np.ascontiguousarray(faces, dtype=np.int64)
    used = x[triangles]
    deep = DEEP * float((used.max(axis=(0, 1)) - used.min(axis=(0, 1))).max())
    return pierced(x, triangles, triangle_tree.build(x, triangles), deep, np.ones(len(triangles), dtype=bool))
