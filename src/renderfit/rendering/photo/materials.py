"""Materials: what a surface looks like, and how they are drawn at random."""

from __future__ import annotations

import colorsys
import math

import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.photo import patterns

MATERIAL = np.dtype(
    [
        ("base", "f8", 3),  # linear RGB
        ("second", "f8", 3),  # linear RGB the pattern blends to
        ("contrast", "f8"),  # how far it blends
        ("roughness", "f8"),  # GGX alpha = roughness^2
        ("metallic", "f8"),
        ("bump", "f8"),  # slope of the small relief
        ("bump_scale", "f8"),  # wavelength of the relief [m]
        ("kind", "i8"),  # patterns.NAMES
        ("scale", "f8"),  # wavelength of the pattern [m]
        ("offset", "f8", 3),  # [m]
        ("turn", "f8", 2),  # rotation of the pattern about z: cosine and sine
        ("seed", "i8"),
    ]
)
FINISHES = (  # probability, roughness range, metallic
    (0.34, (0.12, 0.3), 0.0),  # glossy plastic, glaze
    (0.36, (0.3, 0.55), 0.0),  # satin plastic, paint
    (0.20, (0.55, 0.9), 0.0),  # rubber, cardboard, cloth
    (0.10, (0.15, 0.45), 1.0),  # metal
)
FINISH_ENDS = np.cumsum([finish[0] for finish in FINISHES])
GREYS = (0.1, 0.25, 0.5, 0.75, 0.92)
OWN = ("plain", "plain", "plain", "speckle", "brushed")
PAINTED = ("plain", "plain", "plain", "plain", "speckle", "blotch", "stripes", "band", "brushed")


def to_linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decode sRGB values in [0, 1]."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def random_color(generator: np.random.Generator, saturation: float = 1.0) -> NDArray[np.float64]:
    """Draw a linear RGB colour: greys, blacks, whites and saturated paints as products have them."""
    style = generator.random()
    hue = generator.random()
    if style < 0.42:
        value, chroma = GREYS[generator.integers(len(GREYS))] + generator.uniform(-0.08, 0.06), generator.uniform(0, 0.08)
    elif style < 0.75:
        value, chroma = generator.uniform(0.35, 0.95), generator.uniform(0.5, 0.95)
    else:
        value, chroma = generator.uniform(0.3, 0.95), generator.uniform(0.1, 0.5)
    return to_linear(np.array(colorsys.hsv_to_rgb(hue, min(1.0, chroma * saturation), min(1.0, max(0.03, value)))))


def empty(count: int) -> NDArray[np.void]:
    """Return `count` plain grey materials."""
    table = np.zeros(count, MATERIAL)
    table["base"] = table["second"] = 0.3
    table["roughness"], table["scale"], table["bump_scale"], table["turn"] = 0.5, 0.05, 0.004, (1, 0)
    return table


def joined(*tables: NDArray[np.void]) -> NDArray[np.void]:
    """Return all rows of `tables` in one (numpy's concatenation compares the fields of records one by one)."""
    return np.frombuffer(b"".join(table.tobytes() for table in tables), MATERIAL)


def draw_finish(row: np.void, generator: np.random.Generator) -> None:
    """Draw roughness, metal and relief of one material in place."""
    pick = int(np.searchsorted(FINISH_ENDS, generator.random(), side="right"))
    row["roughness"], row["metallic"] = generator.uniform(*FINISHES[pick][1]), FINISHES[pick][2]
    strength = generator.uniform(0.02, 0.15)
    row["bump"] = strength if generator.integers(3) == 2 else 0.0
    row["bump_scale"] = generator.uniform(0.0015, 0.006)
    row["seed"] = generator.integers(1 << 30)
    row["offset"] = generator.uniform(-1, 1, 3)


def part_materials(colors: NDArray[np.float64], size: float, generator: np.random.Generator, keep: float) -> NDArray[np.void]:
    """Draw one material per part of an object.

    Parameters
    ----------
    colors : (P, 3) array
        The parts' own linear colours.
    size : float
        Bounding box diagonal [m], the measure of pattern scales.
    keep : float
        Probability that the object keeps its own colours (slightly jittered).
    """
    table = empty(len(colors))
    palette = [random_color(generator) for _ in range(int(generator.integers(1, 5)))]
    own = generator.random() < keep
    for part, row in enumerate(table):
        draw_finish(row, generator)
        if own:
            _own(row, colors[part], generator)
        else:
            _painted(row, palette, size, generator)
        row["base"] = np.clip(row["base"], 0.01, 0.95)
        _turn(row, generator)
    return table


def _turn(row: np.void, generator: np.random.Generator) -> None:
    angle = generator.uniform(0, 6.28)
    row["turn"] = math.cos(angle), math.sin(angle)


def _own(row: np.void, color: NDArray[np.float64], generator: np.random.Generator) -> None:
    """Keep a part's colour; only greys may be metal, patterns stay close to the colour."""
    row["base"] = color * generator.uniform(0.9, 1.08, 3)
    row["metallic"] = float(row["metallic"] > 0 and color.min() > 0.5 * color.max())
    row["kind"] = patterns.NAMES.index(OWN[generator.integers(len(OWN))])
    row["second"], row["contrast"] = row["base"] * generator.uniform(0.75, 1.2), generator.uniform(0.2, 0.7)


def _painted(row: np.void, palette: list[NDArray[np.float64]], size: float, generator: np.random.Generator) -> None:
    """Draw a part's colour and pattern at random."""
    stray = generator.random() < 0.15
    row["base"] = random_color(generator) if stray else palette[int(generator.integers(len(palette)))]
    if row["metallic"] > 0:
        row["base"] = 0.35 + 0.6 * row["base"]
    kind = PAINTED[generator.integers(len(PAINTED))]
    row["kind"] = patterns.NAMES.index(kind)
    row["second"] = (
        random_color(generator) if kind in {"band", "stripes"} else np.clip(row["base"] * generator.uniform(0.5, 1.5), 0.01, 0.95)
    )
    row["contrast"] = generator.uniform(0.3, 1.0)
    row["scale"] = size * (generator.uniform(0.2, 0.45) if kind == "band" else generator.uniform(0.03, 0.2))
    if kind == "band":
        row["offset"] = [0, 0, -size * generator.uniform(0.2, 0.5)]


def surface_materials(generator: np.random.Generator, kinds: tuple[str, ...], count: int) -> NDArray[np.void]:
    """Draw `count` materials of table tops, walls and bodies, with patterns out of `kinds`."""
    table = empty(count)
    for row in table:
        _surface(row, generator, kinds)
    return table


def _surface(row: np.void, generator: np.random.Generator, kinds: tuple[str, ...]) -> None:
    draw_finish(row, generator)
    kind = kinds[int(generator.integers(len(kinds)))]
    row["metallic"] = 0.0
    row["roughness"] = generator.uniform(0.3, 0.9)
    row["kind"] = patterns.NAMES.index(kind)
    row["base"] = random_color(generator, 0.6)
    row["second"] = (
        random_color(generator, 0.6) if generator.random() < 0.4 else np.clip(row["base"] * generator.uniform(0.3, 0.8), 0.01, 0.95)
    )
    if kind == "wood":
        tone = generator.uniform(0.15, 0.6)
        row["base"] = tone * np.array([1.0, generator.uniform(0.5, 0.75), generator.uniform(0.2, 0.45)])
        row["second"] = row["base"] * generator.uniform(0.35, 0.7)
    row["contrast"] = generator.uniform(0.3, 1.0)
    low, high = {"weave": (0.004, 0.02), "speckle": (0.01, 0.06), "tiles": (0.05, 0.3)}.get(kind, (0.03, 0.4))
    row["scale"] = np.exp(generator.uniform(np.log(low), np.log(high)))
    _turn(row, generator)
