"""Deterministic value noise for procedural textures (numba)."""

from __future__ import annotations

import math

import numba

MASK = 0xFFFFFFFF


@numba.njit(cache=True, error_model="numpy")
def lattice(x: int, y: int, z: int, seed: int) -> float:
    """Return a hashed number in [0, 1) for an integer lattice point."""
    h = (x * 73856093) ^ (y * 19349663) ^ (z * 83492791) ^ (seed * 26544357)
    h &= MASK
    h = ((h ^ (h >> 15)) * 2246822519) & MASK
    h = ((h ^ (h >> 13)) * 3266489917) & MASK
    return (h ^ (h >> 16)) / 4294967296.0


@numba.njit(cache=True, error_model="numpy")
def value_noise(x: float, y: float, z: float, seed: int) -> float:
    """Return smooth noise in [0, 1] with unit wavelength at a point."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    i, j, k = int(fx), int(fy), int(fz)
    u, v, w = x - fx, y - fy, z - fz
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    total = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                total += weight * lattice(i + a, j + b, k + c, seed)
    return total


@numba.njit(cache=True, error_model="numpy")
def fbm(x: float, y: float, z: float, seed: int, octaves: int, footprint: float) -> float:
    """Return fractal noise in about [0, 1]; octaves finer than `footprint` (wavelengths per pixel) fade out."""
    total, amplitude, weight, frequency = 0.0, 0.5, 0.0, 1.0
    for octave in range(octaves):
        keep = min(1.0, max(0.0, 1.5 - 2.0 * footprint * frequency))
        value = 0.5
        if keep > 0:
            value = keep * value_noise(x * frequency, y * frequency, z * frequency, seed + 31 * octave) + (1 - keep) * 0.5
        total += amplitude * value
        weight += amplitude
        amplitude *= 0.55
        frequency *= 2.03
    return total / weight
