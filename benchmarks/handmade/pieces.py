"""Pieces that hand-made objects are put together from: z up, lengths in metres."""

from __future__ import annotations

import numpy as np
import trimesh
from trimesh.creation import box, cylinder, revolve


def block(x, y, z, dx, dy, dz):
    """Return a box about the vertical through (x, y) that stands at height z."""
    m = box([dx, dy, dz])
    m.apply_translation([x, y, z + dz / 2])
    return m


def rod(x, y, z, r, h, n=24, axis="z"):
    """Return a cylinder: upright ones stand at height z, others are centred."""
    m = cylinder(r, h, sections=n)
    if axis == "x":
        m.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
    if axis == "y":
        m.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    if axis == "z":
        m.apply_translation([x, y, z + h / 2])
    else:
        m.apply_translation([x, y, z])
    return m


def turned(profile, n=32):
    """Return the surface of revolution of a profile [(radius, height), ...]."""
    return revolve(np.array(profile, float), sections=n)


def moved(m, x, y, z):
    """Return a piece shifted."""
    m.apply_translation([x, y, z])
    return m


def joined(*p):
    """Return all pieces as one mesh."""
    return trimesh.util.concatenate(list(p))
