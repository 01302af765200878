"""Images as they come in: any depth and channel count becomes sRGB in [0, 1], or is refused with the reason."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DataError, ShapeError
from renderfit.geometry import Camera

PHOTOGRAPH = "a photograph (PNG, JPEG)"
STORED = ("1", "L", "LA", "RGB", "RGBA", "I;16", "I;16B", "I;16L", "I;16N")
"""Modes of Pillow whose pixels are taken as they are; others are converted to RGB."""
ORIENTATION = 0x0112
"""Tag of EXIF: how the camera was held."""
APPLE = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
"""Brands of the files that phones write and Pillow does not read."""
_log = logging.getLogger(__name__)


def load_image(path: str | Path) -> NDArray[np.float32]:
    """Read a picture file as (H, W, 3) float32 in [0, 1], turned upright as EXIF says; grey becomes RGB, what is transparent mid-grey.

    Raises
    ------
    DataError
        As `read_pixels`, or if a side is below 16 px.

    Examples
    --------
    >>> import tempfile
    >>> import imageio.v3 as iio
    >>> import numpy as np
    >>> import renderfit as rf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     iio.imwrite(f"{folder}/photo.png", np.full((24, 32), 255, np.uint8))
    ...     image = rf.load_image(f"{folder}/photo.png")
    >>> image.shape, float(image.max())
    ((24, 32, 3), 1.0)
    """
    pixels = read_pixels(Path(path))
    try:
        return as_rgb(pixels)
    except ShapeError as problem:
        raise DataError(f"{path}: {problem}") from problem


def read_pixels(path: Path, expected: str = PHOTOGRAPH) -> NDArray[Any]:
    """Return the pixels (H, W, C) of a picture file: grey, grey with alpha, RGB or RGBA of 8 or 16 bits.

    They are turned upright where EXIF says how the camera was held, as every viewer does, so that the camera's size and
    principal point are those of the upright picture; the log says so. Palettes and inks become colours.

    Parameters
    ----------
    path : path
    expected : str
        What the file should be, for messages.

    Raises
    ------
    DataError
        If the file is missing, no picture, damaged, holds several pictures or other numbers than 8 or 16 bits.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if str(path).startswith(("http:/", "https:/")):
        raise DataError(f"{path}: an address; expected the name of a file, {expected}: download it first")
    if path.is_dir():
        raise DataError(f"{path}: a folder; expected {expected}: name one file in it")
    if not path.exists():
        raise DataError(f"{path}: no such file; expected {expected}")
    content = b""
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as picture:
            count = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)  # MPO: a photograph and its previews
            held = picture.getexif().get(ORIENTATION, 1)
            if count == 1:
                picture.load()
                pixels = np.asarray(_colours(ImageOps.exif_transpose(picture)))
    except UnidentifiedImageError as problem:
        raise DataError(f"{path}: not readable as an image ({_kind(content)}); expected {expected}") from problem
    except Exception as problem:  # the decoders raise whatever a damaged file makes them raise
        raise DataError(f"{path}: not readable as an image ({problem}); expected {expected}") from problem
    if count > 1:
        raise DataError(f"{path}: {count} pictures in one file; expected one, {expected}: save the one you mean as PNG")
    if pixels.dtype.kind not in "bu" or pixels.dtype.itemsize > 2:
        raise DataError(f"{path}: pixels are {pixels.dtype}; expected {expected} of 8 or 16 bits per channel")
    if held in range(2, 9):
        _log.info(
            "%s: turned upright as its EXIF orientation (%d) says: %d x %d px; the camera must be that of the upright picture",
            path, held, pixels.shape[1], pixels.shape[0],
        )  # fmt: skip
    native = pixels.astype(np.uint8) * 255 if pixels.dtype.kind == "b" else pixels.astype(pixels.dtype.newbyteorder("="))
    return native[:, :, None] if native.ndim == 2 else native


def _colours(picture: Any) -> Any:
    """Return a picture of Pillow's in one of the modes `STORED`; 32-bit numbers stay."""
    if picture.mode in STORED or picture.mode in {"I", "F"}:
        return picture
    return picture.convert("RGBA" if picture.mode in {"P", "PA"} and picture.has_transparency_data else "RGB")


def _kind(content: bytes) -> str:
    """Say what bytes that are no picture probably are."""
    if content[4:8] == b"ftyp" and content[8:12] in APPLE:
        return "HEIC, as iPhones write: export it as JPEG"
    if not content:
        return "an empty file"
    return "markup such as a web page" if content.lstrip()[:1] == b"<" else "none of the formats known"


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


def require_size(image: NDArray[Any], camera: Camera) -> None:
    """Raise `ShapeError` unless an image (H, W, ...) is as large as its camera says; name what may have happened to it."""
    if image.ndim < 2 or image.shape[:2] != (camera.height, camera.width):
        height, width = image.shape[:2] if image.ndim >= 2 else (0, 0)
        if (width, height) == (camera.height, camera.width):
            why = "turn the photograph or the camera by 90 degrees"
        elif abs(width * camera.height - height * camera.width) <= max(camera.width, camera.height):
            why = f"of the same view at another size, multiply every number of the camera by {width / camera.width:.6g}"
        else:
            why = "take the camera of this very picture, or shift cx and cy by what was cut off"
        raise ShapeError(f"image is {width} x {height} px; expected {camera.width} x {camera.height} as its camera says: {why}")


def as_mask(mask: Tensor | ArrayLike, camera: Camera) -> NDArray[np.float64]:
    """Return a mask (H, W) of booleans, probabilities or 0/255 bytes as float64 in [0, 1].

    Raises
    ------
    ShapeError
        If it is not of the camera's size or holds other numbers.
    """
    found = mask.detach().cpu().numpy() if isinstance(mask, Tensor) else np.asarray(mask)
    if found.shape != (camera.height, camera.width):
        raise ShapeError(f"mask has shape {found.shape}; expected ({camera.height}, {camera.width}) as the image")
    values = found.astype(np.float64)
    values = values / 255.0 if found.dtype == np.uint8 and values.max(initial=0) > 1 else values
    if not np.isfinite(values).all() or values.min(initial=0) < 0 or values.max(initial=0) > 1:
        raise ShapeError("mask holds values outside 0..1; expected booleans, probabilities or 0/255 bytes")
    return values


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
