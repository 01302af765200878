"""Closures of bottles: screw, flip-top, sport, wine capsule and crown caps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renderfit.datasets.procedural.curves import rounded
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, moved
from renderfit.errors import DataError

Painted = tuple[Part, Rgb]


@dataclass(frozen=True)
class Closure:
    """A cap on a neck: radius of the neck, lower edge, height and radius of the cap [m], colours of cap and bottle."""

    neck: float
    base: float
    height: float
    outer: float
    color: Rgb
    body: Rgb


def cap(kind: str, closure: Closure) -> list[Painted]:
    """Return the parts of a closure: screw, flip, sport, wine, crown or none.

    Raises
    ------
    DataError
        If there is no such kind of cap.
    """
    kinds = {"screw": _screw, "flip": _flip, "sport": _sport, "wine": _wine, "crown": _crown}
    if kind == "none":
        return []
    if kind not in kinds:
        raise DataError(f"cap is {kind!r}; expected one of {', '.join(kinds)}, none")
    return [(moved(part, (0, 0, closure.base)), color) for part, color in kinds[kind](closure)]


def ribbed(outer: float, height: float, ribs: int, depth: float, edge: float) -> Part:
    """Return a knurled cylinder (base at 0, open below): grooves of relative `depth` on its side, a smooth rounded top."""
    side = [
        (outer, 0.0),
        (outer, 0.1 * height),
        (outer, height - 1.8 * edge),
        (outer, height),
        (0.85 * outer, height),
        (0.12 * outer, height),
    ]
    profile = rounded(side, [0, 0, 0, edge, 0, 0], spacing=1.0, steps=4)
    depths = np.zeros(len(profile))
    depths[1:3] = depth
    return lathe(profile, 4 * ribs, ribs=ribs, depth=depths, start=False)


def flange(neck: float) -> Part:
    """Return the support ring of a neck [m], just under the cap whose lower edge is at 0."""
    profile = rounded([(neck * 0.9, -0.0052), (neck * 1.28, -0.0048), (neck * 1.28, -0.0032), (neck * 0.9, -0.0024)], 0.0008, 0.004, 4)
    return lathe(profile, 40)


def _collar(c: Closure) -> Painted:
    return flange(c.neck), c.body


def _screw(c: Closure) -> list[Painted]:
    r = c.outer
    band = rounded([(0.98 * r, -0.0005), (r, 0.0001), (r, 0.0023), (0.96 * r, 0.0027)], 0.0003, 0.004, 3)
    return [
        (moved(_collar(c)[0], (0, 0, -0.001)), c.body),
        (lathe(band, 48), c.color),
        (moved(ribbed(r, c.height - 0.003, 24, 0.06, 0.0016), (0, 0, 0.003)), c.color),
    ]


def _flip(c: Closure) -> list[Painted]:
    r, h, split = c.outer, c.height, 0.62 * c.height
    lower = rounded([(0.9 * r, 0), (r, 0.0), (0.97 * r, split), (0.9 * r, split)], [0, 0.0012, 0.0008, 0], 0.006, 5)
    lid = [(0.88 * r, split - 0.001), (0.965 * r, split + 0.0005), (0.9 * r, h), (0.1 * r, h)]
    lip = lathe(rounded([(0.004, 0), (0.0045, 0.0015), (0.001, 0.003)], 0.001, 0.002, 4), 20)
    return [
        (lathe(lower, 48), c.color),
        (lathe(rounded(lid, [0, 0.0008, 0.004, 0], 0.006, 7), 48), c.color),
        (moved(lip, (0, 0.93 * r, split - 0.002)), c.color),
    ]


def _sport(c: Closure) -> list[Painted]:
    r, h, skirt = c.outer, c.height, 0.38 * c.height
    cone = [(0.98 * r, skirt - 0.001), (0.95 * r, skirt + 0.002), (0.45 * r, 0.66 * h), (0.42 * r, 0.74 * h), (0.3 * r, 0.74 * h)]
    spout = [(0.34 * r, 0.7 * h), (0.36 * r, 0.86 * h), (0.52 * r, 0.88 * h), (0.5 * r, h), (0.1 * r, h)]
    return [
        _collar(c),
        (ribbed(r, skirt, 20, 0.06, 0.001), c.color),
        (lathe(rounded(cone, 0.002, 0.004, 5), 48), c.color),
        (lathe(rounded(spout, 0.0014, 0.004, 5), 40), (0.85, 0.85, 0.85)),
    ]


def _wine(c: Closure) -> list[Painted]:
    n, h = c.neck, c.height
    lip = [(c.outer, h - 0.009), (c.outer, h - 0.0035), (1.02 * n, h - 0.003), (n, h), (0.1 * n, h)]
    foil = rounded([(1.06 * n, -0.035), (1.03 * n, h - 0.010), *lip], 0.0012, 0.01, 5)
    return [(lathe(foil, 48), c.color)]


def _crown(c: Closure) -> list[Painted]:
    n, r, h = c.neck, c.outer, c.height
    lip = rounded([(0.98 * n, -0.004), (1.18 * n, -0.003), (1.18 * n, 0.0), (0.95 * n, 0.001)], 0.001, 0.004, 4)
    skirt = rounded([(1.12 * r, 0.0), (0.98 * r, 0.6 * h), (0.8 * r, h), (0.1 * r, h)], [0, 0.002, 0.003, 0], 0.003, 5)
    depths = np.clip(1 - skirt[:, 1] / (0.7 * h), 0, 1) * 0.1
    return [(lathe(lip, 48), c.body), (lathe(skirt, 84, ribs=21, depth=depths, start=False), c.color)]
