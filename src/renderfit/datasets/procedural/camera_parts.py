"""What is mounted on a camera's body: lens, dials, buttons, hot shoe, screen, eyepiece, strap lugs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from renderfit.datasets.procedural import caps
from renderfit.datasets.procedural.curves import rounded
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, mirrored, moved, rounded_box, tilted, turned
from renderfit.datasets.procedural.soup import Soup

if TYPE_CHECKING:
    from renderfit.datasets.procedural.camera import Camera

_BLACK, _GLASS, _STEEL = (0.012, 0.012, 0.014), (0.010, 0.014, 0.040), (0.45, 0.45, 0.46)
_COATING, _FLASH, _SCREEN = (0.05, 0.02, 0.10), (0.75, 0.76, 0.72), (0.03, 0.035, 0.045)


def lens(soup: Soup, p: Camera) -> None:
    """Add mount ring, barrel, zoom and focus rings, rim, front glass and hood; open shells that overlap."""
    r, n, end = p.lens_radius, p.lens_length, p.lens_radius * p.lens_taper
    ring = rounded([(0.7 * r, -0.002), (1.03 * r, -0.002), (1.03 * r, 0.004), (0.8 * r, 0.0045)], 0.0008, 0.02, 3)
    stations = [(r, 0.003), (r, 0.24 * n), (0.965 * r, 0.28 * n), (0.965 * r, 0.66 * n), (end, 0.72 * n), (end, 0.99 * n)]
    barrel = rounded(stations, 0.002, 0.03, 3)
    mark = rounded([(end * 0.99, 0.90 * n), (end * 1.008, 0.905 * n), (end * 1.008, 0.925 * n), (end * 0.99, 0.93 * n)], 0.0003, 0.02, 2)
    rim = rounded(
        [(end, 0.985 * n), (end, n), (0.9 * end, n), (0.86 * end, n - 0.003), (0.84 * end, n - 0.004), (0.62 * end, n - 0.009)],
        0.001,
        0.02,
        3,
    )
    dome = [(0.64 * end * np.cos(a), n - 0.0105 + 0.15 * end * np.sin(a)) for a in np.linspace(0.0, 0.5 * np.pi - 0.02, 8)]
    shine = [(0.84 * end, n - 0.0048), (0.815 * end, n - 0.0046), (0.79 * end, n - 0.0052)]
    parts: list[tuple[Part, Rgb]] = [
        (lathe(ring, 48), _STEEL),
        (lathe(barrel, 48, start=False, end=False), p.top_color),
        (moved(caps.ribbed(1.015 * r, 0.26 * n, 26, 0.03, 0.0010), (0, 0, 0.34 * n)), _BLACK),
        (lathe(mark, 48, start=False, end=False), p.ring_color),
        (lathe(rim, 48, start=False, end=False), _BLACK),
        (lathe(shine, 48, start=False, end=False), (0.5, 0.5, 0.5)),
        (lathe(dome, 36, start=False), _GLASS),
        (
            moved(
                lathe([(0.30 * end * np.cos(a), 0.05 * end * np.sin(a)) for a in np.linspace(0, 1.5, 4)], 24, start=False),
                (0, 0, dome[-1][1] - 0.03 * end),
            ),
            _COATING,
        ),
    ]
    if n > 0.045:
        parts.append((moved(caps.ribbed(1.02 * end, 0.10 * n, 30, 0.02, 0.0008), (0, 0, 0.77 * n)), _BLACK))
    if p.hood:
        out, reach = 1.16 * end, 0.34 * r
        hood = rounded(
            [(1.0 * end, 0.95 * n), (1.06 * end, 0.96 * n), (out, n + reach), (0.95 * out, n + reach), (0.94 * end, 0.985 * n)],
            0.001,
            0.03,
            3,
        )
        parts.append((lathe(hood, 48, start=False, end=False), _BLACK))
    base = (p.lens_x, 0.5 * p.depth + 0.003, p.lens_z * p.height)
    for part, color in parts:
        soup.add(moved(turned(part, "+y"), base), color)


def top(soup: Soup, p: Camera) -> None:
    """Add the mode dial, the second dial, the shutter button, the hot shoe or the flash window."""
    h, w, radius = p.height, 0.5 * p.width, p.dial_radius
    place = (p.dial_x, -0.12 * p.depth, h - 0.002)
    soup.add(moved(caps.ribbed(radius, 0.0085, 18, 0.05, 0.001), place), p.top_color)
    disc = rounded([(0.6 * radius, 0.0), (0.56 * radius, 0.0006), (0.1 * radius, 0.0006)], 0, 0.02, 2)
    soup.add(moved(lathe(disc, 24), (place[0], place[1], h + 0.0063)), _STEEL)
    if p.second_dial:
        soup.add(moved(caps.ribbed(0.8 * radius, 0.007, 16, 0.05, 0.001), (-0.78 * w, 0, h - 0.002)), p.top_color)
    grip_x = w - p.grip_width
    forward = 0.5 * p.depth + 0.4 * (p.grip - p.grip_width) if p.grip > 0 else 0.1 * p.depth
    lean = -14.0 if p.grip > 0.006 else 0.0
    collar = rounded([(0.0088, -0.002), (0.0082, 0.0034), (0.0055, 0.0038)], 0.0012, 0.02, 3)
    button = rounded([(0.0052, 0.0026), (0.0050, 0.0056), (0.0008, 0.0061)], 0.0012, 0.02, 3)
    for profile, color in ((collar, _BLACK), (button, _STEEL)):
        soup.add(moved(tilted(lathe(profile, 24), lean), (grip_x, forward, 0.968 * h)), color)
    small = rounded_box((0.006, 0.004, 0.004), 0.001, exponent=3.0, ring=14)
    soup.add(moved(small, (grip_x - 0.012, 0.5 * forward, h - 0.0022)), _BLACK)
    if p.shoe:
        _shoe(soup, (p.lens_x, -0.06 * p.depth, h + p.hump - 0.0006))
    if p.flash_window:
        x = 0.24 * p.width if p.lens_x < 0 else -0.24 * p.width
        soup.add(moved(turned(rounded_box((0.018, 0.007, 0.003), 0.0007), "+y"), (x, 0.5 * p.depth - 0.0015, 0.88 * h)), _FLASH)
        lamp = lathe([(0.003, 0), (0.003, 0.002), (0.0005, 0.0025)], 18)
        soup.add(moved(turned(lamp, "+y"), (x - 0.016, 0.5 * p.depth - 0.001, 0.88 * h)), _GLASS)


def _shoe(soup: Soup, place: tuple[float, float, float]) -> None:
    x, y, z = place
    soup.add(moved(rounded_box((0.019, 0.018, 0.0016), 0.0004), place), _STEEL)
    for side in (-1, 1):
        soup.add(moved(rounded_box((0.0022, 0.018, 0.0042), 0.0004, ring=16), (x + side * 0.0086, y, z)), _STEEL)
        soup.add(moved(rounded_box((0.005, 0.018, 0.0009), 0.0003, ring=16), (x + side * 0.0071, y, z + 0.0034)), _STEEL)


def back(soup: Soup, p: Camera) -> None:
    """Add screen, control pad, buttons, thumb rest and eyepiece."""
    y, w, h = -0.5 * p.depth, p.width, p.height
    screen = rounded_box((0.56 * w, 0.60 * h, 0.0050), 0.0012, exponent=9.0, ring=32)
    soup.add(moved(turned(screen, "-y"), (-0.10 * w, y + 0.002, 0.42 * h)), _BLACK)
    glass = rounded_box((0.50 * w, 0.52 * h, 0.002), 0.0004, exponent=12.0, ring=32)
    soup.add(moved(turned(glass, "-y"), (-0.10 * w, y - 0.0016, 0.42 * h)), _SCREEN)
    pad = [(0.0088, 0), (0.0088, 0.002), (0.0062, 0.0024), (0.0060, 0.0014), (0.0036, 0.0014), (0.0032, 0.0028), (0.0006, 0.0030)]
    soup.add(moved(turned(lathe(rounded(pad, 0.0004, 0.02, 2), 28), "-y"), (0.33 * w, y + 0.0005, 0.34 * h)), (0.05, 0.05, 0.052))
    knob = lathe(rounded([(0.0028, 0), (0.0028, 0.0019), (0.0004, 0.0021)], 0.0005, 0.02, 2), 16)
    for dx, dz in ((0.27, 0.58), (0.34, 0.58), (0.41, 0.58), (0.27, 0.14), (0.38, 0.14)):
        soup.add(moved(turned(knob, "-y"), (dx * w, y + 0.0004, dz * h)), (0.06, 0.06, 0.062))
    if p.grip > 0:
        rest = rounded_box((0.020, 0.016, 0.006), 0.0025, exponent=3.0, ring=28)
        soup.add(moved(turned(rest, "-y"), (0.5 * w - 0.014, y + 0.001, 0.78 * h)), _BLACK)
    if p.finder:
        height = h + (0.35 * p.hump if p.hump > 0 else -0.09 * h)
        soup.add(
            moved(turned(rounded_box((0.027, 0.019, 0.010), 0.0035, exponent=4.0, ring=28), "-y"), (p.lens_x, y + 0.001, height)), _BLACK
        )
        soup.add(moved(turned(rounded_box((0.015, 0.010, 0.002), 0.0005), "-y"), (p.lens_x, y - 0.0082, height)), _SCREEN)


def lugs(soup: Soup, p: Camera) -> None:
    """Add the strap lugs at both sides."""
    lug = turned(lathe(rounded([(0.0036, -0.002), (0.0036, 0.0030), (0.0010, 0.0032)], 0.001, 0.01, 3), 16), "+x")
    lug = moved(lug, (0.5 * p.width - 0.001, 0, 0.84 * p.height))
    soup.add(lug, _STEEL)
    soup.add(mirrored(lug), _STEEL)
