"""The brightness of a photograph at chosen pixels inside the outline, and which of them are of one material.

Nothing is known about the object's paint. A region is a connected piece of the object without a step in colour: what
changes inside it is taken for shading. Regions of the same chromaticity that are about as bright count as one material.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from renderfit.geometry import Camera, Pose
from renderfit.registration import rays
from renderfit.rendering.photo.materials import to_linear
from renderfit.vision.images import as_rgb

Array = NDArray[np.float64]
REFERENCE = 256
"""Slopes are per pixel of an image this wide."""
COUNT = 500
"""About so many pixels are used."""
LONGEST = 256
"""The object is looked at with at most about so many pixels on its longer side."""
MARGIN = 2
"""Pixels next to the outline that are left out: their colour is mixed with the background's."""
STEP = 0.15
"""Change of colour from pixel to pixel, relative to the brightness, that ends a region."""
DARK, BRIGHT = 0.008, 0.93
"""Linear values between which a pixel says anything: darker is noise, brighter is cut off."""
SMALLEST, MOST = 0.03, 8
"""Least share of the object that makes a region, and how many are kept."""
ALIKE, RATIO = 0.06, 2.0
"""Chromaticity (sum of absolute differences) and ratio of brightness within which two regions are of one material."""
FEWEST = 40
"""With fewer pixels there is nothing to fit a light to."""


@dataclass(frozen=True, eq=False)
class Photometry:
    """Brightness at N pixels.

    Attributes
    ----------
    pixels : (N, 2) float64 array
        Column and row [px], image of the full size.
    rays : (N, 3) float64 array
        Unit, camera frame.
    brightness : (N,) float64 array
        Linear, over the median of the largest region of the pixel's material.
    slope : (N,) float64 array
        Its change per pixel of an image 256 px wide.
    regions : (N,) int64 array
        Region of each pixel.
    materials : (R,) int64 array
        Material of each region.
    upright : (3, 3) float64 array
        From the camera frame to one whose z axis points up: the object's z axis at the start pose.
    light : (9,) float64 array, optional
        Coefficients of `lighting.basis` in that frame where the light is known; else it is estimated.
    """

    pixels: Array
    rays: Array
    brightness: Array
    slope: Array
    regions: NDArray[np.int64]
    materials: NDArray[np.int64]
    upright: Array
    light: Array | None = None

    @classmethod
    def of(cls, picture: Any, mask: Array, camera: Camera, start: Pose, count: int = COUNT) -> Photometry | None:
        """Read about `count` pixels of a photograph (H, W, 3) inside `mask` (H, W) on a regular grid.

        Returns None where no part of the object is of one material and neither black nor cut off, so that there is no shading to see.
        """
        inside = mask >= 0.5
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not len(rows):
            return None
        top, left = int(rows[0]), int(columns[0])
        window = slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1)
        linear = to_linear(as_rgb(picture)[window].astype(np.float64))
        factor = max(1, int(np.ceil(max(linear.shape[:2]) / LONGEST)))
        linear, whole = _blocks(linear, factor), _blocks(inside[window].astype(np.float64), factor) > 0.999
        labels = regions_of(linear, whole)
        total = int((labels >= 0).sum())
        if total < FEWEST:
            return None
        brightness, materials = _relative(linear, labels)
        step = max(1, round(float(np.sqrt(total / count))))
        grid = np.zeros(labels.shape, np.bool_)
        grid[step // 2 :: step, step // 2 :: step] = True
        at, across = np.nonzero(grid & (labels >= 0))
        if len(at) < FEWEST:
            return None
        unit = max(camera.width, camera.height) / REFERENCE
        pixels = np.stack([left + (across + 0.5) * factor, top + (at + 0.5) * factor], axis=1)
        return cls(
            pixels, rays.through(pixels, camera), brightness[at, across], _slope(brightness, labels)[at, across] * unit / factor,
            labels[at, across], materials,
            _upright(start.rotation.detach().cpu().numpy().astype(np.float64)[:, 2]),
        )  # fmt: skip


def regions_of(linear: Array, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the region (H, W) of each pixel of a linear picture (H, W, 3), largest first, -1 for none."""
    smooth = ndimage.median_filter(linear, size=(3, 3, 1))
    level = smooth.mean(axis=2)
    calm = ndimage.binary_erosion(inside, iterations=MARGIN) & (level > DARK) & (smooth.max(axis=2) < BRIGHT)
    for axis in (0, 1):
        change = np.abs(np.diff(smooth, axis=axis)).max(axis=2)
        low, high = np.delete(level, -1, axis), np.delete(level, 0, axis)
        steep = change > STEP * 0.5 * np.maximum(low + high, 2 * DARK)
        pad = ((0, 1), (0, 0)) if axis == 0 else ((0, 0), (0, 1))
        calm &= ~np.pad(steep, pad)
    found, count = ndimage.label(calm)
    sizes = np.bincount(found.reshape(-1), minlength=count + 1)
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")[:MOST]
    kept = order[sizes[order] >= max(1.0, SMALLEST * float(inside.sum()))]
    number = np.full(count + 1, -1, np.int64)
    number[kept] = np.arange(len(kept))
    labels: NDArray[np.int64] = number[found]
    return labels


def _relative(linear: Array, labels: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
    """Return the smoothed brightness (H, W) over the median of its material's largest region, and the material (R,) of each region."""
    level = linear.mean(axis=2)
    count = int(labels.max()) + 1
    brightness, materials = np.zeros_like(level), np.zeros(count, np.int64)
    known: list[tuple[Array, float]] = []
    for region in range(count):
        where = labels == region
        middle = float(np.median(level[where]))
        shares = linear[where].mean(axis=0)
        shares /= shares.sum()
        ratios = [max(middle / other, other / middle) for _, other in known]
        alike = [np.abs(shares - chroma).sum() < ALIKE and ratio < RATIO for (chroma, _), ratio in zip(known, ratios, strict=True)]
        material = alike.index(True) if any(alike) else len(known)
        if material == len(known):
            known.append((shares, middle))
        materials[region] = material
        weight = ndimage.gaussian_filter(where.astype(np.float64), 1.0)
        blurred = ndimage.gaussian_filter(np.where(where, level, 0.0), 1.0)
        brightness[where] = blurred[where] / weight[where] / known[material][1]
    return brightness, materials


def _slope(brightness: Array, labels: NDArray[np.int64]) -> Array:
    """Return the length (H, W) of the gradient of `brightness` per pixel, between pixels of one region."""
    square = np.zeros_like(brightness)
    for axis in (0, 1):
        change = np.abs(np.diff(brightness, axis=axis)) * (np.diff(labels, axis=axis) == 0)
        pads = [[(1, 0), (0, 0)], [(0, 1), (0, 0)]] if axis == 0 else [[(0, 0), (1, 0)], [(0, 0), (0, 1)]]
        square += np.maximum(*(np.pad(change, pad) for pad in pads)) ** 2
    root: Array = np.sqrt(square)
    return root


def _blocks(image: Array, factor: int) -> Array:
    """Return `image` averaged over blocks of `factor` x `factor` pixels; what is left over at the ends is cut off."""
    if factor == 1:
        return image
    height, width = image.shape[0] // factor * factor, image.shape[1] // factor * factor
    shaped = image[:height, :width].reshape(height // factor, factor, width // factor, factor, *image.shape[2:])
    averaged: Array = shaped.mean(axis=(1, 3))
    return averaged


def _upright(up: Array) -> Array:
    """Return the rotation (3, 3) to a frame whose z axis is `up` (3,)."""
    z = up / np.linalg.norm(up)
    x = np.cross(np.eye(3)[int(np.abs(z).argmin())], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])
