"""Cameras: compact, bridge and reflex; a blended body, lens, dials, hot shoe, screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural import caps, implicit
from renderfit.datasets.procedural.curves import Array, rounded, rounded_polygon
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, mirrored, moved, rounded_box, sweep, tilted, turned
from renderfit.datasets.procedural.soup import Soup

_BLACK, _GLASS, _STEEL = (0.012, 0.012, 0.014), (0.012, 0.016, 0.035), (0.45, 0.45, 0.46)


@dataclass(frozen=True)
class Camera:
    """What a camera looks like; lengths in metres, the lens points along +y, the grip is at +x, the base at z = 0."""

    width: float = 0.125
    height: float = 0.078
    """Top plate, without the hump."""
    depth: float = 0.045
    corner: float = 0.010
    """Rounding of the body's outline seen from the front."""
    edge: float = 0.006
    """Rounding of the front and back edges."""
    grip: float = 0.016
    """How far the grip stands out in front; 0: none."""
    grip_width: float = 0.017
    hump: float = 0.018
    """Height of the prism hump over the top plate; 0: none."""
    hump_width: float = 0.046
    lens_x: float = -0.008
    lens_z: float = 0.5
    """Height of the optical axis over the height of the body."""
    lens_radius: float = 0.033
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
    body_color: Rgb = (0.02, 0.02, 0.022)
    top_color: Rgb = (0.03, 0.03, 0.033)
    band_color: Rgb = (0.012, 0.012, 0.013)
    ring_color: Rgb = (0.5, 0.05, 0.03)


def build(p: Camera) -> Soup:
    """Model a camera."""
    soup = Soup()
    body = implicit.surface(lambda q: _body(q, p), *_bounds(p), cell=0.0026)
    low, high = p.band_low * p.height, p.band_high * p.height
    layers = [(lambda q: high - q[:, 2], p.top_color)]
    if high > low:
        layers.append((lambda q: np.abs(q[:, 2] - 0.5 * (low + high)) - 0.5 * (high - low), p.band_color))
    soup.add_painted(body, p.body_color, layers)
    for part, color in _lens(p):
        soup.add(part, color)
    _top(soup, p)
    _back(soup, p)
    lug = turned(lathe(rounded([(0.0035, 0), (0.0035, 0.004), (0.001, 0.004)], 0.001, 0.01, 3), 16), "+x")
    lug = moved(lug, (0.5 * p.width - 0.001, 0, 0.86 * p.height))
    soup.add(lug, _STEEL)
    soup.add(mirrored(lug), _STEEL)
    return soup


def _bounds(p: Camera) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    x, y = 0.5 * p.width + 0.006, 0.5 * p.depth + 0.008
    return (-x, -y - 0.012, -0.004), (x, y + p.grip + 0.004, p.height + p.hump + 0.008)


def _body(q: Array, p: Camera) -> Array:
    w, h, t = 0.5 * p.width, p.height, 0.5 * p.depth
    grip_x = w - p.grip_width
    outline = rounded_polygon(
        [(-w, 0), (w, 0), (w, 0.93 * h), (0.55 * w, h), (-0.9 * w, h), (-w, 0.93 * h)],
        [p.corner, p.corner, p.corner, p.corner, 0.004, p.corner],
        0.01,
        5,
    )
    body = implicit.slab(implicit.polygon(q[:, [0, 2]], outline), t, q[:, 1], p.edge)
    if p.grip > 0:
        bar = implicit.capsule(
            q, (grip_x, t + p.grip - p.grip_width, 0.10 * h), (grip_x, t + p.grip - p.grip_width + 0.001, 0.86 * h), p.grip_width
        )
        bar = implicit.intersection(bar, np.abs(q[:, 2] - 0.5 * h) - 0.5 * h, 0.008)
        body = implicit.union(body, bar, 0.016)
    if p.hump > 0:
        half = 0.5 * p.hump_width
        prism = rounded_polygon(
            [(-half, h - 0.02), (half, h - 0.02), (half, h), (0.55 * half, h + p.hump), (-0.55 * half, h + p.hump), (-half, h)],
            0.006,
            0.01,
            5,
        )
        shifted = q[:, [0, 2]] - np.array([p.lens_x, 0])
        reach = t * (1.12 - 0.25 * np.clip((q[:, 2] - h) / max(p.hump, 1e-3), 0, 1))
        hump = implicit.slab(implicit.polygon(shifted, prism), reach + 0.004, q[:, 1] - 0.002, 0.006)
        body = implicit.union(body, hump, 0.010)
    mount = implicit.cylinder(
        q, (p.lens_x, 0, p.lens_z * h), (p.lens_x, t + 0.004, p.lens_z * h), min(1.12 * p.lens_radius, 0.49 * h), 0.002
    )
    return implicit.union(body, mount, 0.006)


def _lens(p: Camera) -> list[tuple[Part, Rgb]]:
    r, n, end = p.lens_radius, p.lens_length, p.lens_radius * p.lens_taper
    parts: list[tuple[Part, Rgb]] = []
    ring = rounded([(0.7 * r, 0), (1.02 * r, 0), (1.02 * r, 0.004), (0.8 * r, 0.005)], 0.0008, 0.02, 3)
    barrel = rounded(
        [(r, 0.003), (r, 0.30 * n), (0.96 * r, 0.34 * n), (0.96 * r, 0.8 * n), (end, 0.84 * n), (end, 0.99 * n)], 0.002, 0.02, 4
    )
    grip = caps.ribbed(1.02 * r, 0.34 * n, 30, 0.025, 0.0012)
    mark = rounded([(end * 0.99, 0.90 * n), (end * 1.008, 0.905 * n), (end * 1.008, 0.925 * n), (end * 0.99, 0.93 * n)], 0.0003, 0.02, 2)
    rim = rounded([(end, 0.985 * n), (end, n), (0.9 * end, n), (0.82 * end, 0.94 * n), (0.62 * end, 0.88 * n)], 0.0012, 0.02, 4)
    dome = [(0.64 * end * np.cos(a), 0.85 * n + 0.16 * end * np.sin(a)) for a in np.linspace(0.0, 0.5 * np.pi - 0.02, 9)]
    parts += [(lathe(ring, 56), _STEEL), (lathe(barrel, 56, start=False, end=False), p.top_color), (moved(grip, (0, 0, 0.40 * n)), _BLACK)]
    parts += [(lathe(mark, 56), p.ring_color), (lathe(rim, 56, start=False, end=False), _BLACK), (lathe(dome, 40), _GLASS)]
    if p.hood:
        hood = rounded(
            [(1.0 * end, 0.93 * n), (1.22 * end, n + 0.4 * r), (1.16 * end, n + 0.4 * r), (0.95 * end, 0.97 * n)], 0.001, 0.02, 3
        )
        parts.append((lathe(hood, 56, start=False, end=False), _BLACK))
    base = (p.lens_x, 0.5 * p.depth + 0.001, p.lens_z * p.height)
    return [(moved(turned(part, "+y"), base), color) for part, color in parts]


def _top(soup: Soup, p: Camera) -> None:
    h = p.height
    grip_x = 0.5 * p.width - p.grip_width
    dial = caps.ribbed(p.dial_radius, 0.008, 18, 0.05, 0.001)
    soup.add(moved(dial, (p.dial_x, -0.1 * p.depth, h - 0.002)), p.top_color)
    soup.add(
        moved(
            lathe(rounded([(0.55 * p.dial_radius, 0), (0.5 * p.dial_radius, 0.0006), (0.1 * p.dial_radius, 0.0006)], 0, 0.02, 2), 24),
            (p.dial_x, -0.1 * p.depth, h + 0.0058),
        ),
        _STEEL,
    )
    if p.second_dial:
        soup.add(moved(caps.ribbed(0.8 * p.dial_radius, 0.007, 16, 0.05, 0.001), (-0.8 * 0.5 * p.width, 0, h - 0.002)), p.top_color)
    button_y = 0.5 * p.depth + p.grip - p.grip_width if p.grip > 0 else 0.1 * p.depth
    collar = rounded([(0.0085, 0), (0.0080, 0.004), (0.0055, 0.0045)], 0.0012, 0.02, 4)
    button = rounded([(0.0052, 0.003), (0.0050, 0.0060), (0.0008, 0.0065)], 0.0012, 0.02, 4)
    lean = -14.0 if p.grip > 0.006 else 0.0
    for profile, color in ((collar, _BLACK), (button, _STEEL)):
        soup.add(moved(tilted(lathe(profile, 28), lean), (grip_x, button_y, 0.965 * h)), color)
    if p.shoe:
        z = h + p.hump - 0.0005
        y = -0.06 * p.depth
        soup.add(moved(rounded_box((0.019, 0.018, 0.0016), 0.0004), (p.lens_x, y, z)), _STEEL)
        for side in (-1, 1):
            soup.add(moved(rounded_box((0.0022, 0.018, 0.0042), 0.0004), (p.lens_x + side * 0.0086, y, z)), _STEEL)
            soup.add(moved(rounded_box((0.005, 0.018, 0.0009), 0.0003), (p.lens_x + side * 0.0071, y, z + 0.0034)), _STEEL)
    if p.flash_window:
        x = 0.24 * p.width if p.lens_x < 0 else -0.24 * p.width
        soup.add(moved(turned(rounded_box((0.018, 0.007, 0.003), 0.0007), "+y"), (x, 0.5 * p.depth - 0.0015, 0.88 * h)), (0.75, 0.76, 0.72))
        soup.add(
            moved(turned(lathe([(0.003, 0), (0.003, 0.002), (0.0005, 0.0025)], 20), "+y"), (x - 0.016, 0.5 * p.depth - 0.001, 0.88 * h)),
            _GLASS,
        )


def _back(soup: Soup, p: Camera) -> None:
    y = -0.5 * p.depth
    screen = rounded_box((0.56 * p.width, 0.58 * p.height, 0.0045), 0.0012, exponent=9.0)
    soup.add(moved(turned(screen, "-y"), (-0.10 * p.width, y + 0.002, 0.42 * p.height)), _BLACK)
    glass = rounded_box((0.52 * p.width, 0.52 * p.height, 0.002), 0.0004, exponent=12.0)
    soup.add(moved(turned(glass, "-y"), (-0.10 * p.width, y - 0.0012, 0.42 * p.height)), (0.03, 0.035, 0.045))
    pad = rounded(
        [(0.0085, 0), (0.0085, 0.002), (0.006, 0.0022), (0.006, 0.0014), (0.0035, 0.0014), (0.0032, 0.0026), (0.0006, 0.0028)],
        0.0004,
        0.02,
        2,
    )
    soup.add(moved(turned(lathe(pad, 32), "-y"), (0.34 * p.width, y + 0.0005, 0.36 * p.height)), _BLACK)
    for k in range(2):
        knob = lathe(rounded([(0.0026, 0), (0.0026, 0.0018), (0.0004, 0.002)], 0.0005, 0.02, 3), 18)
        soup.add(moved(turned(knob, "-y"), ((0.30 + 0.09 * k) * p.width, y + 0.0004, 0.64 * p.height)), _STEEL)
    if p.finder:
        height = p.height + (0.3 * p.hump if p.hump > 0 else -0.09 * p.height)
        eye = rounded_box((0.026, 0.018, 0.009), 0.003, exponent=4.0)
        soup.add(moved(turned(eye, "-y"), (p.lens_x, y + 0.003, height)), _BLACK)
        soup.add(moved(turned(rounded_box((0.015, 0.010, 0.002), 0.0005), "-y"), (p.lens_x, y - 0.0052, height)), _GLASS)
