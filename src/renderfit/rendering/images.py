"""Image files: linear colours to 8-bit sRGB, masks to black and white."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.whole import whole_file


def to_srgb(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return linear colour (H, W, 3) in [0, 1] as 8-bit sRGB."""
    linear = np.clip(image, 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (255 * curved + 0.5).astype(np.uint8)


def write_image(image: NDArray, path: Path) -> None:
    """Write linear colour (H, W, 3), or 8-bit sRGB as it is; folders above the file are made.

    Raises
    ------
    DataError
        If the format is not known or the file cannot be written.
    """
    _write(image if image.dtype == np.uint8 else to_srgb(image), path)


def write_mask(mask: NDArray[np.bool_], path: Path) -> None:
    """Write a mask (H, W) as 0 and 255; raises `DataError` as `write_image` does."""
    _write(mask.astype(np.uint8) * 255, path)


def require_image_name(path: Path) -> None:
    """Raise `DataError` when a path does not end as pictures do that are written."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise DataError(f"{path}: unknown image format {path.suffix!r}; expected a name in .png, .jpg or .jpeg")


def _write(pixels: NDArray[np.uint8], path: Path) -> None:
    require_image_name(path)
    try:
        with whole_file(path) as part:
            imageio.imwrite(part, pixels)
    except (OSError, ValueError) as problem:
        raise DataError(f"{path}: image not written ({problem}); expected a place that can be written to") from problem
