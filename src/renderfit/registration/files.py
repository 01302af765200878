"""Registration from and to files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit.errors import DataError
from renderfit.geometry import Camera, load_mesh, save_mesh
from renderfit.provenance import provenance
from renderfit.registration.overlay import overlay
from renderfit.registration.result import Registration
from renderfit.rendering.images import write_image
from renderfit.vision.images import load_image, read_pixels
from renderfit.whole import write_json

WRITTEN = re.compile(r"registration\.json|mesh\.ply|overlay(-[0-9]+)?\.png|replay\.html")
"""Names of the files that a registration leaves in its folder."""
POINTS = (".npy", ".xyz", ".csv", ".txt")
"""Suffixes of files that hold nothing but coordinates."""
WIDEST = 16
"""Numbers a point in such a file, at most: coordinates, then colours, normals and the like."""
GREY = 0.3
"""Share of pixels neither black nor white from which on a picture is no mask."""


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a photograph (H, W, 3), upright as EXIF says; grey becomes RGB, what is transparent becomes mid-grey.

    Raises
    ------
    DataError
        If the file is missing or is no image.
    """
    return (load_image(path) * 255).round().astype(np.uint8)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask (H, W): true where the file is brighter than half and opaque; a file of zeros and ones only is one too.

    Raises
    ------
    DataError
        If the file is missing, is no image, shows nothing brighter than half, or is grey in large part, as photographs are.
    """
    pixels = read_pixels(path, "a mask (PNG, white where the object is)")
    opaque = pixels[..., -1] > np.iinfo(pixels.dtype).max // 2 if pixels.shape[2] in {2, 4} else np.ones(pixels.shape[:2], dtype=bool)
    bright = pixels[..., : 1 if pixels.shape[2] < 3 else 3].mean(axis=2)
    peak, half = float(bright.max()), np.iinfo(pixels.dtype).max / 2
    if 1 < peak <= half:
        raise DataError(f"{path}: the brightest pixel is {peak:.0f} of {2 * half:.0f}; expected a mask of black and white, or of 0 and 1")
    grey = float(((bright > 0.2 * half) & (bright < 1.8 * half)).mean())
    if grey > GREY:
        raise DataError(f"{path}: {100 * grey:.0f} % of it is neither black nor white; expected a mask, not the photograph: white on black")
    return (bright > (half if peak > 1 else 0.5)) & opaque


def read_points(path: Path) -> NDArray[np.float64]:
    """Read a point cloud (N, 3): NumPy's .npy, text (.xyz, .csv, .txt: three numbers a line first, a heading is passed over), or a mesh.

    Raises
    ------
    DataError
        If the file is missing, not readable, or does not hold three coordinates a point.
    """
    if path.suffix.lower() not in POINTS:
        try:
            return load_mesh(path, check_unit=True).numpy()[0]
        except DataError as problem:
            raise DataError(f"{problem}; a point cloud may be PLY, {', '.join(POINTS)}, or any mesh") from problem
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected a point cloud (PLY, {', '.join(POINTS)}, or any mesh)")
    try:
        found = np.load(path, allow_pickle=False) if path.suffix.lower() == ".npy" else _numbers(path)
        points = np.asarray(found, dtype=np.float64)
    except (OSError, ValueError, TypeError, EOFError) as problem:
        raise DataError(f"{path}: not readable as points ({problem}); expected three coordinates a point [m]") from problem
    if points.ndim != 2 or not 3 <= points.shape[1] <= WIDEST:
        picture = " (a depth map? bring its pixels into space with the camera)" if min(points.shape, default=0) > WIDEST else ""
        raise DataError(f"{path}: holds numbers of shape {points.shape}{picture}; expected (N, 3): three coordinates a point [m]")
    return points[:, :3]


def _numbers(path: Path) -> NDArray[np.float64]:
    """Return the numbers of a text file, a line a row, separated by commas, semicolons or space."""
    rows = [line.replace(",", " ").replace(";", " ").split() for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row and not row[0].startswith("#")]
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]  # names of columns
    if short := sum(len(row) < 3 for row in rows):
        raise ValueError(f"{short} of {len(rows)} lines have fewer than three numbers")
    return np.array([row[:3] for row in rows], dtype=np.float64).reshape(-1, 3)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def write_registration(
    found: Registration, folder: Path, inputs: Sequence[Path], pictures: Sequence[NDArray[np.uint8]] = (), cameras: Sequence[Camera] = (),
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write registration.json, mesh.ply and, with the pictures, overlay.png, of further views overlay-2.png and so on.

    An earlier JSON goes first, the new one appears last. It names the `options` that took the place of params.yaml's values.

    Returns
    -------
    dict
        What registration.json holds.

    Raises
    ------
    DataError
        If an input is one of the files that would be written.
    """
    taken = [path for path in inputs if path.resolve().parent == folder.resolve() and WRITTEN.fullmatch(path.resolve().name)]
    if taken:
        raise DataError(
            f"{taken[0]}: an input that the results in {folder} would overwrite; expected results elsewhere: name another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in [path for path in folder.iterdir() if WRITTEN.fullmatch(path.name) and path.name != "mesh.ply"]:
        earlier.unlink()  # it must not pass for a result of this run
    save_mesh(found.mesh, folder / "mesh.ply")
    if pictures:
        for number, (picture, camera, pose) in enumerate(zip(pictures, cameras, found.poses, strict=True), start=1):
            name = "overlay.png" if number == 1 else f"overlay-{number}.png"
            write_image(overlay(picture, found.mesh, camera, pose), folder / name)
    summary = found.summary() | {"provenance": provenance([path.resolve() for path in inputs], ["ours", "paper", "cls"])}
    if options is not None:
        summary["options"] = dict(options)
    write_json(folder / "registration.json", summary)
    return summary
