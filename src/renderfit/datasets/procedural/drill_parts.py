"""What is mounted on a drill's housing: battery, gear case, clutch, chuck, bit, trigger, selector, clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renderfit.datasets.procedural import caps, implicit
from renderfit.datasets.procedural.curves import Array, rounded
from renderfit.datasets.procedural.parameters import Rgb
from renderfit.datasets.procedural.solids import Part, lathe, mirrored, moved, rounded_box, tilted, turned
from renderfit.datasets.procedural.soup import Soup

if TYPE_CHECKING:
    from renderfit.datasets.procedural.drill import Drill

_BLACK, _STEEL, _DARK = (0.014, 0.014, 0.015), (0.42, 0.42, 0.43), (0.028, 0.028, 0.030)


def battery(soup: Soup, p: Drill, y: float) -> None:
    """Add the pack under the foot: case, rail, latch and a plate on each side."""
    long, wide, tall = p.battery_length * (0.86 if p.tower else 1.0), p.battery_width, p.battery_height
    lower = rounded_box((wide, long, 0.62 * tall), 0.008, exponent=6.0, ring=40, steps=4)
    upper = rounded_box((0.95 * wide, 0.97 * long, 0.5 * tall), 0.004, exponent=6.5, ring=40, steps=3)
    soup.add(moved(lower, (0, y, 0)), p.battery_color)
    soup.add(moved(upper, (0, y - 0.01 * long, 0.5 * tall - 0.003)), _DARK)
    latch = rounded_box((0.024, 0.010, 0.006), 0.0015, exponent=4.0, ring=20)
    for side in (-1, 1) if p.tower else (1,):
        face = "+y" if side > 0 else "-y"
        soup.add(moved(turned(latch, face), (0, y + side * (0.48 * long - 0.003), 0.74 * tall)), p.body_color)
    plate = turned(rounded_box((0.24 * tall, 0.5 * long, 0.003), 0.0008, exponent=6.0), "+x")
    plate = moved(plate, (0.5 * wide - 0.0020, y, 0.32 * tall))
    soup.add(plate, p.accent_color)
    soup.add(mirrored(plate), p.accent_color)


def front(soup: Soup, p: Drill) -> None:
    """Add gear case, clutch ring, chuck with jaws and the bit; open shells that overlap."""
    g, n, c, m = p.gear_radius, p.gear_length, p.chuck_radius, p.chuck_length
    start = 0.94 * p.taper * p.motor_radius
    gear = rounded([(start, -0.008), (start, 0.003), (1.01 * g, 0.30 * n), (g, 0.42 * n)], 0.004, 0.03, 4)
    cone = rounded([(0.97 * g, 0.90 * n), (0.92 * g, 0.98 * n), (1.02 * c, n + 0.006), (0.8 * c, n + 0.007)], 0.002, 0.03, 4)
    nose = rounded([(0.86 * c, n - 0.002), (0.86 * c, n + 0.010)], 0.001, 0.03, 3)
    low = n + 0.008
    taper = p.chuck_taper
    tip = rounded(
        [(0.94 * c, 0.54 * m), (0.94 * c, 0.64 * m), (taper * c, 0.93 * m), (0.9 * taper * c, m), (0.12 * c, 0.985 * m)],
        [0, 0.005, 0.002, 0.001, 0],
        0.03,
        4,
    )
    parts: list[tuple[Part, Rgb]] = [
        (lathe(gear, 44, start=False, end=False), p.gear_color),
        (moved(caps.ribbed(1.03 * g, 0.52 * n, 22, 0.06, 0.0015), (0, 0, 0.40 * n)), p.gear_color),
        (lathe(cone, 44, start=False, end=False), p.gear_color),
        (lathe(nose, 36, start=False, end=False), _STEEL),
        (moved(caps.ribbed(c, 0.56 * m, 18, 0.07, 0.0018), (0, 0, low)), p.chuck_color),
        (moved(lathe(tip, 44, start=False), (0, 0, low)), p.chuck_color if taper > 0.6 else _STEEL),
    ]
    for k in range(3):
        jaw = tilted(rounded_box((0.0042, 0.0042, 0.012), 0.0008, exponent=3.0, ring=12, steps=2), 8)
        parts.append((tilted(moved(jaw, (0, 0.24 * c, low + m - 0.008)), 120.0 * k, "z"), _STEEL))
    if p.bit > 0:
        bit = rounded([(0.0032, 0), (0.0032, p.bit - 0.008), (0.0024, p.bit - 0.004), (0.0008, p.bit)], 0.001, 0.02, 2)
        parts.append((moved(lathe(bit, 14), (0, 0, low + m - 0.002)), _STEEL))
    for part, color in parts:
        soup.add(moved(turned(part, "+y"), (0, p.motor_front, p.axis)), color)


def trigger(soup: Soup, p: Drill) -> None:
    """Add the trigger under the motor: a block with a hollow for the finger."""
    top = p.axis - 0.96 * p.motor_radius
    share = (p.axis - top + 0.016) / (p.axis - p.battery_height)
    y = 1.05 * p.grip_depth - p.lean * share
    low, high = (-0.012, y - 0.016, top - 0.042), (0.012, y + 0.022, top + 0.004)

    def block(q: Array) -> Array:
        solid = implicit.box(q, (0, y + 0.002, top - 0.018), (0.0080, 0.012, 0.018), 0.005)
        return implicit.cut(solid, implicit.cylinder(q, (-1, y + 0.028, top - 0.021), (1, y + 0.028, top - 0.021), 0.018, 0.001), 0.004)

    soup.add(implicit.surface(block, low, high, cell=0.0030), _BLACK)


def details(soup: Soup, p: Drill, y: float) -> None:
    """Add the selector, screws, the lamp and the belt clip."""
    top = p.axis - 0.96 * p.motor_radius
    knob = turned(rounded_box((0.007, 0.012, 0.006), 0.0015, exponent=3.0, ring=16), "+x")
    knob = moved(knob, (p.grip_width + 0.001, 0.50 * p.grip_depth, top - 0.002))
    soup.add(knob, _BLACK)
    soup.add(mirrored(knob), _BLACK)
    screw = turned(lathe(rounded([(0.0032, -0.002), (0.0032, 0.0016), (0.0018, 0.0016), (0.0012, 0.0006)], 0.0002, 0.02, 2), 14), "+x")
    for dy, dz in ((-0.35 * p.motor_back, -0.55 * p.motor_radius), (0.55 * p.motor_front, -0.55 * p.motor_radius)):
        soup.add(moved(screw, (0.80 * p.motor_radius, dy, p.axis + dz)), _DARK)
    lamp = turned(lathe(rounded([(0.004, -0.002), (0.004, 0.002), (0.001, 0.003)], 0.001, 0.02, 2), 16), "+y")
    soup.add(
        moved(lamp, (0, y + 0.47 * p.battery_length * (0.80 if p.tower else 0.94) + 0.001, p.battery_height + 0.006)), (0.8, 0.8, 0.75)
    )
    if p.clip:
        clip = rounded_box((0.0022, 0.018, 0.024), 0.0008, exponent=5.0, ring=16, steps=2)
        soup.add(moved(tilted(clip, 4.0, "y"), (0.46 * p.battery_width + 0.0008, y + 0.004, p.battery_height - 0.002)), _STEEL)
