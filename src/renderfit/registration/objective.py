"""The cost of a registration: image residuals of every view plus a Gaussian prior.

The parameters x hold the K shape coefficients, then six numbers a view: a rotation vector [rad] and a
translation [m] relative to the start pose. A surface point p of the object goes to
``R0 exp(w) p + t0 + t`` in the camera frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from renderfit import rendering
from renderfit.geometry import Camera, Pose
from renderfit.registration import silhouette, twist
from renderfit.registration.blurring import blurred, covered, reduced
from renderfit.registration.columns import Columns
from renderfit.registration.photometry import Photometry
from renderfit.registration.rim import rims, settle
from renderfit.registration.samples import Samples
from renderfit.registration.shading import COARSEST, Shading
from renderfit.registration.terms import Terms, Trust

Array = NDArray[np.float64]
REFERENCE = 256
"""Residuals count in pixels of an image this wide, so that weights mean the same at every level."""
FACTOR = 2
"""Supersampling of the rendered mask."""


@dataclass(frozen=True)
class Prior:
    """Weights of the Gaussian prior; the units make one standard deviation of each parameter count the same.

    `weight` multiplies all of it and equals the variance of the image residuals it is balanced against.
    """

    weight: float = 3.0
    rotation: float = 0.15
    across: float = 0.03
    along: float = 0.003

    def diagonal(self, shape: int, views: int) -> Array:
        """Return the diagonal (shape + 6 views,) of the prior's normal matrix."""
        pose = [self.rotation**-2] * 3 + [self.across**-2] * 2 + [self.along**-2]
        return self.weight * np.concatenate([np.ones(shape), np.tile(pose, views)])


@dataclass(frozen=True, eq=False)
class View:
    """One observed image: its camera, the object's mask (H, W) in [0, 1], the start pose, what a network read off it, its brightness."""

    camera: Camera
    mask: Array
    start: Pose
    samples: Samples | None = None
    photometry: Photometry | None = None

    @cached_property
    def parts(self) -> tuple[Array, Array]:
        """Rotation (3, 3) and translation (3,) [m] of the start pose."""
        return self.start.rotation.numpy().astype(np.float64), self.start.translation.numpy().astype(np.float64)


@dataclass(frozen=True, eq=False)
class Level:
    """The views at one resolution: cameras and blurred target masks."""

    width: int
    sigma: float
    cameras: list[Camera]
    targets: list[Array]

    @classmethod
    def of(cls, views: Sequence[View], width: int, sigma: float) -> Level:
        """Reduce all `views` to at most `width` pixels on the longer side and blur by `sigma` px."""
        cameras = [view.camera.scaled(min(1.0, width / max(view.camera.width, view.camera.height))) for view in views]
        targets = [blurred(reduced(view.mask, camera), sigma, silhouette.REACH) for view, camera in zip(views, cameras, strict=True)]
        return cls(width, sigma, cameras, targets)


class State:
    """The cost at one parameter vector, and on demand its normal equations; one render a view."""

    def __init__(
        self, columns: Columns, views: Sequence[View], level: Level, precision: Array, x: Array, robust: float,
        trust: Trust | None = None, variance: float = 1.0, free: NDArray[np.int64] | None = None,
    ) -> None:  # fmt: skip
        self.x, self.variance, self._free = x, variance, free
        self._columns, self._views, self.level, self._precision, self._robust = columns, views, level, precision, robust
        self.vertices = columns.decode(x[: columns.count])
        self._outlines: list[tuple[NDArray[np.int32], NDArray[np.int32], Array]] = []
        self._drawn = [self._draw(v) for v in range(len(views))]
        self.image_cost = sum(self._loss(drawn[-1]) for drawn in self._drawn)
        self._terms = [[] if trust is None else self._compared(v, trust) for v in range(len(views))]
        self.evidence_cost = variance * sum(term.cost for terms in self._terms for term in terms)
        self.prior_cost = float((precision * x) @ x)

    @property
    def cost(self) -> float:
        """Mask residuals squared (robust), evidence and prior."""
        return self.image_cost + self.evidence_cost + self.prior_cost

    def placed(self, v: int) -> tuple[Array, Array]:
        """Return the rotation (3, 3) and translation (3,) [m] of view `v`."""
        first = self._columns.count + 6 * v
        rotation, translation = self._views[v].parts
        return rotation @ twist.rotation(self.x[first : first + 3]), translation + self.x[first + 3 : first + 6]

    def overlaps(self) -> list[float]:
        """Return the intersection over union of rendered and observed mask of each view, at the level's resolution."""
        found = []
        for target, drawn in zip(self.level.targets, self._drawn, strict=True):
            seen, shown = target >= 0.5, drawn[-1] * self.level.width / REFERENCE + target >= 0.5
            found.append(float((seen & shown).sum() / max((seen | shown).sum(), 1)))
        return found

    def misfit(self) -> float:
        """Return the squared residuals of all views over the length of their outlines [px of an image `REFERENCE` wide]."""
        pieces = sum(len(outline) for outline, *_ in self._outlines)
        return self.image_cost / max(1.0, pieces / FACTOR * REFERENCE / self.level.width)

    def _draw(self, v: int) -> tuple[Array, Array, Array, rendering.Fragments, Camera, Array]:
        rotation, translation = self.placed(v)
        turned = self.vertices @ rotation.T
        camera = self.level.cameras[v]
        fine = camera.scaled(FACTOR)
        fragments = rendering.rasterize(turned + translation, self._columns.faces, fine, backend="cpu")
        pieces, share = silhouette.outline(fragments.face_id), covered(fragments.face_id, FACTOR)
        at, shares, reach, worth = rims(pieces, fragments.face_id, fragments.pixels, self._columns.faces, self._columns.neighbours)
        settle(share, pieces, reach, worth, FACTOR)
        self._outlines.append((pieces, at, shares))
        shown = blurred(share, self.level.sigma, silhouette.REACH)
        residual = (shown - self.level.targets[v]) * (REFERENCE / self.level.width)
        return rotation, translation, turned, fragments, fine, residual

    def _compared(self, v: int, trust: Trust) -> list[Terms | Shading]:
        view = self._views[v]
        rotation, translation, turned, fragments, fine, _ = self._drawn[v]
        shown = (self._columns, self.vertices, (rotation, translation), turned, fragments, fine, view.camera)
        found: list[Terms | Shading] = []
        if view.samples is not None:
            found.append(Terms(view.samples, trust, *shown))
        if view.photometry is not None and trust.shading > 0 and self.level.width >= COARSEST:
            found.append(Shading(view.photometry, trust.shading, trust.uneven, trust.robust, *shown))
        return found

    def _weights(self, residual: Array) -> Array:
        """Return Huber's weights for residuals beyond `robust` of full contrast."""
        return np.minimum(1.0, self._robust * REFERENCE / self.level.width / np.maximum(np.abs(residual), 1e-12))

    def _loss(self, residual: Array) -> float:
        limit = self._robust * REFERENCE / self.level.width
        size = np.abs(residual)
        return float(np.where(size <= limit, size**2, 2 * limit * size - limit**2).sum() if np.isfinite(limit) else (residual**2).sum())

    def normal(self, free: NDArray[np.int64] | None = None) -> tuple[Array, Array]:
        """Return the normal matrix (P, P) and half the gradient (P,) of the cost, prior included.

        What the image adds stands in the rows and columns of the `free` parameters only; default: those the state was made with, or all.
        """
        columns = self._columns
        count = columns.count
        wanted = self._free if free is None else free
        moved = np.arange(len(self.x)) if wanted is None else wanted
        shape = moved[moved < count]
        matrix = np.diag(self._precision)
        gradient = self._precision * self.x
        for v, (rotation, translation, turned, _, fine, residual) in enumerate(self._drawn):
            pieces, at, shares = self._outlines[v]
            first = count + 6 * v
            pose = np.arange(first, first + 6)
            where = np.concatenate([np.arange(count), pose])
            for term in self._terms[v]:
                a, b = term.normal(twist.right_jacobian(self.x[first : first + 3]))
                matrix[np.ix_(where, where)] += self.variance * a
                gradient[where] += self.variance * b
            if not len(pieces):
                continue
            posed = bool(np.isin(pose, moved).any())
            where = np.concatenate([shape, pose]) if posed else shape
            flow = silhouette.outward_flow(
                pieces, at, shares, columns.faces, self.vertices, turned, translation, columns.part(shape), rotation,
                twist.right_jacobian(self.x[first : first + 3]), fine.fx, fine.fy, posed,
            )  # fmt: skip
            flow *= REFERENCE / self.level.width
            pixels, jacobian = silhouette.spread(pieces, flow, FACTOR, self.level.sigma, residual.shape)
            seen = residual.reshape(-1)[pixels]
            if np.isfinite(self._robust):
                root = np.sqrt(self._weights(seen))
                jacobian, seen = jacobian * root[:, None], seen * root
            matrix[np.ix_(where, where)] += jacobian.T @ jacobian  # a matrix times its own transpose: half the work
            gradient[where] += jacobian.T @ seen
        return matrix, gradient
