"""Images as they come in: any depth and channel count becomes sRGB in [0, 1], or is refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError


def load_image(path: str | Path) -> NDArray[np.float32]:
    """Read a picture file as (H, W, 3) float32 in [0, 1].

    Raises
    ------
    DataError
        If the file is missing, no picture or an animation.
    """
    import imageio.v3 as iio

    try:
        picture = iio.imread(path)
        if picture.ndim == 3 and picture.shape[2] == 4 and iio.immeta(path).get("mode") == "CMYK":
            picture = iio.imread(path, mode="RGB")  # four inks, not colours and alpha
    except Exception as problem:  # the decoders raise whatever a damaged file makes them raise
        raise DataError(f"image {path}: {problem}; expected a PNG or JPEG file") from problem
    if picture.ndim == 4 and len(picture) > 1:
        raise DataError(f"image {path}: {len(picture)} pictures in one file; expected one: save the one you mean as PNG")
    return as_rgb(picture[0] if picture.ndim == 4 else picture)


def as_rgb(image: Tensor | ArrayLike) -> NDArray[np.float32]:
    """Return an image as (H, W, 3) float32 in [0, 1].

    Parameters
    ----------
    image : array or tensor
        (H, W) or (H, W, C) with C from 1 to 4: grey is repeated, alpha (the last of two or four) is laid over mid-grey.
        uint8, uint16, bool, or floats in [0, 1].

    Raises
    ------
    ShapeError
        If the shape is another, a side is below 16 px, values are not finite or floats leave [0, 1].
    """
    values = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    if values.ndim not in {2, 3} or (values.ndim == 3 and values.shape[2] not in {1, 2, 3, 4}):
        raise ShapeError(f"image has shape {values.shape}; expected (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGBA")
    if min(values.shape[:2]) < 16:
        raise ShapeError(f"image is {values.shape[1]} x {values.shape[0]} px; expected at least 16 x 16")
    scaled = _unit_range(values)
    if scaled.ndim == 2:
        scaled = scaled[..., None]
    if scaled.shape[2] in {2, 4}:
        scaled = scaled[..., :-1] * scaled[..., -1:] + np.float32(0.5) * (1 - scaled[..., -1:])
    return scaled.repeat(3, axis=2) if scaled.shape[2] == 1 else scaled


def _unit_range(values: NDArray[Any]) -> NDArray[np.float32]:
    if values.dtype.kind == "b":
        return values.astype(np.float32)
    if values.dtype.kind == "u":
        return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
    if values.dtype.kind != "f":
        raise ShapeError(f"image has type {values.dtype}; expected uint8, uint16 or floats in 0..1")
    if not np.isfinite(values).all() or values.min() < -1e-3 or values.max() > 1 + 1e-3:
        raise ShapeError(f"image is float with values {values.min():.4g} to {values.max():.4g}; expected finite values in 0..1, or uint8")
    return values.astype(np.float32)
