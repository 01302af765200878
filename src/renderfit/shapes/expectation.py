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
SMALLEST = 2.2250738585072014e-308
"""Least denominator: a reference point out of reach of everything belongs to nothing."""


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


@numba.njit(cache=True)
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


@numba.njit(cache=True, fastmath={"reassoc", "nsz"})
def _sum(values: Floats) -> float:
    """Add up in any order. A function of its own: callees inherit these flags, and reassociation breaks the rounding in `_exp`."""
    total = 0.0
    for m in range(len(values)):
        total += values[m]
    return total


@numba.njit(cache=True)
def _kernel(x: Floats, y: Floats, z: Floats, at: Floats, scale: float, out: Floats) -> float:
    """Write exp(-scale |p_m - at|^2) to `out`; slices with indices from zero let the compiler vectorise."""
    for m in range(len(out)):
        dx, dy, dz = x[m] - at[0], y[m] - at[1], z[m] - at[2]
        out[m] = max(-700.0, -scale * (dx * dx + dy * dy + dz * dz))
    for m in range(len(out)):
        out[m] = _exp(out[m])
    return _sum(out)


@numba.njit(cache=True)
def _spread(values: Floats, at: Floats, inverse: float, p1: Floats, x: Floats, y: Floats, z: Floats) -> None:
    ax, ay, az = at[0] * inverse, at[1] * inverse, at[2] * inverse
    for m in range(len(values)):
        p1[m] += values[m] * inverse
        x[m] += values[m] * ax
        y[m] += values[m] * ay
        z[m] += values[m] * az


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
    near = np.empty(count, np.int64)
    packed = np.empty((8, count))
    log_sum = 0.0
    for group in range(len(others)):
        found = _gather(boxes, others[group], cut, columns, near, packed)
        x, y, z, values = packed[0, :found], packed[1, :found], packed[2, :found], packed[3, :found]
        sums = packed[4:, :found]
        sums[:] = 0.0
        mass, sx, sy, sz = sums[0], sums[1], sums[2], sums[3]
        for n in range(group * BLOCK, min(total, (group + 1) * BLOCK)):
            point = reference[n]
            sum_m = _kernel(x, y, z, point, scale, values)
            denominator = max(sum_m + uniform, SMALLEST)
            pt1[n] = sum_m / denominator
            log_sum += np.log(denominator)
            _spread(values, point, 1.0 / denominator, mass, sx, sy, sz)
        for i in range(found):
            p1[near[i]] += mass[i]
            for d in range(3):
                px[d, near[i]] += sums[d + 1, i]
    return log_sum


@numba.njit(cache=True)
def _gather(boxes: Floats, other: Floats, cut: float, columns: Floats, near: NDArray[np.int64], packed: Floats) -> int:
    """Pack the points of all blocks within the squared distance `cut` of the box `other`; return how many."""
    count, found = columns.shape[1], 0
    for b in range(len(boxes)):
        gap = 0.0
        for d in range(3):
            g = max(0.0, boxes[b, d] - other[d + 3], other[d] - boxes[b, d + 3])
            gap += g * g
        if gap <= cut:
            for m in range(b * BLOCK, min(count, (b + 1) * BLOCK)):
                near[found] = m
                packed[0, found], packed[1, found], packed[2, found] = columns[0, m], columns[1, m], columns[2, m]
                found += 1
    return found
