"""Does an object fit into the pictures of the test views? Cut or tiny objects are found before hours are spent on them."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from renderfit import config
from renderfit.errors import DataError
from renderfit.geometry import Camera, Mesh

_log = logging.getLogger(__name__)

Array = NDArray[np.float64]

ROOM = 0.95
"""How far to the border of the image an object may reach at the distance that a message recommends."""
SMALLEST = 0.1
"""Share of the image that the longest side of an object has to span: below, its outline is a handful of pixels."""
AZIMUTHS = 24
"""Directions around the object that are tried."""


@dataclass(frozen=True)
class Framing:
    """How an object lies in the pictures, from all around and over the band of elevations.

    Attributes
    ----------
    reach : float
        Farthest from the middle of the image, in half images: above 1 it is cut. Infinite when part of it lies behind the camera.
    span : float
        Largest width or height in any picture, as a share of the image.
    """

    reach: float
    span: float


def framing(mesh: Mesh, camera: Camera, distance: float, band: config.Views) -> Framing:
    """Project a mesh [m] as `renderfit.datasets.views` photographs it, from `distance` [m] to the middle of its box."""
    return _framing(_outermost(mesh), camera, distance, band)


def fitting_distance(mesh: Mesh, camera: Camera, band: config.Views) -> float:
    """Return the least distance [m], in steps of 5 % of the object, at which it lies well inside all pictures."""
    points = _outermost(mesh)
    step = 0.05 * float(np.linalg.norm(np.ptp(points, axis=0)))
    low, high = 1, 2
    while _framing(points, camera, high * step, band).reach > ROOM:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _framing(points, camera, middle * step, band).reach <= ROOM else (middle, high)
    return high * step


def distance_for(mesh: Mesh, camera: Camera, distance: float, band: config.Views, name: str) -> float:
    """Return `distance` where the object fits into the pictures from there, else one from where it does, with a line in the log."""
    found = framing(mesh, camera, distance, band)
    if found.reach <= 1 and found.span >= SMALLEST:
        return distance
    chosen = fitting_distance(mesh, camera, band)
    _log.warning("%s is photographed from %.3g m, not from camera.distance %.3g m: it is %s", name, chosen, distance, _size(mesh))
    return chosen


def require_in_frame(meshes: Mapping[str, Mesh]) -> None:
    """Refuse objects that the test views would cut, or show as a speck.

    Raises
    ------
    DataError
        With every such object, its size, and what to set ``camera.distance`` to.
    """
    lens, band = config.section(config.CameraSection), config.section(config.Views)
    camera = Camera.centred(lens.size, lens.focal)
    found = {name: framing(mesh, camera, lens.distance, band) for name, mesh in meshes.items()}
    lines = [f"{name} is {_size(meshes[name])}: {said}" for name, one in found.items() if (said := _complaint(one, lens.size))]
    if not lines:
        return
    needed = max(fitting_distance(mesh, camera, band) for mesh in meshes.values())
    needed = math.ceil(100 * needed) / 100 if needed > 0.1 else float(f"{1.05 * needed:.2g}")
    small = [name for name, mesh in meshes.items() if framing(mesh, camera, needed, band).span < SMALLEST]
    advice = f"set camera.distance in params.yaml to {needed:g}"
    if small:
        advice = (
            f"from {needed:g} m, where the largest fits, {', '.join(small)} would be a speck: the sizes differ too much for one camera; "
            "take them in separate runs (dataset.categories), or leave some out"
        )
    raise DataError(f"test views from camera.distance {lens.distance:g} m:\n  " + "\n  ".join(lines) + f"\n{advice}")


def _framing(points: Array, camera: Camera, distance: float, band: config.Views) -> Framing:
    reach, span = 0.0, 0.0
    centred = points - 0.5 * (points.min(axis=0) + points.max(axis=0))
    for elevation in np.radians(np.linspace(band.elevation_low, band.elevation_high, 3)):
        for azimuth in 2 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS:
            away = np.array([math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)])
            right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
            depth = distance - centred @ away
            if depth.min() <= camera.near:
                return Framing(math.inf, math.inf)
            x = camera.fx * (centred @ right) / depth / camera.width
            y = camera.fy * (centred @ np.cross(away, right)) / depth / camera.height
            reach = max(reach, 2 * float(np.abs(x).max()), 2 * float(np.abs(y).max()))
            span = max(span, float(np.ptp(x)), float(np.ptp(y)))
    return Framing(reach, span)


def _complaint(found: Framing, size: int) -> str | None:
    if found.reach == math.inf:
        return "part of it lies behind the camera"
    if found.reach > 1:
        return f"it reaches {found.reach:.2f} times as far as the border, so it is cut"
    if found.span < SMALLEST:
        return f"it spans {found.span * size:.0f} of {size} px; expected {SMALLEST * size:.0f} and more"
    return None


def _outermost(mesh: Mesh) -> Array:
    """Return the vertices that can be at the edge of a picture."""
    vertices, faces = mesh.numpy()
    used = vertices[np.unique(faces)] if len(faces) else vertices
    try:
        return np.asarray(used[ConvexHull(used).vertices])
    except (QhullError, ValueError):  # all in one plane
        return used


def _size(mesh: Mesh) -> str:
    low, high = mesh.bounds()
    return " x ".join(f"{float(side):.3g}" for side in high - low) + " m"
