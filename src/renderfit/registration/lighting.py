"""Light estimated from the photograph: brightness = gain of the region times spherical harmonics of the normal.

A matte convex surface under any distant light is described to within a few percent by the nine spherical harmonics of the
normal up to second order. What the light may be is a Gaussian: mean and covariance over scenes of one lamp somewhere
above the horizon and light from all around. Without it the light could follow any common turn of all normals.

References
----------
Basri and Jacobs, Lambertian reflectance and linear subspaces, PAMI 2003; Ramamoorthi and Hanrahan, An efficient
representation for irradiance environment maps, SIGGRAPH 2001.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ORDER = 9
"""Spherical harmonics up to the second order."""
LOOSE = 0.05
"""Standard deviation of every coefficient on top of what the scenes of the prior spread."""
LEVEL = 0.3
"""Standard deviation of the light's level."""
MATERIAL, REGION = 0.5, 0.2
"""Standard deviations of a gain: common to the regions of one material, and of each region (a shadow, another paint)."""
CERTAIN = 1e8
"""Precision of the coefficients of a light that is known."""
STEPS = 30
"""Most steps of the estimate."""


def basis(normals: Array) -> Array:
    """Return the nine polynomials (N, 9) of unit normals (N, 3): 1, x, y, z, xy, yz, zx, x^2 - y^2, 3 z^2 - 1."""
    x, y, z = normals.T
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, z * x, x * x - y * y, 3 * z * z - 1], axis=1)


def slopes(normals: Array, light: Array) -> Array:
    """Return the derivative (N, 3) of ``basis(normals) @ light`` by the normals."""
    x, y, z = normals.T
    return np.stack(
        [
            light[1] + light[4] * y + light[6] * z + 2 * light[7] * x,
            light[2] + light[4] * x + light[5] * z - 2 * light[7] * y,
            light[3] + light[5] * y + light[6] * x + 6 * light[8] * z,
        ],
        axis=1,
    )


def lamp(direction: Array) -> Array:
    """Return the coefficients (9,) of a lamp in a unit `direction` (3,), mean one over all normals.

    The clamped cosine is 1/4 (1 + 2 n.d + 5/8 (3 (n.d)^2 - 1)) up to the second order.
    """
    x, y, z = direction
    mixed = 3.75 * np.array([x * y, y * z, z * x])
    return np.array([1.0, 2 * x, 2 * y, 2 * z, *mixed, 0.9375 * (x * x - y * y), 0.3125 * (3 * z * z - 1)])


@functools.cache
def prior() -> tuple[Array, Array]:
    """Return mean (9,) and precision (9, 9) of the light, z up; its mean over all normals is one.

    A lamp shines from any direction above the horizon (uniform over the half sphere) with one tenth to nine tenths of the light;
    the rest comes from all around, from above twice as much as from below.
    """
    around = np.array([1.0, 0, 0, 1 / 3, 0, 0, 0, 0, 0])
    scenes = []
    for height in (np.arange(8) + 0.5) / 8:
        for azimuth in 2 * np.pi * np.arange(16) / 16:
            flat = np.sqrt(1 - height**2)
            one = lamp(np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), height]))
            scenes += [share * one + (1 - share) * around for share in np.linspace(0.1, 0.9, 5)]
    seen = np.array(scenes)
    covariance = np.cov(seen.T) + LOOSE**2 * np.eye(ORDER)
    covariance[0, 0] += LEVEL**2
    precision = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    return np.asarray(seen.mean(axis=0), dtype=np.float64), precision


@dataclass(frozen=True, eq=False)
class Light:
    """Light and gains that explain the brightness best.

    Attributes
    ----------
    light : (9,) array
        Coefficients of `basis`, z up.
    gains : (R,) array
        Of each region.
    residual, weights : (N,) arrays
        In standard deviations, and what each pixel counts.
    tangent : (N, 9 + R) array
        Derivative of the residual by light and gains.
    inverse : (9 + R, 9 + R) array
        Of their normal matrix, prior included.
    cost : float
        At the optimum, priors of light and gains included.
    """

    light: Array
    gains: Array
    residual: Array
    weights: Array
    tangent: Array
    inverse: Array
    cost: float


def gain_precision(materials: NDArray[np.int64]) -> Array:
    """Return the precision (R, R) of the gains of regions of `materials` (R,)."""
    same = materials[:, None] == materials[None]
    inverse: Array = np.linalg.inv(MATERIAL**2 * same + REGION**2 * np.eye(len(materials)))
    return inverse


def estimate(
    shape: Array, brightness: Array, regions: NDArray[np.int64], materials: NDArray[np.int64], worth: Array, spread: Array, robust: float,
    known: Array | None = None,
) -> Light:  # fmt: skip
    """Fit light and gains by Gauss-Newton with Huber's weights; deterministic.

    Parameters
    ----------
    shape : (N, 9) array
        `basis` of the normals, z up.
    brightness : (N,) array
        Linear, as of `Photometry`.
    regions, materials : (N,), (R,) int64 arrays
        Region of each pixel, material of each region.
    worth : (N,) array
        So many independent pixels each of them counts for.
    spread : (N,) array
        Standard deviation of the brightness.
    robust : float
        How many of them a residual may have before it counts linearly only.
    known : (9,) array, optional
        The light, where it is known: then only the gains are fitted.
    """
    mean, precision = prior() if known is None else (known, CERTAIN * np.eye(ORDER))
    count = len(materials)
    weight = np.zeros((ORDER + count, ORDER + count))
    weight[:ORDER, :ORDER], weight[ORDER:, ORDER:] = precision, gain_precision(materials)
    centre = np.concatenate([mean, np.ones(count)])
    shown = np.zeros((len(regions), count))
    shown[np.arange(len(regions)), regions] = 1.0

    def at(u: Array) -> tuple[Array, Array, float]:
        residual = (u[ORDER:][regions] * (shape @ u[:ORDER]) - brightness) / spread
        size = np.abs(residual)
        near = np.minimum(size, robust)
        off = u - centre
        cost = float((worth * near * (2 * size - near)).sum() + off @ weight @ off)
        return residual, worth * np.minimum(1.0, robust / np.maximum(size, 1e-12)), cost

    def linear(u: Array, weights: Array) -> tuple[Array, Array]:
        tangent = np.concatenate([u[ORDER:][regions][:, None] * shape, shown * (shape @ u[:ORDER])[:, None]], axis=1) / spread[:, None]
        return tangent, tangent.T @ (weights[:, None] * tangent) + weight

    u = centre
    residual, weights, cost = at(u)
    for _ in range(STEPS):
        tangent, matrix = linear(u, weights)
        step = np.linalg.solve(matrix, tangent.T @ (weights * residual) + weight @ (u - centre))
        tried = at(u - step)
        while tried[2] > cost * (1 + 1e-12) and np.abs(step).max() > 1e-9:
            step = step / 2
            tried = at(u - step)
        u = u - step
        residual, weights, cost = tried
        if np.abs(step).max() < 1e-7:
            break
    tangent, matrix = linear(u, weights)
    inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    return Light(u[:ORDER], u[ORDER:], residual, weights, tangent, inverse, cost)
