"""Simple bodies that stand about: clutter behind and beside the object, occluders in front of it."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.geometry import Mesh
from renderfit.rendering.photo.subject import Subject


def box() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a cube of half side 1 with its base at z = 0."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 2)], dtype=np.float64)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([[q[i] for i in corner] for q in quads for corner in ((0, 1, 2), (0, 2, 3))], dtype=np.int64)
    return corners, faces


def lathe(radii: NDArray[np.float64], heights: NDArray[np.float64], sides: int = 24) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a body of revolution about z with the given profile."""
    angle = np.arange(sides) * 2 * math.pi / sides
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices = np.concatenate(
        [np.column_stack([radius * ring, np.full(sides, height)]) for radius, height in zip(radii, heights, strict=True)]
    )
    faces = []
    for level in range(len(radii) - 1):
        for k in range(sides):
            a, b = level * sides + k, level * sides + (k + 1) % sides
            faces += [(a, b, b + sides), (a, b + sides, a + sides)]
    return vertices, np.array(faces, dtype=np.int64)


@functools.cache
def bodies() -> tuple[Subject, ...]:
    """Return a unit-sized box, can, bowl-like body and ball that stand on z = 0."""
    angle = np.linspace(-math.pi / 2, math.pi / 2, 12)
    shapes = (
        box(),
        lathe(np.array([0.0, 1, 1, 0]), np.array([0.0, 0, 2, 2])),
        lathe(np.array([0.0, 0.9, 1, 0.5, 0]), np.array([0.0, 0, 0.7, 1.6, 1.7])),
        lathe(np.cos(angle), 1 + np.sin(angle)),
    )
    return tuple(Subject.of(Mesh(torch.as_tensor(vertices), torch.as_tensor(faces))) for vertices, faces in shapes)


def draw_props(
    generator: np.random.Generator, count: int, occluders: int, radius: float, height: float, floor: float, forward: NDArray[np.float64]
) -> list[Subject]:
    """Draw bodies around an object at the origin that fills a cylinder of `radius` and `height` [m] on `floor`.

    Parameters
    ----------
    count, occluders : int
        Bodies beside or behind it, and in front of it (towards the camera).
    forward : (3,) array
        Viewing direction in the object frame.
    """
    heading = math.atan2(-forward[1], -forward[0])
    placed = []
    for index in range(count + occluders):
        body = bodies()[int(generator.integers(4))]
        front = index >= count
        scale = np.exp(generator.uniform(np.log(0.15), np.log(0.5 if front else 0.9), 3)) * radius
        scale[1] = scale[0] * generator.uniform(0.6, 1.6)
        scale[2] = min(scale[2], 0.35 * height) if front else scale[2]
        away = radius + float(np.hypot(scale[0], scale[1])) * 1.05 + generator.uniform(0.0, 1.6) * radius
        angle = heading + (generator.uniform(-0.5, 0.5) if front else generator.uniform(0.9, 2 * math.pi - 0.9))
        spin = generator.uniform(0, 6.28)
        turned = body.vertices * scale
        x = turned[:, 0] * math.cos(spin) - turned[:, 1] * math.sin(spin) + away * math.cos(angle)
        y = turned[:, 0] * math.sin(spin) + turned[:, 1] * math.cos(spin) + away * math.sin(angle)
        placed.append(replace(body, vertices=np.column_stack([x, y, turned[:, 2] + floor])))
    return placed
