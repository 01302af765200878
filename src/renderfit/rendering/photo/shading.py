"""Physically based shading of one surface point (numba): GGX, Fresnel, soft boxes, sky, bump."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.rendering.photo.lighting import lamp_window, sky_radiance
from renderfit.rendering.photo.noise import value_noise
from renderfit.rendering.photo.patterns import pattern, smoothstep
from renderfit.rendering.photo.shadows import soft_shadow


@numba.njit(cache=True, error_model="numpy")
def pattern_at(material: Any, p: tuple[float, float, float], footprint: float) -> float:
    """Evaluate the material's pattern at a point [m]; `footprint` is the pixel's size there [m]."""
    c, s = material.turn[0], material.turn[1]
    x, y, z = p[0] + material.offset[0], p[1] + material.offset[1], p[2] + material.offset[2]
    x, y = c * x - s * y, s * x + c * y
    return pattern(material.kind, x / material.scale, y / material.scale, z / material.scale, material.seed, footprint / material.scale)


@numba.njit(cache=True, error_model="numpy")
def bumped(material: Any, p: tuple[float, float, float], n: tuple[float, float, float], footprint: float) -> tuple[float, float, float]:
    """Return the unit normal disturbed by the material's relief."""
    strength = material.bump * min(1.0, max(0.0, 1.5 - footprint / material.bump_scale))
    if strength <= 0:
        return n
    x, y, z = p[0] / material.bump_scale, p[1] / material.bump_scale, p[2] / material.bump_scale
    seed = material.seed
    gx = value_noise(x + 0.5, y, z, seed) - value_noise(x - 0.5, y, z, seed)
    gy = value_noise(x, y + 0.5, z, seed) - value_noise(x, y - 0.5, z, seed)
    gz = value_noise(x, y, z + 0.5, seed) - value_noise(x, y, z - 0.5, seed)
    nx, ny, nz = n[0] - 2 * strength * gx, n[1] - 2 * strength * gy, n[2] - 2 * strength * gz
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx / length, ny / length, nz / length


@numba.njit(cache=True, error_model="numpy")
def ggx(n_h: float, n_v: float, n_l: float, alpha: float, wide: float) -> float:
    """Return D * G / (4 n_v n_l) of the GGX model with Smith's (Schlick) masking.

    `wide` is the lobe's alpha after the lamp's size was added to it: the peak keeps the energy of `alpha`.
    """
    a2 = wide * wide
    base = n_h * n_h * (a2 - 1) + 1
    d = a2 / (math.pi * base * base) * (alpha / wide) ** 2
    k = alpha / 2 + 1e-4
    return d / (4 * (n_v * (1 - k) + k) * (n_l * (1 - k) + k))


@numba.njit(cache=True, error_model="numpy")
def shade(
    material: Any,
    p: tuple[float, float, float],
    n: tuple[float, float, float],
    v: tuple[float, float, float],
    footprint: float,
    occlusion: float,
    sky: NDArray[np.float64],
    lamps: Any,
    shadow: NDArray[np.float32],
    shadow_closest: NDArray[np.float32],
    shadow_transform: NDArray[np.float64],
    bias: float,
    out: NDArray[np.float64],
) -> None:
    """Write the linear radiance (3,) that leaves point `p` towards `v` (unit vectors, world frame, z up)."""
    mix = material.contrast * pattern_at(material, p, footprint) if material.kind != 0 else 0.0
    n = bumped(material, p, n, footprint)
    n_v = max(1e-3, n[0] * v[0] + n[1] * v[1] + n[2] * v[2])
    rough = material.roughness
    alpha = max(0.01, rough * rough)
    r = (2 * n_v * n[0] - v[0], 2 * n_v * n[1] - v[1], 2 * n_v * n[2] - v[2])
    grazing = (1 - n_v) ** 5
    # Scale and offset of F0 in the reflected environment: polynomial fit of the GGX integral.
    knee = min((1 - rough) ** 2, math.exp(-6.43240583665 * n_v)) * (1 - rough) + 0.0425 - 0.0275 * rough
    scale, offset = -1.04 * knee + 1.04 - 0.572 * rough, 1.04 * knee + 0.022 * rough - 0.04
    mirror = 1 - smoothstep(0.25, 0.5, rough)
    glint = occlusion + (1 - occlusion) * 0.25 * mirror
    up, matte = 0.5 + 0.5 * n[2], 1 - material.metallic
    for channel in range(3):
        albedo = material.base[channel] * (1 - mix) + material.second[channel] * mix
        f0 = 0.04 * matte + albedo * material.metallic
        ambient = (0.5 * sky[0, channel] + 0.5 * sky[1, channel]) * up + sky[2, channel] * (1 - up)
        mirrored = sky_radiance(sky, r[2], rough, channel)
        out[channel] = albedo * matte * ambient * occlusion + mirrored * glint * max(0.0, f0 * scale + offset)
    for index in range(len(lamps)):
        lamp = lamps[index]
        d = lamp.direction
        n_l = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
        window = lamp_window(lamp, r[0], r[1], r[2], rough) * mirror if mirror > 0 else 0.0
        if n_l <= 0 and window <= 0:
            continue
        lit = glint
        if lamp.shadow >= 0:
            lit = soft_shadow(
                shadow[lamp.shadow], shadow_closest[lamp.shadow], shadow_transform[lamp.shadow], p[0], p[1], p[2], lamp.width, bias
            )
        if lit <= 0:
            continue
        hx, hy, hz = v[0] + d[0], v[1] + d[1], v[2] + d[2]
        length = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
        n_h = min(1.0, (n[0] * hx + n[1] * hy + n[2] * hz) / length)
        v_h = min(1.0, (v[0] * hx + v[1] * hy + v[2] * hz) / length)
        edge = (1 - v_h) ** 5
        wide = min(1.0, alpha + 0.35 * math.sqrt(lamp.width * lamp.height))
        lobe = (1 - mirror) * ggx(n_h, n_v, max(n_l, 1e-3), alpha, wide) if n_l > 0 and mirror < 1 else 0.0
        solid = 4 * lamp.width * lamp.height / (1 + lamp.width * lamp.width + lamp.height * lamp.height)
        for channel in range(3):
            albedo = material.base[channel] * (1 - mix) + material.second[channel] * mix
            f0 = 0.04 * matte + albedo * material.metallic
            fresnel = f0 + (1 - f0) * edge
            light = lamp.radiance[channel] * lit
            diffuse = albedo * matte / math.pi
            out[channel] += light * solid * max(n_l, 0.0) * (diffuse + lobe * fresnel)
            out[channel] += light * window * (f0 + (1 - f0) * grazing * (1 - rough))
