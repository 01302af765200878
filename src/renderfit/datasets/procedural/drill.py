"""Cordless drills: blended housing with rubber, battery foot, chuck, trigger, vents."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural import drill_parts, implicit
from renderfit.datasets.procedural.curves import Array, rounded_polygon
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.soup import Paint, Soup

RUBBER, DARK = (0.015, 0.015, 0.016), (0.028, 0.028, 0.030)


@dataclass(frozen=True)
class Drill:
    """What a cordless drill looks like; lengths in metres, the chuck points along +y, the battery stands on z = 0."""

    axis: float = 0.185
    """Height of the motor's axis."""
    motor_radius: float = 0.030
    motor_back: float = 0.070
    """How far the motor reaches behind the grip's top."""
    motor_front: float = 0.045
    taper: float = 0.9
    """Radius at the front of the motor over the radius at the back."""
    lean: float = 0.018
    """How far the grip's foot lies behind its top (negative: before it)."""
    grip_depth: float = 0.0215
    """Half depth of the grip along y."""
    grip_width: float = 0.0165
    battery_length: float = 0.105
    battery_width: float = 0.070
    battery_height: float = 0.045
    battery_shift: float = 0.014
    """Centre of the battery before the grip's foot."""
    tower: bool = False
    """An old pack: a small base under a stem in the grip, instead of a slide-on pack."""
    gear_radius: float = 0.024
    gear_length: float = 0.022
    chuck_radius: float = 0.020
    chuck_length: float = 0.042
    chuck_taper: float = 0.5
    bit: float = 0.0
    """Length of the bit in the chuck."""
    clip: bool = True
    """A belt clip at the foot."""
    body_color: Rgb = (0.75, 0.45, 0.02)
    gear_color: Rgb = (0.03, 0.03, 0.032)
    battery_color: Rgb = (0.02, 0.02, 0.022)
    chuck_color: Rgb = (0.02, 0.02, 0.02)
    accent_color: Rgb = (0.7, 0.7, 0.68)


def build(p: Drill) -> Soup:
    """Model a drill."""
    soup = Soup()
    half = max(p.motor_radius, 0.5 * p.battery_width) + 0.006
    back = min(-p.motor_back, foot(p) - 0.5 * p.battery_length) - 0.010
    front = max(p.motor_front, foot(p) + 0.5 * p.battery_length) + 0.012
    low, high = (-half, back, p.battery_height - 0.012), (half, front, p.axis + p.motor_radius + 0.010)
    soup.add_painted(implicit.surface(lambda q: housing(q, p), low, high, cell=0.0038), p.body_color, _paint(p))
    drill_parts.battery(soup, p, foot(p))
    drill_parts.front(soup, p)
    drill_parts.trigger(soup, p)
    drill_parts.details(soup, p, foot(p))
    return soup


def foot(p: Drill) -> float:
    """Return where the middle of the battery lies along y [m]."""
    return -p.lean + p.battery_shift


def grip_middle(z: Array, p: Drill) -> Array:
    """Return the middle of the grip along y [m] at the heights `z`."""
    return -p.lean * np.clip((p.axis - z) / (p.axis - p.battery_height), 0, 1)


@functools.lru_cache(maxsize=64)
def _profile(p: Drill) -> Array:
    """Return the outline of the motor housing from the side, in the y-z plane."""
    r, z, f = p.motor_radius, p.axis, p.taper
    corners = [
        (-p.motor_back, z - 0.62 * r),
        (-p.motor_back + 0.35 * r, z - r),
        (0.35 * p.motor_front, z - 0.98 * r),
        (p.motor_front, z - f * 0.92 * r),
        (p.motor_front, z + f * 0.92 * r),
        (0.1 * p.motor_front, z + 1.04 * r),
        (-p.motor_back + 0.45 * r, z + r),
        (-p.motor_back, z + 0.55 * r),
    ]
    return rounded_polygon(corners, [0.5 * r, 0.5 * r, 0.03, 0.006, 0.008, 0.04, 0.6 * r, 0.5 * r], 0.02, 4)


def housing(q: Array, p: Drill) -> Array:
    """Return the signed distance [m] of points (N, 3) to the housing: motor, grip and foot in one."""
    r, z = p.motor_radius, p.axis
    reach = np.clip((q[:, 1] + p.motor_back) / (p.motor_back + p.motor_front), 0, 1)
    barrel = np.hypot(q[:, 0] * 1.05, q[:, 2] - z) - r * (1.02 + (p.taper - 1.02) * reach**2)
    motor = implicit.intersection(barrel, implicit.polygon(q[:, 1:], _profile(p)), 0.010)
    along = np.clip((z - q[:, 2]) / (z - p.battery_height), 0, 1)
    bulge = 0.10 * np.sin(np.pi * np.clip(along * 1.5 - 0.35, 0, 1)) + 0.22 * implicit.step(0.92 - along, 0.18)
    swell = 1 + bulge + 0.12 * implicit.step(along - 0.25, 0.2)
    y = q[:, 1] - grip_middle(q[:, 2], p)
    section = (np.abs(q[:, 0] / (p.grip_width * swell)) ** 2.4 + np.abs(y / (p.grip_depth * swell)) ** 2.4) ** (1 / 2.4)
    grip = np.maximum((section - 1) * p.grip_width * 0.9, np.maximum(q[:, 2] - z, p.battery_height - q[:, 2]))
    solid = implicit.union(motor, grip, 0.030)
    length = 0.5 * p.battery_length * (0.94 if not p.tower else 0.80)
    slope = 0.10 * (q[:, 1] - foot(p))
    base = q + np.stack([0 * slope, 0 * slope, slope], axis=1)
    sole = implicit.box(base, (0, foot(p), p.battery_height + 0.007), (0.46 * p.battery_width, length, 0.011), 0.007)
    solid = implicit.union(solid, sole, 0.024)
    solid = np.maximum(solid, p.battery_height - 0.004 - q[:, 2])
    solid = implicit.cut(solid, _vents(q, p), 0.001)
    return solid - 0.0009 * implicit.step(_rubber(q, p), 0.0016)


def _vents(q: Array, p: Drill) -> Array:
    """Return the distance to the slots at both sides of the motor's end."""
    side = np.stack([np.abs(q[:, 0]), q[:, 1] + 0.3 * (q[:, 2] - p.axis), q[:, 2]], axis=1)
    slots = [
        implicit.box(
            side, (0.97 * p.motor_radius, -0.80 * p.motor_back + 0.0085 * k, p.axis + 0.001), (0.005, 0.0017, 0.40 * p.motor_radius), 0.0015
        )
        for k in range(4)
    ]
    return np.minimum.reduce(slots)


def _rubber(q: Array, p: Drill) -> Array:
    """Return a value that is negative where the housing is covered with rubber."""
    r, z = p.motor_radius, p.axis
    y = q[:, 1] - grip_middle(q[:, 2], p)
    tall = np.maximum(q[:, 2] - (z - 0.8 * r), p.battery_height + 0.019 - q[:, 2])
    grip = np.maximum(tall, y - 0.45 * p.grip_depth + 0.010 * np.cos(9 * (q[:, 2] - p.battery_height) / z))
    cap = q[:, 1] + p.motor_back - 0.010 - 0.30 * np.maximum(z - q[:, 2], 0)
    spine = np.maximum(np.hypot(0.8 * q[:, 0], q[:, 2] - z - 1.1 * r) - 0.42 * r, q[:, 1] - p.motor_front + 0.008)
    return np.minimum(np.minimum(grip, cap), spine)


def _paint(p: Drill) -> list[tuple[Paint, Rgb]]:
    r, z = p.motor_radius, p.axis

    def plate(q: Array) -> Array:
        slanted = q[:, 1] + 0.35 * (q[:, 2] - z) - 0.10 * p.motor_front
        outside = np.maximum(np.abs(slanted) - 0.42 * p.motor_front - 0.008, np.abs(q[:, 2] - z - 0.08 * r) - 0.26 * r)
        return np.maximum(outside, 0.5 * r - np.abs(q[:, 0]))

    def word(q: Array) -> Array:
        slanted = q[:, 1] + 0.35 * (q[:, 2] - z) - 0.10 * p.motor_front
        letters = np.abs(np.mod(slanted + 0.5, 0.0062) - 0.0031) - 0.0021
        inside = np.maximum(np.abs(slanted) - 0.42 * p.motor_front - 0.0035, np.abs(q[:, 2] - z - 0.08 * r) - 0.13 * r)
        return np.maximum(np.maximum(inside, letters), 0.5 * r - np.abs(q[:, 0]))

    return [
        (lambda q: _rubber(q, p), RUBBER),
        (lambda q: _vents(q, p) - 0.0008, DARK),
        (plate, p.accent_color),
        (word, p.body_color),
    ]
