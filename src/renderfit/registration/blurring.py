"""Coverage and blur of masks: what every comparison of a rendering with an image begins with."""

from __future__ import annotations

import functools

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.geometry import Camera

Array = NDArray[np.float64]


def reduced(image: Array, camera: Camera) -> Array:
    """Return `image` (H, W) averaged over the pixels of the smaller `camera`."""
    tensor = torch.as_tensor(np.ascontiguousarray(image, dtype=np.float64))[None, None]
    return torch.nn.functional.interpolate(tensor, size=(camera.height, camera.width), mode="area")[0, 0].numpy()


@numba.njit(cache=True)
def covered(face_id: NDArray[np.int32], factor: int) -> Array:
    """Return the covered share (H / factor, W / factor) of each block of `factor` x `factor` pixels of a face id image (H, W)."""
    height, width = face_id.shape[0] // factor, face_id.shape[1] // factor
    share = np.zeros((height, width))
    for r in range(height * factor):
        line = share[r // factor]
        for c in range(width):
            for k in range(factor):
                line[c] += face_id[r, c * factor + k] >= 0
    return share / factor**2


def blurred(image: Array, sigma: float, reach: float) -> Array:
    """Return `image` (H, W) convolved with a Gaussian of `sigma` px that ends at `reach` sigma; beyond the border it is zero.

    The same sums in the same order as ``scipy.ndimage.gaussian_filter(image, sigma, mode="constant", truncate=reach)``, made only
    where `image` is not zero near by.
    """
    return _blur(np.ascontiguousarray(image, dtype=np.float64), _weights(sigma, reach))


@functools.cache
def _weights(sigma: float, reach: float) -> Array:
    """Return half the Gaussian, its middle first, of sum 1 as a whole."""
    radius = int(reach * sigma + 0.5)
    whole = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    return np.ascontiguousarray((whole / whole.sum())[radius:])


@numba.njit(cache=True)
def _blur(image: Array, weights: Array) -> Array:
    height, width = image.shape
    radius = len(weights) - 1
    result = np.zeros((height, width))
    top, bottom, left, right = height, -1, width, -1
    for r in range(height):
        for c in range(width):
            if image[r, c] != 0.0:
                top, bottom = min(top, r), r
                left, right = min(left, c), max(right, c)
    if bottom < 0:
        return result
    span = right - left + 1
    line = np.zeros(span + 4 * radius)  # the columns left - 2 radius to right + 2 radius
    inner = line[2 * radius : 2 * radius + span]
    nothing = np.zeros(span)
    start, end = max(left - radius, 0), min(right + radius, width - 1) + 1
    for r in range(max(top - radius, 0), min(bottom + radius, height - 1) + 1):
        middle = image[r, left : right + 1]
        for c in range(span):
            inner[c] = middle[c] * weights[0]
        for j in range(radius, 0, -1):
            above = image[r - j, left : right + 1] if r >= j else nothing
            below = image[r + j, left : right + 1] if r + j < height else nothing
            for c in range(span):
                inner[c] += (above[c] + below[c]) * weights[j]
        here = result[r, start:end]
        origin = start - left + 2 * radius
        for c in range(end - start):
            here[c] = line[origin + c] * weights[0]
        for j in range(radius, 0, -1):
            for c in range(end - start):
                here[c] += (line[origin + c - j] + line[origin + c + j]) * weights[j]
    return result
