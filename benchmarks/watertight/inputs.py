"""Inputs of the comparison: recipes of the data set and shapes with known creases and volumes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import trimesh

from renderfit import paths
from renderfit.datasets import procedural
from renderfit.datasets.procedural import drill_parts
from renderfit.datasets.procedural.drill import Drill
from renderfit.datasets.procedural.soup import Soup
from renderfit.geometry import Mesh


def recipe(category: str, name: str) -> Mesh:
    """Build one object of the embedded data set."""
    entry = json.loads((paths.ROOT / "datasets" / "default" / category / f"{name}.json").read_text())
    return procedural.build(category, entry["parameters"])


def drilled_plate() -> Mesh:
    """Return a turned plate with a round hole (64 sides)."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False) + np.pi / 4
    inner = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outer = 0.5 * inner / np.abs(inner).max(axis=1, keepdims=True)
    rings = [np.insert(ring, 2, z, axis=1) for ring, z in ((0.25 * inner, 0), (outer, 0), (outer, 0.3), (0.25 * inner, 0.3))]
    here, there = np.arange(64), np.roll(np.arange(64), -1)
    quads = [np.stack([64 * a + here, 64 * a + there, 64 * b + there, 64 * b + here], axis=1) for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))]
    turned = np.concatenate(rings) @ trimesh.transformations.rotation_matrix(0.7, [0.3, 1.0, 0.5])[:3, :3].T
    return Mesh(0.1 * turned, np.concatenate(quads)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))


def holed_cube() -> Mesh:
    """Return a turned cube with three square holes that go through it along its axes and meet in the middle."""
    solid = np.zeros((5, 5, 5), dtype=bool)
    solid[1:4, 1:4, 1:4] = np.abs(np.indices((3, 3, 3)) - 1).sum(axis=0) >= 2
    quads = []
    for axis in range(3):
        first, second = np.eye(3, dtype=int)[(axis + 1) % 3], np.eye(3, dtype=int)[(axis + 2) % 3]
        for side in (0, 1):
            shown = np.argwhere(solid & ~np.roll(solid, 1 - 2 * side, axis=axis))
            corner = shown + side * np.eye(3, dtype=int)[axis]
            ring = [corner, corner + first, corner + first + second, corner + second]
            quads.append(np.stack(ring if side else ring[::-1], axis=1))
    corners, index = np.unique(np.concatenate(quads).reshape(-1, 3), axis=0, return_inverse=True)
    turned = (corners - 2.5) / 30 @ trimesh.transformations.rotation_matrix(0.9, [0.5, 0.2, 1.0])[:3, :3].T
    return Mesh(turned, index.reshape(-1, 4)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))


def threaded_cap(around: int = 240, along: int = 121) -> Mesh:
    """Return a cylinder with a sharp helical thread of five turns, closed by two discs.

    The ridge runs along edges where ``along`` = 5 x ``around`` + 1.
    """
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, around, endpoint=False), np.linspace(0, 1, along), indexing="ij")
    phase = (5 * height - angle / (2 * np.pi)) % 1
    radius = 0.015 + 0.0015 * (1 - np.abs(2 * phase - 1))
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle), 0.02 * height], axis=-1).reshape(-1, 3)
    index = np.arange(around * along).reshape(around, along)
    a, b = index, np.roll(index, -1, axis=0)
    faces = [np.stack([a[:, :-1], b[:, :-1], b[:, 1:]], -1), np.stack([a[:, :-1], b[:, 1:], a[:, 1:]], -1)]
    low, high = np.full(around, len(x)), np.full(around, len(x) + 1)
    faces += [np.stack([b[:, 0], a[:, 0], low], -1), np.stack([a[:, -1], b[:, -1], high], -1)]
    vertices = np.concatenate([x, [[0, 0, 0], [0, 0, 0.02]]])
    return Mesh(vertices, np.concatenate([face.reshape(-1, 3) for face in faces]))


def battery() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the parts (vertices [m], faces) of the battery of the data set's canonical drill; all are closed."""
    folder = paths.ROOT / "datasets" / "default"
    name = json.loads((folder / "split.json").read_text())["drill"]["canonical"]
    entry = json.loads((folder / "drill" / f"{name}.json").read_text())
    soup = Soup()
    known = {name: value for name, value in entry["parameters"].items() if name != "defects"}
    drill_parts.battery(soup, Drill(**known), 0.0)
    return [(np.asarray(points, dtype=float), np.asarray(faces, dtype=np.int64)) for points, faces, _ in soup.parts]


def holed_sphere() -> Mesh:
    """Return a sphere with 4 % of its faces missing in one cap."""
    ball = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    return Mesh(np.array(ball.vertices), np.array(ball.faces[ball.triangles_center[:, 2] < 0.092]))


def inputs() -> Iterator[tuple[str, Mesh]]:
    """Yield name and mesh [m]."""
    for category, name in (("bottle", "beer"), ("camera", "compact"), ("drill", "classic"), ("spray", "glass")):
        yield f"{category} {name} (recipe)", recipe(category, name)
    yield "drilled plate", drilled_plate()
    yield "threaded cap", threaded_cap()
    yield "sphere with a hole", holed_sphere()
