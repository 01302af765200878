"""Light: a sky gradient and soft boxes, evaluated for reflections and for diffuse light (numba)."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.photo.patterns import smoothstep

LAMP = np.dtype(
    [
        ("direction", "f8", 3),  # unit vector to the lamp, z up
        ("side", "f8", 3),  # unit vector along its width
        ("width", "f8"),  # half sizes as tangents of angles
        ("height", "f8"),
        ("radiance", "f8", 3),
        ("shadow", "i8"),  # index of its shadow map or -1
    ]
)


def draw_lights(generator: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.void]]:
    """Draw a sky (3, 3) (zenith, horizon and ground radiance) and the lamps, brightest first.

    The first lamp throws a shadow.
    """
    warmth = generator.uniform(-0.12, 0.12)
    tint = np.array([1 + warmth, 1.0, 1 - warmth])
    level = np.exp(generator.uniform(np.log(0.15), np.log(1.0)))
    sky = level * tint * np.array([[generator.uniform(0.6, 1.3)], [generator.uniform(0.5, 1.0)], [generator.uniform(0.15, 0.5)]])
    lamps = np.zeros(int(generator.integers(1, 5)), LAMP)
    for index, lamp in enumerate(lamps):
        elevation = generator.uniform(25, 80) if index == 0 else generator.uniform(5, 85)
        azimuth, height = generator.uniform(0, 2 * math.pi), math.sin(math.radians(elevation))
        flat = math.sqrt(1 - height * height)
        direction = np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), height])
        side = np.cross(direction, generator.normal(size=3))
        lamp["direction"], lamp["side"] = direction, side / np.linalg.norm(side)
        lamp["width"], lamp["height"] = np.exp(generator.uniform(np.log(0.06), np.log(0.6), 2))
        power = generator.uniform(1.0, 3.5) if index == 0 else generator.uniform(0.1, 0.9)
        color = np.array([1.0, generator.uniform(0.85, 1.0), generator.uniform(0.7, 1.05)])
        lamp["radiance"] = power * color / (4 * lamp["width"] * lamp["height"])
        lamp["shadow"] = 0 if index == 0 else -1
    return sky, lamps


@numba.njit(cache=True, error_model="numpy")
def sky_radiance(sky: NDArray[np.float64], up: float, roughness: float, channel: int) -> float:
    """Return the sky's radiance in a direction of elevation sine `up`, blurred by `roughness`."""
    soft = 0.15 + 0.8 * roughness
    above = smoothstep(-soft, soft, up)
    high = min(1.0, max(0.0, up))
    upper = sky[1, channel] * (1 - high) + sky[0, channel] * high
    return upper * above + sky[2, channel] * (1 - above)


@numba.njit(cache=True, error_model="numpy")
def lamp_window(lamp: Any, x: float, y: float, z: float, roughness: float) -> float:
    """Return how much of a lamp's soft box is seen in a direction, in [0, 1], blurred by `roughness`."""
    d, s = lamp.direction, lamp.side
    ahead = x * d[0] + y * d[1] + z * d[2]
    if ahead < 0.05:
        return 0.0
    tx, ty, tz = d[1] * s[2] - d[2] * s[1], d[2] * s[0] - d[0] * s[2], d[0] * s[1] - d[1] * s[0]
    u = abs(x * s[0] + y * s[1] + z * s[2]) / ahead
    v = abs(x * tx + y * ty + z * tz) / ahead
    soft = 0.03 + 0.9 * roughness * roughness
    seen = smoothstep(lamp.width + soft, lamp.width - soft, u) * smoothstep(lamp.height + soft, lamp.height - soft, v)
    return seen * (lamp.width / max(lamp.width, soft)) * (lamp.height / max(lamp.height, soft))
