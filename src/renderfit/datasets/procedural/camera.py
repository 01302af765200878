"""Cameras: compact, bridge and reflex; a blended body, lens, dials, hot shoe, screen."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural import camera_parts, implicit
from renderfit.datasets.procedural.curves import Array, rounded_polygon
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.soup import Paint, Soup


@dataclass(frozen=True)
class Camera:
    """What a camera looks like; lengths in metres, the lens points along +y, the grip is at +x, the base at z = 0."""

    width: float = 0.128
    height: float = 0.078
    """Top plate, without the hump."""
    depth: float = 0.044
    corner: float = 0.010
    """Rounding of the body's outline seen from the front."""
    edge: float = 0.006
    """Rounding of the front and back edges."""
    grip: float = 0.018
    """How far the grip stands out in front; 0: none."""
    grip_width: float = 0.017
    hump: float = 0.019
    """Height of the prism hump over the top plate; 0: none."""
    hump_width: float = 0.046
    lens_x: float = -0.008
    lens_z: float = 0.5
    """Height of the optical axis over the height of the body."""
    lens_radius: float = 0.032
    lens_length: float = 0.055
    lens_taper: float = 0.94
    """Radius at the front over the radius at the mount."""
    hood: bool = False
    dial_x: float = 0.036
    dial_radius: float = 0.0095
    second_dial: bool = True
    shoe: bool = True
    finder: bool = True
    """Eyepiece at the back."""
    flash_window: bool = False
    band_low: float = 0.16
    band_high: float = 0.74
    """Extent of the leatherette over the height; none when equal."""
    body_color: Rgb = (0.022, 0.022, 0.024)
    top_color: Rgb = (0.028, 0.028, 0.031)
    band_color: Rgb = (0.012, 0.012, 0.013)
    ring_color: Rgb = (0.5, 0.05, 0.03)


def build(p: Camera) -> Soup:
    """Model a camera."""
    soup = Soup()
    x, y = 0.5 * p.width + 0.006, 0.5 * p.depth + 0.010
    low, high = (-x, -y - 0.004, -0.004), (x, y + p.grip + 0.006, p.height + p.hump + 0.006)
    soup.add_painted(implicit.surface(lambda q: body(q, p), low, high, cell=0.0035), p.body_color, _paint(p))
    camera_parts.lens(soup, p)
    camera_parts.top(soup, p)
    camera_parts.back(soup, p)
    camera_parts.lugs(soup, p)
    return soup


def body(q: Array, p: Camera) -> Array:
    """Return the signed distance [m] of points (N, 3) to the body: plate, grip, hump and lens mount in one."""
    w, h, t = 0.5 * p.width, p.height, 0.5 * p.depth
    front, prism_front = _outlines(p)
    solid = implicit.slab(implicit.polygon(q[:, [0, 2]], front), t, q[:, 1], p.edge)
    if p.grip > 0:
        x, y = w - p.grip_width, t + p.grip - p.grip_width
        bar = implicit.capsule(q, (x, y, 0.0), (x, y - 0.001, 0.96 * h), p.grip_width)
        solid = implicit.union(solid, np.maximum(bar, q[:, 2] - 0.97 * h + 0.35 * (q[:, 1] - t)), 0.016)
    if p.hump > 0:
        level = np.clip((q[:, 2] - h) / p.hump, 0, 1)
        reach_y = t * (1.22 - 0.42 * level**1.5)
        prism = implicit.polygon(q[:, [0, 2]] - np.array([p.lens_x, 0.0]), prism_front)
        solid = implicit.union(solid, implicit.slab(prism, reach_y, q[:, 1] - 0.001, 0.005), 0.010)
    axis = p.lens_z * h
    mount = implicit.cylinder(q, (p.lens_x, 0, axis), (p.lens_x, t + 0.005, axis), min(1.10 * p.lens_radius, axis - 0.001), 0.002)
    solid = implicit.union(solid, mount, 0.006)
    return implicit.intersection(solid, -q[:, 2], 0.004)


@functools.lru_cache(maxsize=64)
def _outlines(p: Camera) -> tuple[Array, Array]:
    """Return the outlines of the body and of the prism hump in the x-z plane."""
    w, h, half = 0.5 * p.width, p.height, 0.5 * p.hump_width
    plate = [(-w, 0), (w, 0), (w, 0.92 * h), (0.55 * w, h), (-0.9 * w, h), (-w, 0.93 * h)]
    reach = [p.corner, p.corner, p.corner, 0.02, 0.004, p.corner]
    prism = [(-half, h - 0.02), (half, h - 0.02), (half, h), (0.58 * half, h + p.hump), (-0.58 * half, h + p.hump), (-half, h)]
    return rounded_polygon(plate, reach, 0.02, 4), rounded_polygon(prism, 0.006, 0.02, 4)


def _paint(p: Camera) -> list[tuple[Paint, Rgb]]:
    low, high, front = p.band_low * p.height, p.band_high * p.height, 0.5 * p.depth
    grip_x = 0.5 * p.width - p.grip_width
    layers: list[tuple[Paint, Rgb]] = [(lambda q: high - q[:, 2], p.top_color)]
    if high > low:
        layers.append((lambda q: np.abs(q[:, 2] - 0.5 * (low + high)) - 0.5 * (high - low), p.band_color))
    if p.hump > 0:
        plate = p.height + 0.40 * p.hump
        shape = np.array([0.26 * p.hump_width, 0.0026])
        layers.append((lambda q: _rectangle(q, (p.lens_x, plate), shape, 0.3 * front), (0.72, 0.72, 0.72)))
    if p.grip > 0.006:
        layers.append((lambda q: _rectangle(q, (grip_x, 0.79 * p.height), np.array([0.3 * p.grip_width, 0.0011]), front), p.ring_color))
    return layers


def _rectangle(q: Array, centre: tuple[float, float], half: Array, front: float) -> Array:
    """Return the distance to a rectangle in the x-z plane, on what lies before y = `front`."""
    return np.maximum((np.abs(q[:, [0, 2]] - np.asarray(centre)) - half).max(axis=1), front - q[:, 1])
