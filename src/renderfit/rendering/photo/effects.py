"""What a camera does to light: defocus, vignetting, colour shift, exposure, noise, tone curve, 8 bits."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.photo.filters import blurred, scaled

BRIGHTEST, STEPS = 16.0, 2048
"""Reach and length of the table the tone curve is read from, in square roots of exposed values."""


def tone_curve(radiance: NDArray[np.float64], contrast: float) -> NDArray[np.float64]:
    """Map exposed linear values to [0, 1] with a filmic shoulder and encode them as sRGB."""
    x = np.maximum(radiance, 0.0)
    film = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    mapped = np.clip((1 - contrast) * (1 - np.exp(-1.3 * x)) + contrast * film, 0, 1)
    return np.where(mapped <= 0.0031308, 12.92 * mapped, 1.055 * mapped ** (1 / 2.4) - 0.055)


def chromatic_shift(image: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Scale red and blue about the centre by ``+-amount`` px at the image's edge."""
    change = amount / (max(image.shape[:2]) / 2)
    return scaled(image, np.array([1 + change, 1.0, 1 - change]))


def defocus(image: NDArray[np.float32], near: NDArray[np.float64], sigma: float) -> NDArray[np.float32]:
    """Blur what is not `near` (H, W) in [0, 1] by `sigma` px without smearing the near over it."""
    far = (1 - near).astype(np.float32)
    return _focused(image, far, blurred(_weighted(image, far), sigma, sigma))


@numba.njit(cache=True, error_model="numpy")
def _weighted(image: NDArray[np.float32], far: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = far.shape
    out = np.empty((height, width, 4), np.float32)
    for i in range(height):
        for j in range(width):
            for c in range(3):
                out[i, j, c] = image[i, j, c] * far[i, j]
            out[i, j, 3] = far[i, j]
    return out


@numba.njit(cache=True, error_model="numpy")
def _focused(image: NDArray[np.float32], far: NDArray[np.float32], soft: NDArray[np.float32]) -> NDArray[np.float32]:
    out = np.empty_like(image)
    for i in range(far.shape[0]):
        for j in range(far.shape[1]):
            share = far[i, j] / max(soft[i, j, 3], np.float32(1e-3))
            for c in range(3):
                out[i, j, c] = image[i, j, c] * (1 - far[i, j]) + soft[i, j, c] * share
    return out


def expose(image: NDArray[np.float32], generator: np.random.Generator, unit: float, noise: float) -> NDArray[np.uint8]:
    """Turn linear radiance (H, W, 3) into an 8-bit sRGB photograph.

    Parameters
    ----------
    image : (H, W, 3) float32 array
        Linear radiance.
    generator : numpy Generator
        Source of all draws.
    unit : float
        Pixels per pixel of a 256 px picture: lengths in pixels scale with it.
    noise : float
        Scale of the sensor noise (1 is an indoor photograph at moderate gain).
    """
    shift, blur = generator.uniform(-0.8, 0.8) * unit, generator.uniform(0.25, 0.7) * unit
    motion, angle_row = generator.random() < 0.12, generator.random() < 0.5
    falloff, exposure = generator.uniform(0.0, 0.35), np.exp(generator.normal(-0.1, 0.3))
    balance = np.exp(generator.normal(0, 0.05, 3))
    gain, floor = noise * np.exp(generator.uniform(np.log(0.0004), np.log(0.004))), noise * generator.uniform(0.001, 0.008)
    contrast, saturation, black = generator.uniform(0.3, 1.0), generator.uniform(0.8, 1.25), generator.uniform(0.0, 0.02)
    motion_sigma = generator.uniform(0.5, 1.3) * unit
    if abs(shift) > 0.15:
        image = chromatic_shift(image, shift)
    image = blurred(image, blur, blur)
    if motion:
        image = blurred(image, *((motion_sigma, 0.0) if angle_row else (0.0, motion_sigma)))
    grey = _vignetted(image, falloff)
    level = np.exp(np.log(np.maximum(grey, 1e-4)).mean())
    bright = np.quantile(grey, 0.97)
    factor = balance * exposure * min(0.30 / max(level, 1e-4), 1.6 / max(bright, 1e-4))
    table = tone_curve(BRIGHTEST * np.linspace(0, 1, STEPS + 1) ** 2, contrast)
    grain = generator.standard_normal(image.shape, dtype=np.float32)
    levels = (255 * (black + (1 - black) * table)).astype(np.float32)
    return _developed(image, grain, factor.astype(np.float32), np.float32(gain), np.float32(floor * floor), np.float32(saturation), levels)


@numba.njit(cache=True, error_model="numpy")
def _vignetted(image: NDArray[np.float32], falloff: float) -> NDArray[np.float32]:
    """Darken `image` (H, W, 3) towards its corners in place; return the mean of the channels, every second pixel of every second row."""
    height, width = image.shape[:2]
    grey = np.empty(((height + 1) // 2, (width + 1) // 2), np.float32)
    for i in range(height):
        y = 2.0 * i / max(1, height - 1) - 1
        for j in range(width):
            x = 2.0 * j / max(1, width - 1) - 1
            keep = np.float32(1 - falloff * (x * x + y * y) / 2)
            for c in range(3):
                image[i, j, c] *= keep
            if i % 2 == 0 and j % 2 == 0:
                grey[i // 2, j // 2] = (image[i, j, 0] + image[i, j, 1] + image[i, j, 2]) / np.float32(3)
    return grey


@numba.njit(cache=True, error_model="numpy")
def _developed(
    image: NDArray[np.float32],
    grain: NDArray[np.float32],
    factor: NDArray[np.float32],
    gain: np.float32,
    floor: np.float32,
    saturation: np.float32,
    levels: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Expose, add the sensor's noise, saturate and read 8-bit values from the tone curve's `levels`."""
    height, width = image.shape[:2]
    out, noisy = np.empty((height, width, 3), np.uint8), np.empty(3, np.float32)
    last, scale = np.float32(STEPS - 1e-3), np.float32(STEPS * STEPS / BRIGHTEST)
    for i in range(height):
        for j in range(width):
            for c in range(3):
                exposed = image[i, j, c] * factor[c]
                noisy[c] = exposed + grain[i, j, c] * np.sqrt(gain * max(exposed, np.float32(0)) + floor)
            mean = (noisy[0] + noisy[1] + noisy[2]) / np.float32(3)
            for c in range(3):
                value = max(mean + saturation * (noisy[c] - mean), np.float32(0))
                place = min(np.sqrt(value * scale), last)
                k = int(place)
                shown = levels[k] + (place - np.float32(k)) * (levels[k + 1] - levels[k])
                out[i, j, c] = np.uint8(min(max(shown, np.float32(0)), np.float32(255)) + np.float32(0.5))
    return out
