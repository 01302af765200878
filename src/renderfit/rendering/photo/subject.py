"""What is photographed: a triangle soup prepared for shading (parts, smooth normals, random warps)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import Mesh
from renderfit.rendering.photo.soup import bent, box_of, corner_normals, points_at

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
        return box_of(self.vertices)

    @property
    def points(self) -> NDArray[np.float64]:
        """Points (S, 3) [m] spread over the surface."""
        return points_at(self.vertices, self.faces, *self.spread)

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
        stretch = 1 + strength * generator.uniform(-0.12, 0.12, 3)
        waves = [(generator.uniform(-3.0, 3.0, 3), generator.uniform(-1, 1, 3), generator.uniform(0, 6.28)) for _ in range(3)]
        moved = bent(
            self.vertices,
            centre,
            float(size.max()),
            stretch,
            np.array([wave for wave, _, _ in waves]),
            np.array([strength * 0.04 * push for _, push, _ in waves]),
            np.array([phase for _, _, phase in waves]),
            float(low[2]),
        )
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
