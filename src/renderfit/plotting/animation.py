"""The registration as a short film: iterations over the photograph, then the found object beside the true one, turning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from renderfit.datasets.views import View
from renderfit.errors import DataError
from renderfit.geometry import Mesh
from renderfit.plotting.figures import color_of
from renderfit.plotting.pictures import clay, rgb, turned, window
from renderfit.plotting.registration import iterate
from renderfit.registration import Registration
from renderfit.registration.columns import Columns
from renderfit.registration.overlay import overlay
from renderfit.whole import whole_file

SIDE, STRIP = 260, 26
"""Side of a panel and height of its caption [px]."""
RATE = 10
"""Frames a second."""
STILL, MOVING, TURNING = 6, 18, 26
"""Frames of the start, of the iterations and of the turn: five seconds an object."""
CAPTIONS = ("photograph, fitted outline", "found", "true (not seen by the method)")

Frame = NDArray[np.uint8]


def film(runs: Sequence[tuple[View, Registration, Columns, Mesh]]) -> list[Frame]:
    """Return the frames of all runs, one after the other.

    Parameters
    ----------
    runs : sequence of (View, Registration, Columns, Mesh)
        What was seen from the noisy start pose, what was found with which shape model, and the true mesh in the object frame.

    Returns
    -------
    list of (H, W, 3) uint8 arrays
    """
    return [frame for run in runs for frame in _object(*run)]


def _object(view: View, found: Registration, columns: Columns, truth: Mesh) -> list[Frame]:
    if not found.history:
        raise DataError("the registration has no iterations; expected one that found the object in its photograph")
    line = tuple(int(255 * value) for value in rgb(color_of("ours")))
    sharp = view.camera.scaled(1.25 * SIDE / view.camera.width)
    crop = window(view.mask, 1.5)
    steps = np.round(np.linspace(0, len(found.history) - 1, MOVING)).astype(int)
    places = [iterate(found.history[k], view.noisy_pose, columns) for k in steps]
    shots = [(mesh, pose, 0.0) for mesh, pose in places]
    shots += [(found.mesh, found.pose, 360.0 * k / TURNING) for k in range(1, TURNING + 1)]
    left = [overlay(view.image, mesh, view.camera, pose, line)[crop] for mesh, pose, _ in shots]  # type: ignore[arg-type]
    middle = [clay(mesh, sharp, turned(pose, mesh, angle), color_of("ours")) for mesh, pose, angle in shots]
    still = clay(truth, sharp, view.pose, color_of("target"))
    right = [clay(truth, sharp, turned(view.pose, truth, angle), color_of("target")) if angle else still for _, _, angle in shots]
    shared = window(np.any([(image < 1).any(axis=2) for image in (*middle, *right)], axis=0), 1.1)
    uint8 = [[np.round(255 * image[shared]).astype(np.uint8) for image in row] for row in (middle, right)]
    drawn = [_panels(panels) for panels in zip(left, *uint8, strict=True)]
    return drawn[:1] * STILL + drawn


def _panels(images: Sequence[Frame]) -> Frame:
    sheet = Image.new("RGB", (SIDE * len(images), SIDE + STRIP), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, (image, caption) in enumerate(zip(images, CAPTIONS, strict=True)):
        sheet.paste(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS), (number * SIDE, STRIP))
        pen.text((number * SIDE + SIDE / 2, STRIP / 2), caption, fill="#22272e", font=font, anchor="mm")
    return np.asarray(sheet)


def write(frames: Sequence[Any], path: Path, quality: int = 55) -> Path:
    """Write frames as an endless WebP animation with `RATE` frames a second; it appears when it is complete."""
    first, *others = [Image.fromarray(frame) for frame in frames]
    with whole_file(path) as part:
        first.save(part, "WEBP", save_all=True, append_images=others, duration=1000 // RATE, loop=0, quality=quality, method=4)
    return path
