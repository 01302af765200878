"""Trigger sprays: a bottle with a waist, a ribbed collar, a sculpted head with lever and nozzle."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural import bottle, caps, implicit
from renderfit.datasets.procedural.curves import Array, rounded_polygon
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, moved, rounded_box, sweep, turned
from renderfit.datasets.procedural.soup import Soup


@dataclass(frozen=True)
class Spray:
    """What a trigger spray looks like; lengths in metres, the nozzle points along +y, the base at z = 0."""

    height: float = 0.26
    """Top of the head."""
    radius: float = 0.042
    """Half width of the bottle along y."""
    flatness: float = 0.75
    squareness: float = 2.5
    foot: float = 0.95
    waist: float = 0.95
    waist_height: float = 0.5
    shoulder: float = 0.62
    """Height where the bottle's body ends over the height of its mouth."""
    shoulder_round: float = 0.5
    neck: float = 0.013
    head_length: float = 0.085
    """From the tail to the front of the head."""
    head_height: float = 0.050
    head_width: float = 0.014
    """Half width of the head along x."""
    tail: float = 0.030
    """How far the head reaches behind the neck."""
    slope: float = 0.006
    """How much lower the tail is than the front."""
    trigger: float = 0.050
    """Length of the lever."""
    trigger_out: float = 0.028
    """How far the lever hangs before the neck."""
    nozzle: str = "square"
    """square, round or hex."""
    nozzle_size: float = 0.009
    label_low: float = 0.14
    label_high: float = 0.5
    body_color: Rgb = (0.75, 0.78, 0.8)
    head_color: Rgb = (0.8, 0.8, 0.8)
    trigger_color: Rgb = (0.6, 0.05, 0.03)
    label_color: Rgb = (0.05, 0.25, 0.5)
    accent_color: Rgb = (0.8, 0.6, 0.05)


def build(p: Spray) -> Soup:
    """Model a trigger spray."""
    mouth = p.height - p.head_height - 0.010
    soup = bottle.build(_bottle(p, mouth))
    soup.turn(90.0)
    collar = caps.ribbed(1.32 * p.neck, 0.020, 26, 0.05, 0.002)
    soup.add(moved(collar, (0, 0, mouth - 0.008)), p.head_color)
    soup.add(moved(caps.flange(p.neck), (0, 0, mouth - 0.006)), p.body_color)
    low = (-p.head_width - 0.006, -p.tail - 0.008, mouth + 0.006)
    high = (p.head_width + 0.006, p.head_length - p.tail + 0.008, p.height + 0.008)
    soup.add(implicit.surface(lambda q: _head(q, p, mouth), low, high, cell=0.0024), p.head_color)
    soup.add(_trigger(p), p.trigger_color)
    _nozzle(soup, p)
    return soup


def _bottle(p: Spray, mouth: float) -> bottle.Bottle:
    scale = 1.0 / (mouth + 0.002)
    return bottle.Bottle(
        height=mouth + 0.002,
        radius=p.radius,
        flatness=p.flatness,
        squareness=p.squareness,
        foot=p.foot,
        belly=p.waist,
        belly_height=p.waist_height,
        shoulder=p.shoulder,
        shoulder_length=0.97 - p.shoulder - 0.012 * scale,
        shoulder_round=p.shoulder_round,
        neck=p.neck,
        heel=0.009,
        push_up=0.005,
        rings=0.0,
        ring_depth=0.0,
        cap="none",
        cap_height=0.003,
        label_low=p.label_low,
        label_high=p.label_high,
        label_wrap=False,
        body_color=p.body_color,
        label_color=p.label_color,
        accent_color=p.accent_color,
    )


def _head(q: Array, p: Spray, mouth: float) -> Array:
    top, front = p.height, p.head_length - p.tail
    outline = _head_outline(p, mouth)
    level = np.clip((q[:, 2] - mouth) / (top - mouth), 0, 1)
    width = p.head_width * (0.94 + 0.10 * np.sin(np.pi * level) - 0.18 * np.clip(q[:, 1] / front, 0, 1) ** 2)
    head = implicit.slab(implicit.polygon(q[:, 1:], outline), width, q[:, 0], 0.0055)
    stem = implicit.cylinder(q, (0, 0, mouth + 0.010), (0, 0, top - 0.02), 1.05 * p.neck, 0.002, 0.9 * p.neck)
    return implicit.union(head, stem, 0.006)


@functools.lru_cache(maxsize=64)
def _head_outline(p: Spray, mouth: float) -> Array:
    """Return the outline of the head from the side, in the y-z plane."""
    top, front = p.height, p.head_length - p.tail
    barrel = top - 0.021
    return rounded_polygon(
        [
            (-p.tail, top - 0.024 - p.slope),
            (-0.45 * p.tail, top - 0.028),
            (-0.017, mouth + 0.014),
            (0.017, mouth + 0.014),
            (0.020, barrel - 0.004),
            (front, barrel),
            (front, top - 0.003),
            (0.3 * front, top),
            (-0.6 * p.tail, top - 0.5 * p.slope),
            (-p.tail, top - 0.004 - p.slope),
        ],
        [0.008, 0.012, 0.004, 0.004, 0.010, 0.003, 0.006, 0.03, 0.02, 0.008],
        0.02,
        5,
    )


def _trigger(p: Spray) -> Part:
    top, front = p.height - 0.021, p.head_length - p.tail
    start = np.array([0.45 * front, top])
    bend = np.array([0.55 * front + 0.2 * p.trigger_out, top - 0.45 * p.trigger])
    end = np.array([0.35 * front + p.trigger_out, top - p.trigger])
    t = np.linspace(0, 1, 22)[:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    path = np.concatenate([np.zeros((22, 1)), curve], axis=1)
    half = 0.62 * p.head_width * (1 + 0.12 * t)
    sizes = np.concatenate([half, 0.0036 + 0.0016 * np.sin(np.pi * t)], axis=1)
    round_off = np.sqrt(np.clip(1 - np.clip((t - 0.9) / 0.1, 0, 0.98) ** 2, 0, 1))
    return sweep(path, sizes * round_off, ring=24, exponent=2.8)


def _nozzle(soup: Soup, p: Spray) -> None:
    front, z = p.head_length - p.tail, p.height - 0.012
    s = p.nozzle_size
    if p.nozzle == "square":
        knob = rounded_box((2 * s, 2 * s, 0.013), 0.0018, exponent=7.0)
    elif p.nozzle == "round":
        knob = caps.ribbed(s, 0.014, 14, 0.07, 0.0015)
    else:
        knob = lathe([(s, 0), (1.05 * s, 0.010), (0.8 * s, 0.013), (0.1 * s, 0.013)], 6)
    soup.add(moved(turned(knob, "+y"), (0, front - 0.002, z)), p.trigger_color)
    tip = lathe([(0.0042, 0), (0.0042, 0.003), (0.0012, 0.0034), (0.0010, 0.0016)], 20)
    soup.add(moved(turned(tip, "+y"), (0, front + 0.0105, z)), p.head_color)
