"""Registration from and to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, save_mesh
from renderfit.provenance import provenance
from renderfit.registration.overlay import overlay
from renderfit.registration.result import Registration
from renderfit.vision.images import as_rgb
from renderfit.whole import write_json


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a photograph (H, W, 3); grey becomes RGB, what is transparent becomes mid-grey.

    Raises
    ------
    DataError
        If the file is missing or is no image.
    """
    return (as_rgb(_pixels(path, "a photograph (PNG, JPEG)")) * 255).round().astype(np.uint8)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask (H, W): true where the file is brighter than half and opaque; a file of zeros and ones only is one too.

    Raises
    ------
    DataError
        If the file is missing, is no image, or shows nothing brighter than half.
    """
    pixels = _pixels(path, "a mask (PNG, white where the object is)")
    opaque = pixels[..., -1] > np.iinfo(pixels.dtype).max // 2 if pixels.shape[2] in {2, 4} else np.ones(pixels.shape[:2], dtype=bool)
    bright = pixels[..., : 1 if pixels.shape[2] < 3 else 3].mean(axis=2)
    peak, half = float(bright.max()), np.iinfo(pixels.dtype).max / 2
    if 1 < peak <= half:
        raise DataError(f"{path}: the brightest pixel is {peak:.0f} of {2 * half:.0f}; expected a mask of black and white, or of 0 and 1")
    return (bright > (half if peak > 1 else 0.5)) & opaque


def _pixels(path: Path, expected: str) -> NDArray[Any]:
    """Return the pixels (H, W, C) of a file as stored: grey, grey with alpha, RGB or RGBA of 8 or 16 bits."""
    try:
        picture = np.asarray(iio.imread(path.read_bytes()))
    except Exception as problem:  # the decoders raise whatever a damaged file makes them raise
        raise DataError(f"{path}: not readable as an image ({problem}); expected {expected}") from problem
    if picture.ndim == 2:
        picture = picture[:, :, None]
    if picture.ndim != 3 or picture.shape[2] not in {1, 2, 3, 4}:
        raise DataError(f"{path}: pixels have shape {picture.shape}; expected {expected}")
    if picture.dtype == np.bool_:
        picture = picture.astype(np.uint8) * 255
    if picture.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise DataError(f"{path}: pixels are {picture.dtype}; expected 8 or 16 bits per channel")
    return picture


def write_registration(
    found: Registration, folder: Path, inputs: Sequence[Path], picture: NDArray[np.uint8] | None = None, camera: Camera | None = None
) -> dict[str, Any]:
    """Write registration.json, mesh.ply and, with the picture, overlay.png; the JSON appears last.

    Returns
    -------
    dict
        What registration.json holds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_mesh(found.mesh, folder / "mesh.ply")
    if picture is not None and camera is not None:
        iio.imwrite(folder / "overlay.png", overlay(picture, found.mesh, camera, found.pose))
    summary = found.summary() | {"provenance": provenance(inputs, ["ours", "paper", "cls"])}
    write_json(folder / "registration.json", summary)
    return summary
