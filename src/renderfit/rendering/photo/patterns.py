"""Procedural patterns over 3-D points: one number in [0, 1] that blends two colours."""

from __future__ import annotations

import math

import numba

from renderfit.rendering.photo.noise import fbm, lattice

PLAIN, SPECKLE, BLOTCH, STRIPES, WEAVE, WOOD, TILES, MARBLE, BAND, BRUSHED = range(10)
NAMES = ("plain", "speckle", "blotch", "stripes", "weave", "wood", "tiles", "marble", "band", "brushed")


@numba.njit(cache=True, error_model="numpy")
def smoothstep(low: float, high: float, x: float) -> float:
    """Return the cubic step from 0 at `low` to 1 at `high`."""
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)


@numba.njit(cache=True, error_model="numpy")
def pattern(kind: int, x: float, y: float, z: float, seed: int, footprint: float) -> float:  # noqa: PLR0911 - one return a pattern
    """Evaluate pattern `kind` at a point given in pattern wavelengths; details below `footprint` are filtered."""
    fade = min(1.0, max(0.0, 1.6 - 2.2 * footprint))
    if kind == SPECKLE:
        grain = fbm(x * 3, y * 3, z * 3, seed, 2, footprint * 3)
        return smoothstep(0.52, 0.7, grain)
    if kind == BLOTCH:
        return smoothstep(0.3, 0.7, fbm(x, y, z, seed, 4, footprint))
    if kind == STRIPES:
        wave = 0.5 + 0.5 * math.sin(6.283 * (x + 0.15 * fbm(x, y, z, seed, 2, footprint)))
        return fade * smoothstep(0.35, 0.65, wave) + (1 - fade) * 0.5
    if kind == WEAVE:
        over = math.sin(6.283 * x) * math.sin(6.283 * y)
        return fade * (0.5 + 0.4 * over) + (1 - fade) * 0.5 + 0.2 * (fbm(x / 5, y / 5, z / 5, seed, 2, footprint) - 0.5)
    if kind == WOOD:
        bend = fbm(x * 0.35, y * 0.08, z * 0.35, seed, 3, footprint * 0.35)
        ring = 0.5 + 0.5 * math.sin(6.283 * (x * 0.5 + 3.0 * bend))
        grain = fbm(x * 6, y * 0.4, z * 6, seed + 7, 2, footprint * 6)
        return min(1.0, max(0.0, 0.55 * (fade * ring + (1 - fade) * 0.5) + 0.45 * grain))
    if kind == TILES:
        u, v = x - math.floor(x), y - math.floor(y)
        gap = 0.02 + footprint
        line = min(u, 1 - u, v, 1 - v)
        shade = 0.35 * lattice(math.floor(x), math.floor(y), 0, seed)
        return smoothstep(0.0, gap, line) * (0.65 + shade) * fade + (1 - fade) * 0.7
    if kind == MARBLE:
        warp = fbm(x, y, z, seed, 4, footprint)
        vein = abs(math.sin(3.1416 * (x * 0.6 + 2.5 * warp)))
        return math.sqrt(vein)
    if kind == BAND:
        return smoothstep(-0.5 - 0.01, -0.5, z) * (1 - smoothstep(0.5, 0.5 + 0.01, z))
    if kind == BRUSHED:
        return fbm(x * 0.3, y * 12, z * 12, seed, 2, footprint * 6)
    return 0.0
