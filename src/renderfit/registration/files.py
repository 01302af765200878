"""Registration from and to files."""

from __future__ import annotations

import json
import os
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


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a photograph (H, W, 3); grey becomes RGB, an alpha channel is dropped.

    Raises
    ------
    DataError
        If the file is missing or is no image.
    """
    return _pixels(path, "a photograph (PNG, JPEG)")


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask (H, W): true where the file is brighter than half.

    Raises
    ------
    DataError
        If the file is missing or is no image.
    """
    return _pixels(path, "a mask (PNG, white where the object is)").mean(axis=2) > 127


def _pixels(path: Path, expected: str) -> NDArray[np.uint8]:
    try:
        picture = np.asarray(iio.imread(path.read_bytes()))
    except Exception as problem:  # the decoders raise whatever a damaged file makes them raise
        raise DataError(f"{path}: not readable as an image ({problem}); expected {expected}") from problem
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    if picture.ndim != 3 or picture.shape[2] < 3:
        raise DataError(f"{path}: pixels have shape {picture.shape}; expected {expected}")
    if picture.dtype == np.bool_:
        picture = picture.astype(np.uint8) * 255
    if picture.dtype == np.uint16:
        picture = (picture // 257).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise DataError(f"{path}: pixels are {picture.dtype}; expected 8 or 16 bits per channel")
    return picture[:, :, :3]


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
    part = folder / ".registration.json.part"
    part.write_text(json.dumps(summary, indent=1) + "\n")
    os.replace(part, folder / "registration.json")
    return summary
