"""Cordless drills: blended housing with rubber, battery foot, chuck, trigger, vents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural import caps, implicit
from renderfit.datasets.procedural.curves import Array, rounded
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, mirrored, moved, rounded_box, tilted, turned
from renderfit.datasets.procedural.soup import Soup

_RUBBER, _STEEL, _DARK = (0.015, 0.015, 0.016), (0.42, 0.42, 0.43), (0.03, 0.03, 0.032)


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
    grip_depth: float = 0.020
    """Half depth of the grip along y."""
    grip_width: float = 0.016
    battery_length: float = 0.105
    battery_width: float = 0.070
    battery_height: float = 0.045
    battery_shift: float = 0.014
    """Centre of the battery before the grip's foot."""
    gear_radius: float = 0.024
    gear_length: float = 0.022
    chuck_radius: float = 0.020
    chuck_length: float = 0.042
    chuck_taper: float = 0.5
    bit: float = 0.0
    """Length of the bit in the chuck."""
    side_handle: bool = False
    body_color: Rgb = (0.75, 0.45, 0.02)
    gear_color: Rgb = (0.03, 0.03, 0.032)
    battery_color: Rgb = (0.02, 0.02, 0.022)
    chuck_color: Rgb = (0.02, 0.02, 0.02)
    accent_color: Rgb = (0.7, 0.7, 0.68)


def build(p: Drill) -> Soup:
    """Model a drill."""
    soup = Soup()
    r, z = p.motor_radius, p.axis
    low = (-max(r, 0.5 * p.battery_width) - 0.006, -p.motor_back - 0.012, p.battery_height - 0.012)
    foot = _foot(p)
    low = (low[0], min(low[1], foot - 0.5 * p.battery_length - 0.01), low[2])
    high = (-low[0], max(p.motor_front, foot + 0.5 * p.battery_length) + 0.014, z + r + 0.008)
    housing = implicit.surface(lambda q: _housing(q, p), low, high, cell=0.0030)
    soup.add_painted(housing, p.body_color, _paint(p))
    _battery(soup, p)
    _front(soup, p)
    _details(soup, p)
    return soup


def _foot(p: Drill) -> float:
    return -p.lean + p.battery_shift


def _grip_axis(q: Array, p: Drill) -> Array:
    return -p.lean * np.clip((p.axis - q[:, 2]) / (p.axis - p.battery_height), 0, 1)


def _housing(q: Array, p: Drill) -> Array:
    r, z = p.motor_radius, p.axis
    motor = implicit.cylinder(q, (0, -p.motor_back, z), (0, p.motor_front, z), r, 0.45 * r, p.taper * r)
    flat = np.abs(q[:, 0]) - 0.93 * r
    motor = implicit.intersection(motor, flat, 0.012)
    top, bottom = np.array([0, 0.0, z]), np.array([0, -p.lean, p.battery_height + 0.004])
    along = np.clip((z - q[:, 2]) / (z - p.battery_height), 0, 1)
    swell = (
        1
        + 0.10 * np.sin(np.pi * np.clip(along * 1.5 - 0.35, 0, 1))
        + 0.12 * implicit.step(along - 0.25, 0.2)
        + 0.18 * implicit.step(0.9 - along, 0.15)
    )
    y = q[:, 1] - (top[1] + (bottom[1] - top[1]) * along)
    section = (np.abs(q[:, 0] / (p.grip_width * swell)) ** 2.4 + np.abs(y / (p.grip_depth * swell)) ** 2.4) ** (1 / 2.4)
    grip = (section - 1) * p.grip_width * 0.9
    grip = np.maximum(grip, np.maximum(q[:, 2] - z, p.battery_height - q[:, 2]))
    body = implicit.union(motor, grip, 0.030)
    foot = implicit.box(q, (0, _foot(p), p.battery_height + 0.006), (0.46 * p.battery_width, 0.46 * p.battery_length, 0.011), 0.007)
    body = implicit.union(body, foot, 0.022)
    for k in range(5):
        slot = implicit.box(
            np.abs(q * [1, 0, 0]) + q * [0, 1, 1], (0.97 * r, -p.motor_back * 0.83 + 0.0075 * k, z + 0.002), (0.004, 0.0014, 0.011), 0.0012
        )
        body = implicit.cut(body, slot, 0.001)
    return body


def _paint(p: Drill) -> list[tuple[object, Rgb]]:
    r, z = p.motor_radius, p.axis

    def rubber_grip(q: Array) -> Array:
        y = q[:, 1] - _grip_axis(q, p)
        tall = np.maximum(q[:, 2] - (z - 0.75 * r), p.battery_height + 0.020 - q[:, 2])
        return np.maximum(tall, y - 0.35 * p.grip_depth - 0.02 * (q[:, 2] - 0.7 * z) / z)

    def back_cap(q: Array) -> Array:
        return np.maximum(q[:, 1] + p.motor_back - 0.011 - 0.25 * np.maximum(z - q[:, 2], 0), z - 2.2 * r - q[:, 2])

    def spine(q: Array) -> Array:
        return np.maximum(np.hypot(0.7 * q[:, 0], 1.0 * (q[:, 2] - z - 1.1 * r)) - 0.42 * r, q[:, 1] - p.motor_front + 0.008)

    def plate(q: Array) -> Array:
        slanted = q[:, 1] - 0.25 * (q[:, 2] - z) + 0.004
        return np.maximum(np.maximum(np.abs(slanted) - 0.026, np.abs(q[:, 2] - z - 0.002) - 0.28 * r), 0.5 * r - np.abs(q[:, 0]))

    return [(rubber_grip, _RUBBER), (back_cap, _RUBBER), (spine, _RUBBER), (plate, p.accent_color)]


def _battery(soup: Soup, p: Drill) -> None:
    y = _foot(p)
    pack = rounded_box((p.battery_width, p.battery_length, p.battery_height - 0.004), 0.007, exponent=6.0, ring=56)
    soup.add(moved(pack, (0, y, 0)), p.battery_color)
    rail = rounded_box((0.94 * p.battery_width, 0.96 * p.battery_length, 0.006), 0.002, exponent=7.0, ring=56)
    soup.add(moved(rail, (0, y, p.battery_height - 0.0068)), _DARK)
    latch = rounded_box((0.022, 0.010, 0.006), 0.0015, exponent=4.0)
    soup.add(moved(turned(latch, "+y"), (0, y + 0.5 * p.battery_length - 0.003, 0.72 * p.battery_height)), p.body_color)
    plate = rounded_box((0.55 * p.battery_length, 0.4 * p.battery_height, 0.003), 0.0008, exponent=6.0)
    side = moved(tilted(turned(plate, "+x"), 90, "x"), (0.5 * p.battery_width - 0.0018, y, 0.45 * p.battery_height))
    soup.add(side, p.accent_color)
    soup.add(mirrored(side), p.accent_color)


def _front(soup: Soup, p: Drill) -> None:
    g, n, c, m = p.gear_radius, p.gear_length, p.chuck_radius, p.chuck_length
    gear = rounded([(0.96 * p.taper * p.motor_radius, -0.006), (1.02 * g, 0.004), (g, 0.35 * n), (0.97 * g, 0.4 * n)], 0.004, 0.03, 5)
    clutch = caps.ribbed(1.03 * g, 0.58 * n, 20, 0.06, 0.0015)
    nose = rounded([(0.8 * c, -0.004), (0.86 * c, 0.006), (0.9 * c, 0.008)], 0.001, 0.03, 3)
    sleeve = caps.ribbed(c, 0.52 * m, 18, 0.07, 0.0018)
    tip = rounded(
        [(0.93 * c, 0.5 * m), (0.93 * c, 0.62 * m), (p.chuck_taper * c, 0.93 * m), (0.42 * c, m), (0.12 * c, 0.97 * m)],
        [0, 0.004, 0.002, 0.001, 0],
        0.03,
        5,
    )
    parts: list[tuple[Part, Rgb]] = [
        (lathe(gear, 48, start=False, end=False), p.gear_color),
        (moved(clutch, (0, 0, 0.4 * n)), p.gear_color),
        (moved(lathe(nose, 40), (0, 0, n)), _STEEL),
        (moved(sleeve, (0, 0, n + 0.006)), p.chuck_color),
        (moved(lathe(tip, 48), (0, 0, n + 0.006)), p.chuck_color if p.chuck_taper > 0.6 else _STEEL),
    ]
    for k in range(3):
        jaw = tilted(rounded_box((0.0042, 0.0042, 0.012), 0.0008, exponent=3.0, ring=16), 10)
        jaw = moved(jaw, (0, 0.22 * c, n + m + 0.006 - 0.009))
        parts.append((tilted(jaw, 120.0 * k, "z"), _STEEL))
    if p.bit > 0:
        bit = rounded([(0.003, 0), (0.003, p.bit - 0.008), (0.0024, p.bit - 0.004), (0.0008, p.bit)], 0.001, 0.02, 3)
        parts.append((moved(lathe(bit, 16), (0, 0, n + m)), _STEEL))
    for part, color in parts:
        soup.add(moved(turned(part, "+y"), (0, p.motor_front, p.axis)), color)


def _details(soup: Soup, p: Drill) -> None:
    top = p.axis - p.motor_radius
    y = p.grip_depth + _grip_axis(np.array([[0, 0, top - 0.016]]), p)[0]
    trigger = implicit.surface(
        lambda q: implicit.cut(
            implicit.box(q, (0, y + 0.002, top - 0.017), (0.0075, 0.011, 0.017), 0.005),
            implicit.cylinder(q, (-1, y + 0.026, top - 0.020), (1, y + 0.026, top - 0.020), 0.017, 0.001),
            0.004,
        ),
        (-0.012, y - 0.014, top - 0.040),
        (0.012, y + 0.020, top + 0.004),
        cell=0.0022,
    )
    soup.add(trigger, _RUBBER)
    knob = turned(rounded_box((0.007, 0.012, 0.004), 0.001, exponent=3.0), "+x")
    knob = moved(knob, (p.grip_width + 0.004, 0.55 * p.grip_depth, top - 0.001))
    soup.add(knob, _RUBBER)
    soup.add(mirrored(knob), _RUBBER)
    for dy, dz in ((-0.6 * p.motor_back, -0.5 * p.motor_radius), (0.4 * p.motor_front, -0.55 * p.motor_radius)):
        screw = turned(lathe(rounded([(0.0030, 0), (0.0030, 0.0016), (0.0018, 0.0016), (0.0012, 0.0006)], 0.0002, 0.02, 2), 16), "+x")
        soup.add(moved(screw, (0.82 * p.motor_radius, dy, p.axis + dz)), _DARK)
