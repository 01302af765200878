"""Predicted coordinates and normals at chosen pixels of one view, laid out for the solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera
from renderfit.registration.rays import through
from renderfit.vision.evidence import Evidence

Array = NDArray[np.float64]
COUNT = 500
"""About so many pixels are used: errors are correlated over many more."""
FINEST = 0.003
"""No prediction counts as better than this [m]."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Evidence at N pixels.

    Attributes
    ----------
    pixels : (N, 2) float64 array
        Column and row [px], image of the full size.
    frames : (N, 3, 3) float64 array
        Rows: two unit vectors across the pixel's ray and the ray itself, camera frame.
    points : (N, 3) float64 array
        Predicted surface points, object frame [m].
    scale : (N,) float64 array
        Standard deviation of a coordinate [m].
    normals : (N, 3) float64 array
        Predicted unit normals, camera frame.
    """

    pixels: Array
    frames: Array
    points: Array
    scale: Array
    normals: Array

    @classmethod
    def of(cls, evidence: Evidence, camera: Camera, count: int = COUNT) -> Samples:
        """Take about `count` valid pixels of `evidence` on a regular grid.

        Raises
        ------
        ShapeError
            If the evidence is not of the camera's size.
        DataError
            If nothing in it is valid.
        """
        if evidence.valid.shape != (camera.height, camera.width):
            raise ShapeError(f"evidence of shape {evidence.valid.shape}; expected ({camera.height}, {camera.width}) as the image")
        total = int(evidence.valid.sum())
        if total == 0:
            raise DataError("the evidence has no valid pixel; expected the object: check photograph and start pose")
        step = max(1, round(float(np.sqrt(total / count))))
        grid = np.zeros_like(evidence.valid)
        grid[step // 2 :: step, step // 2 :: step] = True
        chosen = grid & evidence.valid
        rows, columns = np.nonzero(chosen if chosen.any() else evidence.valid)
        pixels = np.stack([columns + 0.5, rows + 0.5], axis=1)
        scale = np.sqrt(2.0) * np.maximum(evidence.scale[rows, columns], FINEST)
        points = np.ascontiguousarray(evidence.coordinates[rows, columns], dtype=np.float64)
        normals = np.ascontiguousarray(evidence.normals[rows, columns], dtype=np.float64)
        return cls(pixels, _frames(through(pixels, camera)), points, scale, normals)


def _frames(along: Array) -> Array:
    first = np.cross(along, np.array([0.0, 1.0, 0.0]))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.ascontiguousarray(np.stack([first, np.cross(along, first), along], axis=1))
