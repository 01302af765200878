"""How sharp the creases of CAD parts stay: ``python benchmarks/watertight/creases.py``.

Creases are edges of the input with a fold of more than 30 degrees, and the lines where its parts run into
each other; only what can be seen from outside counts. The normals on both sides of a crease are read near it,
within the faces of the input that meet there: some are narrower than a quarter of a cell, and beyond them the
input itself looks another way. Writes creases.csv beside itself.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from inputs import battery, drilled_plate, holed_cube, threaded_cap
from numpy.typing import NDArray

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.watertight import solidify

HERE = Path(__file__).parent
FOLD = 30.0  # [degree]
STEP = 0.25  # where the two normals beside a crease are read, and the spacing of points along it [cells] ...
WITHIN = 0.5  # ... and at most this share of the width of the face that meets the crease
Array = NDArray[np.float64]


@dataclass
class Creases:
    """Points (N, 3) on creases [m], ways (N, 2, 3) from them to where normals are read [m], unit normals (N, 2, 3)."""

    points: Array
    ways: Array
    normals: Array

    def __getitem__(self, kept: NDArray) -> Creases:
        return Creases(self.points[kept], self.ways[kept], self.normals[kept])

    def folds(self) -> Array:
        """Angles between the two normals (N,) [degree]."""
        return np.degrees(np.arccos((self.normals[:, 0] * self.normals[:, 1]).sum(axis=1).clip(-1, 1)))


def _unit(x: Array) -> Array:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-300)


def _edges(vertices: Array, faces: NDArray) -> tuple[NDArray, NDArray]:
    """Return edges (E, 2) with two faces, and these faces (E, 2); vertices at one place are one."""
    place = np.unique(vertices, axis=0, return_index=True, return_inverse=True)
    faces = place[1][place[2].reshape(-1)][faces]
    ends = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    order = np.lexsort(ends.T)
    same = (ends[order[1:]] == ends[order[:-1]]).all(axis=1)
    return ends[order[:-1][same]], np.stack([order[:-1][same], order[1:][same]], axis=1) // 3


def folded(vertices: Array, faces: NDArray, spacing: float) -> Creases:
    """Return points along the edges of one closed part with a fold of more than `FOLD`."""
    ends, beside = _edges(vertices, faces)
    corners = vertices[faces]
    normals = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))[beside]
    sharp = (normals[:, 0] * normals[:, 1]).sum(axis=1) < np.cos(np.radians(FOLD))
    ends, beside, normals = ends[sharp], beside[sharp], normals[sharp]
    start, along = vertices[ends[:, 0]], vertices[ends[:, 1]] - vertices[ends[:, 0]]
    inward = corners[beside].sum(axis=2) - 2 * start[:, None] - vertices[ends[:, 1]][:, None]  # to the third corner
    inward -= (inward * _unit(along)[:, None]).sum(axis=-1, keepdims=True) * _unit(along)[:, None]
    inward = _unit(inward) * np.minimum(spacing, WITHIN * np.linalg.norm(inward, axis=-1, keepdims=True))
    count = np.maximum(np.linalg.norm(along, axis=1) / spacing, 1).astype(int)
    edge = np.repeat(np.arange(len(ends)), count)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[edge]
    return Creases(start[edge] + share[:, None] * along[edge], inward[edge], normals[edge])


def crossing(one: tuple[Array, NDArray], two: tuple[Array, NDArray], spacing: float) -> Creases:
    """Return the points where the edges of one part go through faces of another; normals are read at `spacing` [m]."""
    ends, beside = _edges(*one)
    corners, other = one[0][one[1]], two[0][two[1]]
    normals = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    mean = _unit(normals[beside].sum(axis=1))
    u, v = other[:, 1] - other[:, 0], other[:, 2] - other[:, 0]
    plane = np.cross(u, v)
    start, along = one[0][ends[:, 0]], one[0][ends[:, 1]] - one[0][ends[:, 0]]
    slope = along @ plane.T
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((other[:, 0] * plane).sum(axis=1)[None] - start @ plane.T) / slope
        edge, face = np.nonzero((share > 0) & (share < 1))
        points = start[edge] + share[edge, face][:, None] * along[edge]
    beyond, square = points - other[face, 0], (plane[face] ** 2).sum(axis=1)
    a = (np.cross(beyond, v[face]) * plane[face]).sum(axis=1) / square
    b = (np.cross(u[face], beyond) * plane[face]).sum(axis=1) / square
    hit = (a >= 0) & (b >= 0) & (a + b <= 1)
    points, n, m = points[hit], mean[edge[hit]], _unit(plane)[face[hit]]
    dot = (n * m).sum(axis=1, keepdims=True)
    ways = spacing * np.stack([_unit(m - dot * n), _unit(n - dot * m)], axis=1)
    found = Creases(points, ways, np.stack([n, m], axis=1))
    return found[found.folds() > FOLD]


def inside(points: Array, part: tuple[Array, NDArray]) -> NDArray[np.bool_]:
    """Return which points a closed part encloses: winding numbers of those in its bounding box."""
    found = ((points > part[0].min(axis=0)) & (points < part[0].max(axis=0))).all(axis=1)
    near = points[found]
    total = np.zeros(len(near))
    for a, b, c in part[0][part[1]]:
        p, q, r = a - near, b - near, c - near
        x, y, z = (np.linalg.norm(w, axis=1) for w in (p, q, r))
        below = x * y * z + (p * q).sum(1) * z + (q * r).sum(1) * x + (r * p).sum(1) * y
        total += np.arctan2((p * np.cross(q, r)).sum(1), below)
    found[found] = np.abs(total) > np.pi
    return found


def creases(parts: list[tuple[Array, NDArray]], cell: float) -> Creases:
    """Return the visible creases of a body that is the union of closed parts."""
    found: list[Creases] = []
    for i, part in enumerate(parts):
        others = [other for k, other in enumerate(parts) if k != i]
        for met in (None, *others):
            points = folded(*part, STEP * cell) if met is None else crossing(part, met, STEP * cell)
            free = np.ones(len(points.points), dtype=bool)
            for other in others:
                if other is met:
                    continue
                free &= ~inside(points.points, other)
                for side in range(2 if met is None else 0):  # a face that dives into another part at once is not seen
                    free &= ~inside(points.points + points.ways[:, side], other)
            found.append(points[free])
    return Creases(*(np.concatenate([getattr(points, name) for points in found]) for name in ("points", "ways", "normals")))


def sharpness(source: Creases, made: Mesh, cell: float) -> dict[str, float]:
    """Measure distances [cells] from the creases to a result, and its folds there [degree]."""
    points, faces = made.numpy()
    tree = TriangleTree(points, faces)
    distance = tree.query(source.points)[0] / cell
    corners = points[faces]
    normals = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    read = np.stack([normals[tree.query(source.points + source.ways[:, k])[2]] for k in range(2)], axis=1)
    off = np.abs(Creases(source.points, source.ways, read).folds() - source.folds())
    return {
        "points": len(off),
        "fold_degree": round(float(np.median(source.folds())), 1),
        "distance_mean_cells": round(float(distance.mean()), 4),
        "distance_p95_cells": round(float(np.quantile(distance, 0.95)), 4),
        "distance_max_cells": round(float(distance.max()), 3),
        "dihedral_off_median_degree": round(float(np.median(off)), 2),
        "dihedral_off_p90_degree": round(float(np.quantile(off, 0.9)), 2),
        "sharp_percent": round(100 * float(((distance < 0.05) & (off < 10)).mean()), 1),
    }


def bodies() -> Iterator[tuple[str, list[tuple[Array, NDArray]]]]:
    """Yield name and closed parts [m]."""
    yield "plate with a round hole", [drilled_plate().numpy()]
    yield "cube with three holes", [holed_cube().numpy()]
    yield "threaded cap", [threaded_cap(60, 301).numpy()]
    yield "battery of the drill", battery()


def measure(parts: list[tuple[Array, NDArray]], depth: int) -> dict[str, float]:
    """Make the union of closed parts watertight and measure its creases."""
    offsets = np.cumsum([0] + [len(points) for points, _ in parts])
    soup = Mesh(np.concatenate([p for p, _ in parts]), np.concatenate([f + k for (_, f), k in zip(parts, offsets[:-1], strict=True)]))
    solid = solidify(soup, depth)
    return sharpness(creases(parts, solid.cell), solid.mesh, solid.cell)


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    rows = [{"depth": depth, "input": name, **measure(parts, depth)} for depth in (7, 8) for name, parts in bodies()]
    with (HERE / "creases.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
