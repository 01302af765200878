"""Closures of bottles: screw, flip-top, sport, wine capsule and crown caps."""

from __future__ import annotations

import numpy as np

from renderfit.datasets.procedural.curves import rounded
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, moved
from renderfit.errors import DataError

Painted = tuple[Part, Rgb]


def cap(kind: str, neck: float, base: float, height: float, width: float, color: Rgb, body: Rgb) -> list[Painted]:
    """Return the closure of a neck of radius `neck` [m] whose cap reaches from `base` to ``base + height``.

    Raises
    ------
    DataError
        If there is no such kind of cap.
    """
    kinds = {"screw": _screw, "flip": _flip, "sport": _sport, "wine": _wine, "crown": _crown, "none": lambda *_: []}
    if kind not in kinds:
        raise DataError(f"cap is {kind!r}; expected one of {', '.join(kinds)}")
    return kinds[kind](neck, base, height, neck * width, color, body)


def ribbed(outer: float, height: float, ribs: int, depth: float, edge: float) -> Part:
    """Return a knurled cylinder (base at 0, open below): grooves on its side, a smooth rounded top."""
    profile = rounded(
        [(outer, 0.0), (outer, height), (0.5 * outer, height), (0.12 * outer, height)], [0, edge, 0, 0], spacing=height / 4, steps=6
    )
    side = np.clip((height - 1.1 * edge - profile[:, 1]) / (0.15 * height), 0, 1) * np.clip(profile[:, 1] / (0.08 * height), 0, 1)
    depths = np.where(profile[:, 1] < height - edge, side, 0.0) * depth
    return lathe(profile, 4 * ribs, ribs=ribs, depth=depths, start=False)


def _collar(neck: float, base: float, color: Rgb) -> Painted:
    profile = rounded([(neck * 0.9, -0.0052), (neck * 1.28, -0.0048), (neck * 1.28, -0.0032), (neck * 0.9, -0.0024)], 0.0008, 0.004, 4)
    return moved(lathe(profile, 40), (0, 0, base)), color


def _screw(neck: float, base: float, height: float, outer: float, color: Rgb, body: Rgb) -> list[Painted]:
    band = rounded([(outer * 0.98, 0.0), (outer * 1.0, 0.0006), (outer * 1.0, 0.0028), (outer * 0.96, 0.0032)], 0.0003, 0.004, 3)
    return [
        _collar(neck, base - 0.001, body),
        (moved(lathe(band, 48), (0, 0, base - 0.0005)), color),
        (moved(ribbed(outer, height - 0.003, 24, 0.06, 0.0016), (0, 0, base + 0.003)), color),
    ]


def _flip(neck: float, base: float, height: float, outer: float, color: Rgb, body: Rgb) -> list[Painted]:
    split = 0.62 * height
    lower = rounded([(outer * 0.9, 0), (outer, 0.0), (outer * 0.97, split), (outer * 0.9, split)], [0, 0.0012, 0.0008, 0], 0.006, 5)
    upper = rounded(
        [(outer * 0.88, split - 0.001), (outer * 0.965, split + 0.0005), (outer * 0.9, height), (0.1 * outer, height)],
        [0, 0.0008, 0.004, 0],
        0.006,
        7,
    )
    lip = lathe(rounded([(0.004, 0), (0.0045, 0.0015), (0.001, 0.003)], 0.001, 0.002, 4), 20)
    return [
        (moved(lathe(lower, 48), (0, 0, base)), color),
        (moved(lathe(upper, 48), (0, 0, base)), color),
        (moved(lip, (0, 0.93 * outer, base + split - 0.002)), color),
    ]


def _sport(neck: float, base: float, height: float, outer: float, color: Rgb, body: Rgb) -> list[Painted]:
    skirt = 0.38 * height
    cone = rounded(
        [(outer * 0.98, skirt - 0.001), (outer * 0.95, skirt + 0.002), (outer * 0.45, 0.66 * height), (outer * 0.42, 0.74 * height), (outer * 0.3, 0.74 * height)],
        0.002, 0.004, 5,
    )  # fmt: skip
    spout = rounded(
        [(outer * 0.34, 0.7 * height), (outer * 0.36, 0.86 * height), (outer * 0.52, 0.88 * height), (outer * 0.5, height), (outer * 0.1, height)],
        0.0014, 0.004, 5,
    )  # fmt: skip
    return [
        _collar(neck, base, body),
        (moved(ribbed(outer, skirt, 20, 0.06, 0.001), (0, 0, base)), color),
        (moved(lathe(cone, 48), (0, 0, base)), color),
        (moved(lathe(spout, 40), (0, 0, base)), (0.85, 0.85, 0.85)),
    ]


def _wine(neck: float, base: float, height: float, outer: float, color: Rgb, body: Rgb) -> list[Painted]:
    foil = rounded(
        [(neck * 1.06, -0.035), (neck * 1.03, height - 0.010), (outer, height - 0.009), (outer, height - 0.0035), (neck * 1.02, height - 0.003), (neck, height), (0.1 * neck, height)],
        0.0012, 0.01, 5,
    )  # fmt: skip
    return [(moved(lathe(foil, 48), (0, 0, base)), color)]


def _crown(neck: float, base: float, height: float, outer: float, color: Rgb, body: Rgb) -> list[Painted]:
    lip = rounded([(neck * 0.98, -0.004), (neck * 1.18, -0.003), (neck * 1.18, 0.0), (neck * 0.95, 0.001)], 0.001, 0.004, 4)
    skirt = rounded(
        [(outer * 1.12, 0.0), (outer * 0.98, 0.6 * height), (outer * 0.8, height), (0.1 * outer, height)], [0, 0.002, 0.003, 0], 0.003, 5
    )
    depths = np.clip(1 - skirt[:, 1] / (0.7 * height), 0, 1) * 0.1
    return [
        (moved(lathe(lip, 48), (0, 0, base)), body),
        (moved(lathe(skirt, 84, ribs=21, depth=depths, start=False), (0, 0, base)), color),
    ]
