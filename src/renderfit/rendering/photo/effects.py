"""What a camera does to light: defocus, vignetting, colour shift, exposure, noise, tone curve, 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates


def tone_curve(radiance: NDArray[np.float64], contrast: float) -> NDArray[np.float64]:
    """Map exposed linear values to [0, 1] with a filmic shoulder and encode them as sRGB."""
    x = np.maximum(radiance, 0.0)
    film = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    mapped = np.clip((1 - contrast) * (1 - np.exp(-1.3 * x)) + contrast * film, 0, 1)
    return np.where(mapped <= 0.0031308, 12.92 * mapped, 1.055 * mapped ** (1 / 2.4) - 0.055)


def chromatic_shift(image: NDArray[np.float64], amount: float) -> NDArray[np.float64]:
    """Scale red and blue about the centre by ``+-amount`` px at the image's edge."""
    height, width = image.shape[:2]
    row, column = np.mgrid[:height, :width].astype(np.float64)
    out = image.copy()
    for channel, sign in ((0, 1.0), (2, -1.0)):
        factor = 1 + sign * amount / (max(height, width) / 2)
        centred = [(row - height / 2) * factor + height / 2, (column - width / 2) * factor + width / 2]
        out[..., channel] = map_coordinates(image[..., channel], centred, order=1, mode="nearest")
    return out


def defocus(image: NDArray[np.float64], near: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Blur what is not `near` (H, W) in [0, 1] by `sigma` px without smearing the near over it."""
    far = (1 - near)[..., None]
    blurred = gaussian_filter(image * far, (sigma, sigma, 0)) / np.maximum(gaussian_filter(far, (sigma, sigma, 0)), 1e-3)
    return image * (1 - far) + blurred * far


def expose(image: NDArray[np.float64], generator: np.random.Generator, unit: float, noise: float) -> NDArray[np.uint8]:
    """Turn linear radiance (H, W, 3) into an 8-bit sRGB photograph.

    Parameters
    ----------
    image : (H, W, 3) array
        Linear radiance.
    generator : numpy Generator
        Source of all draws.
    unit : float
        Pixels per pixel of a 256 px picture: lengths in pixels scale with it.
    noise : float
        Scale of the sensor noise (1 is an indoor photograph at moderate gain).
    """
    height, width = image.shape[:2]
    shift, blur = generator.uniform(-0.8, 0.8) * unit, generator.uniform(0.25, 0.7) * unit
    motion, angle_row = generator.random() < 0.12, generator.random() < 0.5
    falloff, exposure = generator.uniform(0.0, 0.35), np.exp(generator.normal(-0.1, 0.3))
    balance = np.exp(generator.normal(0, 0.05, 3))
    gain, floor = noise * np.exp(generator.uniform(np.log(0.0004), np.log(0.004))), noise * generator.uniform(0.001, 0.008)
    contrast, saturation, black = generator.uniform(0.3, 1.0), generator.uniform(0.8, 1.25), generator.uniform(0.0, 0.02)
    motion_sigma = generator.uniform(0.5, 1.3) * unit
    if abs(shift) > 0.15:
        image = chromatic_shift(image, shift)
    image = gaussian_filter(image, (blur, blur, 0))
    if motion:
        image = gaussian_filter1d(image, motion_sigma, axis=0 if angle_row else 1)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    image = image * (1 - falloff * (x * x + y * y) / 2)[..., None]
    level = np.exp(np.log(np.maximum(image.mean(-1), 1e-4)).mean())
    bright = np.quantile(image.mean(-1), 0.97)
    exposed = image * balance * exposure * min(0.30 / max(level, 1e-4), 1.6 / max(bright, 1e-4))
    noisy = exposed + generator.normal(size=image.shape) * np.sqrt(gain * np.maximum(exposed, 0) + floor * floor)
    grey = noisy.mean(-1, keepdims=True)
    encoded = tone_curve(grey + saturation * (noisy - grey), contrast)
    return np.clip(np.round((black + (1 - black) * encoded) * 255), 0, 255).astype(np.uint8)
