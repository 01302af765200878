"""Bottles: a lofted body with shoulder, neck and base, a label, a cap, sometimes a handle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural import caps
from renderfit.datasets.procedural.curves import Array, rounded, superellipse, through
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, loft, sweep
from renderfit.datasets.procedural.soup import Paint, Soup

_EXPONENT = 0.002
"""Length [m] that one unit of the section's exponent counts for along the profile."""


@dataclass(frozen=True)
class Bottle:
    """What a bottle looks like; lengths in metres, the base at z = 0, the label facing +y."""

    height: float = 0.22
    """Top of the cap."""
    radius: float = 0.034
    """Half width of the body along x."""
    flatness: float = 1.0
    """Depth over width of the body."""
    squareness: float = 2.0
    """Exponent of the section: 2 ellipse, 5 rounded square."""
    foot: float = 1.0
    """Width at the base over the width of the body."""
    belly: float = 1.0
    """Width in the middle over the width of the body."""
    belly_height: float = 0.42
    """Height of the middle over the height of the shoulder."""
    shoulder: float = 0.62
    """Height where the body ends over the height where the neck begins... of the bottle's height."""
    shoulder_length: float = 0.16
    """Height of the shoulder over the bottle's height."""
    shoulder_round: float = 0.6
    """0 conical, 1 domed."""
    neck: float = 0.013
    """Radius of the neck."""
    heel: float = 0.008
    """Rounding of the lower edge."""
    push_up: float = 0.005
    """How far the base is pushed in."""
    rings: float = 0.0
    """Number of grooves around the body."""
    ring_depth: float = 0.0
    cap: str = "screw"
    """screw, flip, sport, wine or crown."""
    cap_height: float = 0.018
    cap_width: float = 1.25
    """Radius of the cap over the radius of the neck."""
    label_low: float = 0.2
    label_high: float = 0.52
    """Extent of the label over the bottle's height; no label when equal."""
    label_wrap: bool = True
    """Around the body, or a patch in front."""
    handle: bool = False
    body_color: Rgb = (0.3, 0.55, 0.7)
    cap_color: Rgb = (0.05, 0.12, 0.5)
    label_color: Rgb = (0.85, 0.85, 0.82)
    accent_color: Rgb = (0.7, 0.08, 0.06)


def build(p: Bottle) -> Soup:
    """Model a bottle."""
    soup = Soup()
    table = body_table(p)
    body = _skin(table)
    soup.add_painted(body, p.body_color, _label(p))
    soup.add(_base(p, table), p.body_color)
    closure = caps.Closure(p.neck, p.height - p.cap_height, p.cap_height, p.neck * p.cap_width, p.cap_color, p.body_color)
    for part, color in caps.cap(p.cap, closure):
        soup.add(part, color)
    if p.handle:
        soup.add(_handle(p), p.body_color)
    return soup


def body_table(p: Bottle) -> Array:
    """Return the stations of the body (S, 4): half width, half depth, height [m], exponent; from the heel to the mouth."""
    top = p.height - p.cap_height
    low, high = p.shoulder * p.height, min((p.shoulder + p.shoulder_length) * p.height, top - 0.004)
    r, square = p.radius, p.squareness
    deep = r * p.flatness
    middle = p.belly_height * low
    dome = p.shoulder_round
    blend = 0.5 + 0.5 * dome
    mix = p.neck + (r - p.neck) * 0.5 * (0.8 + 0.55 * dome)
    mix_deep = p.neck + (deep - p.neck) * 0.5 * (0.8 + 0.55 * dome)
    corners = np.array(
        [
            [0.86 * p.foot * r, 0.86 * p.foot * deep, 0.0, square],
            [p.foot * r, p.foot * deep, 0.0, square],
            [p.belly * r, p.belly * deep, middle, square],
            [r, deep, low, square],
            [mix, mix_deep, low + (0.5 + 0.16 * dome) * (high - low), 2 + (square - 2) * 0.45],
            [p.neck, p.neck, high, 2.0],
            [p.neck, p.neck, top + 0.4 * p.cap_height, 2.0],
        ]
    )
    reach = np.array([0, 1.6 * p.heel, 0.45 * middle, 0.9 * (high - low) * blend, 0.55 * (high - low), 0.3 * (high - low) + 0.004, 0])
    corners[:, 3] *= _EXPONENT
    table = rounded(corners, reach, spacing=0.0065, steps=6)
    table[:, 3] /= _EXPONENT
    if p.rings >= 1 and p.ring_depth > 0:
        table = _grooved(p, table)
    return table


def _grooved(p: Bottle, table: Array) -> Array:
    low, high = p.heel + 0.012, p.shoulder * p.height - 0.006
    z = np.union1d(table[:, 2], np.arange(low, high, 0.0021))
    keep = np.concatenate([[True], np.diff(z) > 4e-4])
    z = z[keep]
    rising = table[np.concatenate([[True], np.diff(table[:, 2]) > 1e-7])]
    dense = np.stack([np.interp(z, rising[:, 2], rising[:, column]) for column in range(4)], axis=1)
    flat = table[table[:, 2] <= 1e-7][:-1]
    phase = (z - low) / (high - low) * round(p.rings)
    label = (z > p.label_low * p.height - 0.001) & (z < p.label_high * p.height + 0.001) & (p.label_high > p.label_low)
    wave = np.where((z > low) & (z < high) & ~label, np.sin(np.pi * phase) ** 8, 0.0)
    dense[:, :2] -= (p.ring_depth * wave)[:, None]
    return np.concatenate([flat, dense])


def _skin(table: Array, ring: int = 48) -> Part:
    rings = []
    for width, depth, z, exponent in table:
        section = superellipse(ring, max(exponent, 2.0))
        rings.append(np.stack([width * section[:, 0], depth * section[:, 1], np.full(ring, z)], axis=1))
    return loft(np.stack(rings), start=False, end=False)


def _base(p: Bottle, table: Array) -> Part:
    """Return the pushed-in base: its own shell with a crack of 0.3 mm to the body."""
    width, depth, _, exponent = table[0]
    knots = through([(0, 0.0), (0.25, 0.25), (0.7, 0.9), (1, 1.0)], np.linspace(0, 1, 7))[:, 0]
    section = superellipse(48, max(exponent, 2.0))
    rings = []
    for share, rise in zip(np.linspace(1, 0.12, 7), knots, strict=True):
        inset = np.array([max(width - 3e-4, 0) * share, max(depth - 3e-4, 0) * share])
        rings.append(np.column_stack([section * inset, np.full(48, 2e-4 + p.push_up * rise)]))
    vertices, faces = loft(np.stack(rings), start=False)
    return vertices, faces


def _label(p: Bottle) -> list[tuple[Paint, Rgb]]:
    if p.label_high <= p.label_low:
        return []
    low, high = p.label_low * p.height, p.label_high * p.height
    centre, half = 0.5 * (low + high), 0.5 * (high - low)

    def band(points: Array) -> Array:
        return np.abs(points[:, 2] - centre) - half

    def stripe(points: Array) -> Array:
        return np.maximum(band(points) + 0.1 * half, np.abs(points[:, 2] - centre - 0.3 * half) - 0.28 * half)

    def patch(points: Array) -> Array:
        x, z = np.abs(points[:, 0]) / (0.7 * p.radius), np.abs(points[:, 2] - centre) / half
        return (x**5 + z**5) ** 0.2 - 1.0

    def mark(points: Array) -> Array:
        x, z = points[:, 0] / (0.42 * p.radius), (points[:, 2] - centre - 0.3 * half) / (0.42 * half)
        return np.hypot(x, z) - 1.0

    def lines(points: Array) -> Array:
        x, z = np.abs(points[:, 0]) / (0.45 * p.radius), points[:, 2] - centre + 0.5 * half
        return np.maximum(x - 1.0, (np.abs(np.abs(z) - 0.14 * half) - 0.055 * half) / half)

    if p.label_wrap:
        return [(band, p.label_color), (stripe, p.accent_color)]
    return [(patch, p.label_color), (mark, p.accent_color), (lines, p.accent_color)]


def _handle(p: Bottle) -> Part:
    """Return a handle at the back: a swept tube from the shoulder to the body."""
    low, high = 0.38 * p.height, (p.shoulder + 0.8 * p.shoulder_length) * p.height
    depth = p.radius * p.flatness
    out = depth + 0.030
    corners = [(0, -0.8 * depth, low), (0, -out, low + 0.012), (0, -out * 0.98, high - 0.01), (0, -0.45 * depth, high + 0.002)]
    path = rounded(corners, 0.03, spacing=0.006, steps=10)
    return sweep(path, (0.009, 0.0075), ring=20, exponent=2.6)
