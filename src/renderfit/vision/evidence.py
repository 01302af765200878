"""What a network reads off a photograph about an object's pose and shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import ShapeError


@dataclass(frozen=True, eq=False)
class Evidence:
    """Predictions for every pixel of a photograph, at its full size.

    Attributes
    ----------
    mask : (H, W) float64 array
        Probability in [0, 1] that the pixel shows the object; 0 outside the window that was looked at.
    coordinates : (H, W, 3) float64 array
        The surface point the pixel shows, in the object's own frame at its true pose [m]; 0 where not valid.
    scale : (H, W) float64 array
        Expected absolute error of one coordinate [m]: the scale of a Laplace distribution. 0 where not valid.
    normals : (H, W, 3) float64 array
        Unit surface normals, camera frame, towards the camera; 0 where not valid.
    valid : (H, W) bool array
        Where coordinates, scale and normals were predicted and the mask exceeds one half.

    Raises
    ------
    ShapeError
        If the arrays are not of one size.
    """

    mask: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    scale: NDArray[np.float64]
    normals: NDArray[np.float64]
    valid: NDArray[np.bool_]

    def __post_init__(self) -> None:
        size = self.mask.shape
        shapes = [self.coordinates.shape, self.scale.shape, self.normals.shape, self.valid.shape]
        if len(size) != 2 or shapes != [(*size, 3), size, (*size, 3), size]:
            raise ShapeError(f"evidence of shapes {[size, *shapes]}; expected (H, W), (H, W, 3), (H, W), (H, W, 3), (H, W)")
