"""The expectation step of Coherent Point Drift, fused and without a posterior matrix.

Template points lie in a Gaussian mixture; pairs whose posterior cannot reach rounding error are
skipped in blocks, so a narrow mixture costs a few neighbours per point instead of all pairs.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCK = 32
"""Points per block; consecutive points must lie close together (see `spatial_order`)."""
NEGLIGIBLE = 1e-15
"""Skipped posterior mass per reference point, at most."""


class Posterior(NamedTuple):
    """Sums over the posterior p_mn of template point m given reference point n.

    Attributes
    ----------
    p1 : (M,) array
        Sum over n.
    pt1 : (N,) array
        Sum over m; one minus the outlier probability.
    px : (M, 3) array
        Posterior-weighted sum of reference points.
    log_likelihood : float
        Sum over n of log p(x_n) under the mixture and the uniform component.
    """

    p1: Floats
    pt1: Floats
    px: Floats
    log_likelihood: float


def spatial_order(points: Floats) -> NDArray[np.int64]:
    """Return a permutation (N,) that puts neighbours in blocks: medians of the longest side, recursively."""
    order = np.arange(len(points))
    _halve(np.ascontiguousarray(points), order)
    return order


def _halve(points: Floats, order: NDArray[np.int64]) -> None:
    stack = [(0, len(order))]
    while stack:
        low, high = stack.pop()
        count = high - low
        if count <= BLOCK:
            continue
        part = points[order[low:high]]
        axis = int(np.ptp(part, axis=0).argmax())
        half = max(BLOCK, (count // 2 + BLOCK - 1) // BLOCK * BLOCK)
        if half >= count:
            continue
        order[low:high] = order[low:high][np.argpartition(part[:, axis], half, kind="introselect")]
        stack += [(low, low + half), (low + half, high)]


def expectation(moved: Floats, reference: Floats, sigma2: float, outliers: float) -> Posterior:
    """Return the posterior sums of `reference` (N, 3) under Gaussians at `moved` (M, 3).

    Parameters
    ----------
    moved, reference : (M, 3), (N, 3) float64 arrays
        Both in spatial order (any order is right, this one is fast).
    sigma2 : float
        Variance of each Gaussian.
    outliers : float
        Weight of the uniform component, in [0, 1).

    References
    ----------
    Myronenko and Song, "Point set registration: Coherent Point Drift", 2010; section 3.2.1 of the paper.
    """
    count, total = len(moved), len(reference)
    uniform = (2 * np.pi * sigma2) ** 1.5 * outliers / (1 - outliers) * count / total
    cut = np.inf
    if uniform > 0:
        cut = 2 * sigma2 * max(0.0, -np.log(NEGLIGIBLE * uniform / count))
    p1, px, pt1 = np.zeros(count), np.zeros((3, count)), np.empty(total)
    columns = np.ascontiguousarray(moved.T)
    log_sum = _sweep(columns, np.ascontiguousarray(reference), 0.5 / sigma2, uniform, cut, p1, px, pt1)
    log_likelihood = log_sum + total * (np.log((1 - outliers) / count) - 1.5 * np.log(2 * np.pi * sigma2))
    return Posterior(p1, pt1, np.ascontiguousarray(px.T), float(log_likelihood))


@numba.njit(cache=True, inline="always")
def _exp(x: float) -> float:
    """exp(x) for -700 < x <= 0 to about one unit in the last place, in a form compilers vectorise."""
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = (np.float64(shifted).view(np.int64) << np.int64(52)) + np.int64(4607182418800017408)
    return p * np.int64(bits).view(np.float64)


@numba.njit(cache=True)
def _kernel(columns: Floats, low: int, high: int, x: float, y: float, z: float, scale: float, out: Floats, at: int) -> None:
    for m in range(low, high):
        dx, dy, dz = columns[0, m] - x, columns[1, m] - y, columns[2, m] - z
        out[at + m - low] = _exp(max(-700.0, -scale * (dx * dx + dy * dy + dz * dz)))


@numba.njit(cache=True, fastmath={"reassoc", "nsz", "contract"})
def _total(values: Floats, count: int) -> float:
    total = 0.0
    for i in range(count):
        total += values[i]
    return total


@numba.njit(cache=True)
def _spread(values: Floats, at: int, low: int, high: int, x: float, y: float, z: float, inverse: float, p1: Floats, px: Floats) -> None:
    for m in range(low, high):
        p = values[at + m - low] * inverse
        p1[m] += p
        px[0, m] += p * x
        px[1, m] += p * y
        px[2, m] += p * z


@numba.njit(cache=True)
def _boxes(columns: Floats) -> Floats:
    count = columns.shape[1]
    blocks = (count + BLOCK - 1) // BLOCK
    boxes = np.empty((blocks, 6))
    for b in range(blocks):
        for d in range(3):
            part = columns[d, b * BLOCK : min(count, (b + 1) * BLOCK)]
            boxes[b, d] = part.min()
            boxes[b, d + 3] = part.max()
    return boxes


@numba.njit(cache=True)
def _sweep(columns: Floats, reference: Floats, scale: float, uniform: float, cut: float, p1: Floats, px: Floats, pt1: Floats) -> float:
    count, total = columns.shape[1], len(reference)
    boxes, others = _boxes(columns), _boxes(reference.T.copy())
    near = np.empty(len(boxes), np.int64)
    values = np.empty(count)
    log_sum = 0.0
    for group in range(len(others)):
        found = 0
        for b in range(len(boxes)):
            gap = 0.0
            for d in range(3):
                g = max(0.0, boxes[b, d] - others[group, d + 3], others[group, d] - boxes[b, d + 3])
                gap += g * g
            if gap <= cut:
                near[found] = b
                found += 1
        for n in range(group * BLOCK, min(total, (group + 1) * BLOCK)):
            x, y, z = reference[n, 0], reference[n, 1], reference[n, 2]
            at = 0
            for i in range(found):
                low, high = near[i] * BLOCK, min(count, (near[i] + 1) * BLOCK)
                _kernel(columns, low, high, x, y, z, scale, values, at)
                at += high - low
            sum_m = _total(values, at)
            denominator = sum_m + uniform
            if denominator <= 0.0:
                denominator = 2.2250738585072014e-308
            pt1[n] = sum_m / denominator
            log_sum += np.log(denominator)
            at = 0
            for i in range(found):
                low, high = near[i] * BLOCK, min(count, (near[i] + 1) * BLOCK)
                _spread(values, at, low, high, x, y, z, 1.0 / denominator, p1, px)
                at += high - low
    return log_sum
