"""Blur, colour shift and least values over a neighbourhood, row by row so that compilers vectorise them (numba, single precision)."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def gaussian(sigma: float) -> NDArray[np.float32]:
    """Return the weights (2 r + 1,) of a Gaussian of `sigma` px, cut off at four sigma."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-6)) ** 2)
    return (weights / weights.sum()).astype(np.float32)


def blurred(image: Image, rows: float, columns: float) -> Image:
    """Return `image` (H, W, C) blurred by Gaussians of `rows` and `columns` px, mirrored at its border."""
    return _blurred(image, gaussian(rows), gaussian(columns))


@numba.njit(cache=True, error_model="numpy")
def _mirrored(index: int, size: int) -> int:
    while index < 0 or index >= size:
        index = -index - 1 if index < 0 else 2 * size - 1 - index
    return index


@numba.njit(cache=True, error_model="numpy")
def _blurred(image: Image, down: NDArray[np.float32], across: NDArray[np.float32]) -> Image:
    height, width, channels = image.shape
    out = np.empty_like(image)
    reach, margin, length = len(down) // 2, len(across) // 2, width * channels
    flat, found = image.reshape(height, length), out.reshape(height, length)
    wide = np.empty(length + 2 * margin * channels, np.float32)
    for i in range(height):
        line = wide[margin * channels : margin * channels + length]
        line[:] = np.float32(0)
        for k in range(len(down)):
            source, weight = flat[_mirrored(i + k - reach, height)], down[k]
            for n in range(length):
                line[n] += weight * source[n]
        for k in range(margin):
            left, right = _mirrored(-1 - k, width), _mirrored(width + k, width)
            for c in range(channels):
                wide[(margin - 1 - k) * channels + c] = line[left * channels + c]
                wide[(margin + width + k) * channels + c] = line[right * channels + c]
        row = found[i]
        row[:] = np.float32(0)
        for k in range(len(across)):
            source, weight = wide[k * channels : k * channels + length], across[k]
            for n in range(length):
                row[n] += weight * source[n]
    return out


@numba.njit(cache=True, error_model="numpy")
def scaled(image: Image, factors: NDArray[np.float64]) -> Image:
    """Scale every channel of `image` (H, W, 3) about the centre by its factor, between pixels linearly."""
    height, width, channels = image.shape
    out = np.empty_like(image)
    for c in range(channels):
        for i in range(height):
            y = min(max((i - height / 2) * factors[c] + height / 2, 0.0), height - 1.0)
            top = int(y)
            below, v = min(top + 1, height - 1), np.float32(y - top)
            for j in range(width):
                x = min(max((j - width / 2) * factors[c] + width / 2, 0.0), width - 1.0)
                left = int(x)
                right, u = min(left + 1, width - 1), np.float32(x - left)
                high = image[top, left, c] + u * (image[top, right, c] - image[top, left, c])
                low = image[below, left, c] + u * (image[below, right, c] - image[below, left, c])
                out[i, j, c] = high + v * (low - high)
    return out


@numba.njit(cache=True, error_model="numpy")
def least_around(maps: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Return the least value within `reach` px along both axes of every map (D, H, W)."""
    count, height, width = maps.shape
    out, line = np.empty_like(maps), np.empty(width, np.float32)
    for d in range(count):
        for i in range(height):
            line[:] = maps[d, i]
            for k in range(max(0, i - reach), min(height, i + reach + 1)):
                source = maps[d, k]
                for j in range(width):
                    line[j] = min(line[j], source[j])
            row = out[d, i]
            row[:] = line
            for k in range(1, min(reach, width - 1) + 1):
                for j in range(width - k):
                    row[j] = min(row[j], line[j + k])
                for j in range(k, width):
                    row[j] = min(row[j], line[j - k])
    return out
