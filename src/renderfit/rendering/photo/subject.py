"""What is photographed: a triangle soup prepared for shading (parts, smooth normals, random warps)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import Mesh

CREASE = 40.0
"""Edges sharper than this [degree] stay sharp."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A mesh prepared for repeated photographs.

    Parameters
    ----------
    vertices : (V, 3) float64 array
        Object frame [m].
    faces : (F, 3) int64 array
        Vertex indices.
    parts : (F,) int64 array
        Material index per face.
    colors : (P, 3) float64 array
        Linear colour of each part.
    ring_start, ring : (V + 1,), (R,) int64 arrays
        Faces around each position: vertices at one place share them.
    spread : (S,) int64 array and (S, 3) array
        Faces and barycentrics of points spread over the surface.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    parts: NDArray[np.int64]
    colors: NDArray[np.float64]
    ring_start: NDArray[np.int64]
    ring: NDArray[np.int64]
    spread: tuple[NDArray[np.int64], NDArray[np.float64]]

    @classmethod
    def of(cls, mesh: Mesh | Subject) -> Subject:
        """Prepare a mesh; unique vertex colours become parts, a mesh without colours is one grey part."""
        if isinstance(mesh, Subject):
            return mesh
        vertices, faces = mesh.numpy()
        if mesh.colors is None:
            parts, colors = np.zeros(len(faces), np.int64), np.full((1, 3), 0.4)
        else:
            per_face = mesh.colors.detach().cpu().numpy().astype(np.float64)[faces[:, 0]].round(4)
            colors, parts = np.unique(per_face, axis=0, return_inverse=True)
            parts = parts.reshape(-1).astype(np.int64)
        start, ring = _rings(vertices, faces)
        return cls(vertices, faces, parts, colors, start, ring, _spread(vertices, faces))

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Lowest and highest coordinates (2, 3) [m]."""
        columns = np.ascontiguousarray(self.vertices.T)
        return np.stack([columns.min(axis=1), columns.max(axis=1)])

    @property
    def points(self) -> NDArray[np.float64]:
        """Points (S, 3) [m] spread over the surface."""
        corners = self.vertices[self.faces[self.spread[0]]]
        return (corners * self.spread[1][..., None]).sum(axis=1)

    @property
    def diagonal(self) -> float:
        """Bounding box diagonal [m]."""
        return float(np.linalg.norm(self.bounds[1] - self.bounds[0]))

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """Unit normals (F, 3, 3) per face corner, smooth across edges flatter than `CREASE`."""
        return corner_normals(self.vertices, self.faces, self.ring_start, self.ring, float(np.cos(np.radians(CREASE))))

    def warped(self, generator: np.random.Generator, strength: float = 1.0) -> Subject:
        """Return the object stretched and bent at random, standing where it stood; normals are those before.

        Parameters
        ----------
        generator : numpy Generator
            Source of the draw.
        strength : float
            1 stretches axes by up to 12 % and bends by up to 4 % of the size.
        """
        low, high = self.bounds
        size, centre = np.maximum(high - low, 1e-9), (low + high) / 2
        unit = (self.vertices - centre) / size.max()
        moved = unit * (1 + strength * generator.uniform(-0.12, 0.12, 3))
        for _ in range(3):
            wave = generator.uniform(-3.0, 3.0, 3)
            moved = moved + strength * 0.04 * generator.uniform(-1, 1, 3) * np.sin(unit @ wave + generator.uniform(0, 6.28))[:, None]
        moved = moved * size.max() + centre
        moved[:, 2] += low[2] - moved[:, 2].min()
        found = replace(self, vertices=moved)
        # A few degrees off, invisible in a photograph, and a fifth of its cost saved.
        object.__setattr__(found, "normals", self.normals)
        return found


SPREAD = 6000
"""Points that stand for the surface in ambient occlusion."""


def _spread(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    corners = vertices[faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) + 1e-18
    generator, ends = np.random.default_rng(0), np.cumsum(areas)
    count = SPREAD if len(faces) > 400 else SPREAD // 8
    face = np.searchsorted(ends, (np.arange(count) + 0.5) / count * ends[-1])
    u, v = np.sqrt(generator.random(count)), generator.random(count)
    return np.minimum(face, len(faces) - 1), np.stack([1 - u, u * (1 - v), u * v], axis=1)


def _rings(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keys = np.round(vertices * 1e6).astype(np.int64)
    _, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.reshape(-1)
    corner_place = place[faces].reshape(-1)
    order = np.argsort(corner_place, kind="stable")
    start = np.searchsorted(corner_place[order], np.arange(place.max() + 2 if len(place) else 1))
    ring = order // 3
    lengths = np.diff(start)[place]
    first = np.concatenate([[0], np.cumsum(lengths)])
    position = np.repeat(start[:-1][place], lengths) + np.arange(first[-1]) - np.repeat(first[:-1], lengths)
    return first.astype(np.int64), ring[position].astype(np.int64)


@numba.njit(cache=True)
def corner_normals(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    ring_start: NDArray[np.int64],
    ring: NDArray[np.int64],
    crease: float,
) -> NDArray[np.float64]:
    """Return unit normals (F, 3, 3): area-weighted over the faces at a corner whose cosine to it exceeds `crease`."""
    count = len(faces)
    cross, area = np.zeros((count, 3)), np.zeros(count)
    for f in range(count):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        cross[f, 0], cross[f, 1], cross[f, 2] = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        area[f] = np.sqrt(cross[f, 0] ** 2 + cross[f, 1] ** 2 + cross[f, 2] ** 2)
    normals = np.zeros((count, 3, 3))
    for f in range(count):
        for k in range(3):
            v = faces[f, k]
            x, y, z = 0.0, 0.0, 0.0
            for r in range(ring_start[v], ring_start[v + 1]):
                g = ring[r]
                dot = cross[f, 0] * cross[g, 0] + cross[f, 1] * cross[g, 1] + cross[f, 2] * cross[g, 2]
                if dot >= crease * area[f] * area[g]:
                    x, y, z = x + cross[g, 0], y + cross[g, 1], z + cross[g, 2]
            length = np.sqrt(x * x + y * y + z * z)
            if length < 1e-30:
                x, y, z, length = 0.0, 0.0, 1.0, 1.0
            normals[f, k, 0], normals[f, k, 1], normals[f, k, 2] = x / length, y / length, z / length
    return normals
