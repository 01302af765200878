"""Evidence from the brightness inside the outline, under light that is estimated along with shape and pose.

The brightness of a pixel is the gain of its region times the light on the rendered normal under it. Light and gains
are eliminated at every evaluation (variable projection): the cost is the least over them, its gradient that at the optimum, and
in the normal matrix the derivative is projected on what light and gains cannot explain (Kaufman's approximation).

References
----------
Golub and Pereyra, Separable nonlinear least squares: the variable projection method and its applications, Inverse Problems 2003.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from renderfit import rendering
from renderfit.geometry import Camera
from renderfit.registration import lighting, orientation, rays
from renderfit.registration.columns import Columns
from renderfit.registration.photometry import Photometry

Array = NDArray[np.float64]
COARSEST = 64
"""Width [px] of the rendering from which on shading is looked at: before, the pose is too far off to fit a light."""
SLIP = 2.0
"""The surface may be off by so many pixels of a 256 px image: where the brightness changes fast it says less."""


class Shading:
    """The photograph's brightness compared with one rendering.

    Parameters
    ----------
    seen : Photometry
    worth : float
        As many independent pixels all of the view are worth.
    spread, robust : float
        Standard deviation of a relative brightness, and how many of them count in full.
    columns, vertices : Columns and (V, 3) array
        The model, and its present vertices, object frame [m].
    pose : (3, 3), (3,) arrays
        Rotation and translation [m].
    turned : (V, 3) array
        The vertices turned into the camera frame, without the offset.
    fragments, fine, full : Fragments, Camera, Camera
        The rendering, the camera it was made with, and that of the photograph.

    Attributes
    ----------
    facing : (N, 3) array
        Rendered normals, z up; zero where nothing was rendered.
    spread : (N,) array
        Standard deviation of each pixel's brightness.
    light : lighting.Light
    cost : float
        The least over light and gains.
    """

    def __init__(
        self, seen: Photometry, worth: float, spread: float, robust: float, columns: Columns, vertices: Array,
        pose: tuple[Array, Array], turned: Array, fragments: rendering.Fragments, fine: Camera, full: Camera,
    ) -> None:  # fmt: skip
        self._seen, self._columns, self._vertices, self._turned = seen, columns, vertices, turned
        self.spread = np.sqrt(spread**2 + (SLIP * seen.slope) ** 2)
        self._rotation, offset = pose
        face = rays.faces_under(seen.pixels, fragments, fine, full)
        self._hit, self._place, self._across = rays.met(seen.rays, face, columns.faces, turned, offset)
        self._own, self._sums = orientation.vertex_normals(vertices, columns.faces)
        self._normals, self._lengths = orientation.rendered(self._hit, self._place, columns.faces, self._own, self._rotation)
        self.facing = self._normals @ seen.upright.T
        counts = np.where(self._hit >= 0, worth / len(face), 0.0)
        self.light = lighting.estimate(
            lighting.basis(self.facing), seen.brightness, seen.regions, seen.materials, counts, self.spread, robust, seen.light
        )  # fmt: skip
        self.cost = self.light.cost

    def jacobian(self, twist: Array) -> Array:
        """Return the derivative (N, K + 6) of the residuals, light and gains held; `twist` as in `normal`."""
        columns, light = self._columns, self.light
        wanted = np.zeros(len(self._vertices), np.bool_)
        wanted[columns.faces[self._hit[self._hit >= 0]]] = True
        bent = orientation.normal_columns(self._vertices, columns.faces, columns.basis, self._own, self._sums, wanted)
        turning = orientation.jacobian(
            self._hit, self._place, self._across, self._seen.rays, self._normals, self._lengths, columns.faces, self._vertices,
            self._turned, columns.basis, self._own, bent, self._rotation, twist,
        )  # fmt: skip
        slope = lighting.slopes(self.facing, light.light) @ self._seen.upright
        slope *= (light.gains[self._seen.regions] / self.spread)[:, None]
        found: Array = np.einsum("nd,ndp->np", slope, turning)
        return found

    def normal(self, twist: Array) -> tuple[Array, Array]:
        """Return the normal matrix (K + 6, K + 6) and half the gradient; `twist` is the right Jacobian of the rotation vector."""
        light = self.light
        root = np.sqrt(light.weights)
        flat = root[:, None] * self.jacobian(twist)
        shared = (root[:, None] * light.tangent).T @ flat
        return flat.T @ flat - shared.T @ light.inverse @ shared, flat.T @ (root * light.residual)
