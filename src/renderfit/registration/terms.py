"""What predicted coordinates and normals of one view add to the cost, and to its normal equations.

Errors of a network are not independent from pixel to pixel. Two things account for that: all pixels of a view
together count as `coordinates` (or `normals`) independent ones, and an error that is common to the
whole view, a turn and a shift, is part of the noise model: with J_c its derivative and S its variance, the residuals
have the covariance W^-1 + J_c S J_c^T, inverted by Woodbury's identity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from renderfit import rendering
from renderfit.geometry import Camera
from renderfit.registration import coordinates, orientation
from renderfit.registration.columns import Columns
from renderfit.registration.samples import Samples

Array = NDArray[np.float64]
UNCOVERED = np.array([1.0, 0.0, 0.0])
"""What a normal counts for where nothing is rendered: off by a radian, whatever the parameters. Were it nothing, the object would flee."""


@dataclass(frozen=True)
class Trust:
    """How far predictions are believed.

    Attributes
    ----------
    coordinates, normals : float
        As many independent pixels all of a view are worth; 0 leaves the evidence out.
    turn, shift : float
        Standard deviations of the common error of the coordinates [rad, m].
    tilt, spread : float
        Standard deviations of the normals [rad]: common to the view, and of each.
    robust : float
        Standard deviations beyond which a pixel's residual counts linearly only.
    shading : float
        As many independent pixels the photograph's brightness inside the outline is worth; 0 leaves it out.
    uneven : float
        Standard deviation of a pixel's brightness, relative to its material's: texture, shadows, gloss.
    """

    coordinates: float = 15.0
    normals: float = 10.0
    turn: float = 0.07
    shift: float = 0.003
    tilt: float = 0.05
    spread: float = 0.3
    robust: float = 2.0
    shading: float = 0.0
    uneven: float = 0.06

    def turns_fast(self, predicted: bool, photographed: bool) -> bool:
        """Tell whether normals (where there are predictions) or shading (where there is a photograph) count."""
        return (predicted and self.normals > 0) or (photographed and self.shading > 0)

    def far_off(self) -> Trust:
        """Return the trust while the object is not yet where it is seen: none in normals and shading."""
        return replace(self, normals=0.0, shading=0.0)


@dataclass(frozen=True, eq=False)
class _Block:
    """Residuals (N, 3) in standard deviations, derivative (N, 3, C) by the common error, its precision, weights (N,), cost."""

    residual: Array
    common: Array
    weights: Array
    inverse: Array
    pull: Array
    cost: float

    @classmethod
    def of(cls, residual: Array, common: Array, deviations: Array, worth: float, robust: float, used: int) -> _Block:
        size = np.linalg.norm(residual, axis=1)
        factor = worth / max(used, 1)
        near = np.minimum(size, robust)
        loss = near * (2 * size - near)
        weights = factor * np.minimum(1.0, robust / np.maximum(size, 1e-12))
        weighted = common * weights[:, None, None]
        inverse = np.linalg.inv(np.einsum("nrc,nrd->cd", weighted, common) + np.diag(deviations**-2.0))
        pull = np.einsum("nrc,nr->c", weighted, residual)
        return cls(residual, common, weights, inverse, pull, float(factor * loss.sum() - pull @ inverse @ pull))

    def normal(self, jacobian: Array) -> tuple[Array, Array]:
        """Return the normal matrix (P, P) and half the gradient (P,) for a derivative (N, 3, P)."""
        root = np.sqrt(self.weights)[:, None, None]
        flat = (root * jacobian).reshape(-1, jacobian.shape[2])
        common = (root * self.common).reshape(-1, self.common.shape[2])
        shared = common.T @ flat
        matrix = flat.T @ flat - shared.T @ self.inverse @ shared
        gradient = flat.T @ (root[..., 0] * self.residual).reshape(-1) - shared.T @ self.inverse @ self.pull
        return matrix, gradient


class Terms:
    """The evidence of one view compared with one rendering."""

    def __init__(
        self, samples: Samples, trust: Trust, columns: Columns, vertices: Array, pose: tuple[Array, Array], turned: Array,
        fragments: rendering.Fragments, fine: Camera, full: Camera,
    ) -> None:  # fmt: skip
        self._samples, self._trust, self._columns, self._vertices, self._turned = samples, trust, columns, vertices, turned
        self._rotation, offset = pose
        face_id = np.ascontiguousarray(fragments.face_id, dtype=np.int32)
        placed = (samples.pixels * [fine.width / full.width, fine.height / full.height]).astype(np.int64)
        column, row = np.minimum(placed[:, 0], fine.width - 1), np.minimum(placed[:, 1], fine.height - 1)
        residual, common, self._hit, self._place, self._across = coordinates.residuals(
            samples.points, samples.frames, samples.scale, row, column, face_id, columns.faces, turned, offset, self._rotation,
            samples.points.mean(axis=0),
        )  # fmt: skip
        self.cost = 0.0
        self._coordinates: _Block | None = None
        self._normals: _Block | None = None
        if trust.coordinates > 0:
            deviations = np.array([trust.turn] * 3 + [trust.shift] * 3)
            self._coordinates = _Block.of(residual, common, deviations, trust.coordinates, trust.robust, len(residual))
            self.cost += self._coordinates.cost
        if trust.normals > 0:
            self._own, self._sums = orientation.vertex_normals(vertices, columns.faces)
            self._seen, self._lengths = orientation.rendered(self._hit, self._place, columns.faces, self._own, self._rotation)
            found = self._hit >= 0
            off = np.where(found[:, None], self._seen - samples.normals, UNCOVERED) / trust.spread
            tilts = np.cross(samples.normals[:, None, :], np.eye(3)[None]).transpose(0, 2, 1) / trust.spread
            tilts[~found] = 0.0
            self._normals = _Block.of(off, tilts, np.full(3, trust.tilt), trust.normals, trust.robust, len(off))
            self.cost += self._normals.cost

    def normal(self, twist: Array) -> tuple[Array, Array]:
        """Return the normal matrix (K + 6, K + 6) and half the gradient; `twist` is the right Jacobian of the rotation vector."""
        columns, samples = self._columns, self._samples
        size = columns.count + 6
        matrix, gradient = np.zeros((size, size)), np.zeros(size)
        if self._coordinates is not None:
            found = coordinates.jacobian(
                samples.points, samples.frames, samples.scale, self._hit, self._place, self._across, columns.faces, self._vertices,
                columns.basis, self._rotation, twist,
            )  # fmt: skip
            a, b = self._coordinates.normal(found)
            matrix, gradient = matrix + a, gradient + b
        if self._normals is not None:
            wanted = np.zeros(len(self._vertices), np.bool_)
            wanted[columns.faces[self._hit[self._hit >= 0]]] = True
            bent = orientation.normal_columns(self._vertices, columns.faces, columns.basis, self._own, self._sums, wanted)
            found = orientation.jacobian(
                self._hit, self._place, np.ascontiguousarray(self._across[:, :3]), np.ascontiguousarray(samples.frames[:, 2]), self._seen,
                self._lengths, columns.faces, self._vertices, self._turned, columns.basis, self._own, bent, self._rotation, twist,
            )  # fmt: skip
            a, b = self._normals.normal(found / self._trust.spread)
            matrix, gradient = matrix + a, gradient + b
        return matrix, gradient
