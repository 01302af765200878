"""Which point of a deformed model belongs to which point of a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import farthest_points
from renderfit.shapes.model import LinearModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AGREEMENT = 0.3
"""Smallest cosine between the normals of two matched points."""


class Target:
    """A mesh or cloud to match: vertices, normals, and its surface when it has one.

    Parameters
    ----------
    points : (N, 3) array
        Vertices [m].
    faces : (F, 3) integer array
        Triangles; none for a cloud.
    budget : int
        So many points, evenly spread, are matched.
    """

    def __init__(self, points: Floats, faces: Ints, budget: int) -> None:
        self.chosen, self.budget = np.sort(farthest_points(points, budget)), budget
        self.points, self.surface = points[self.chosen], TriangleTree(points, faces) if len(faces) else None
        if self.surface is not None:
            mesh = Mesh(torch.from_numpy(points), torch.from_numpy(faces))
            self.normals = mesh.vertex_normals().numpy()[self.chosen]
            cross = mesh.face_cross().numpy()
            self.face_normals = cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-30)


@dataclass(frozen=True)
class Matches:
    """Points of the model, as corners and barycentrics, and where they should be.

    Attributes
    ----------
    corners : (N, 3) integer array
    barycentrics : (N, 3) array
    targets, normals : (N, 3) arrays
        Positions [m] and unit normals of the target surface.
    """

    corners: Ints
    barycentrics: Floats
    targets: Floats
    normals: Floats

    def points(self, model: LinearModel, z: Floats) -> Floats:
        """Return the model's points (N, 3) [m] at latent `z`."""
        return np.einsum("nk,nkc->nc", self.barycentrics, model.vertices(z)[self.corners])

    def basis(self, rows: Floats) -> Floats:
        """Return `rows` (V, C), given at the model's vertices, at the matched points (N, C)."""
        count = len(self.corners)
        starts = np.arange(0, 3 * count + 1, 3)
        pick = csr_array((self.barycentrics.ravel(), self.corners.ravel(), starts), shape=(count, len(rows)))
        return np.asarray(pick @ rows)


def match(target: Target, model: LinearModel, z: Floats, mine: Ints) -> Matches:
    """Match the target's points to the model's surface and, when it has a surface, the model's vertices `mine` to that.

    Pairs whose normals disagree are left out.
    """
    vertices = model.vertices(z)
    up = Mesh(torch.from_numpy(vertices), torch.from_numpy(model.faces)).vertex_normals().numpy()
    _, nearest, face = TriangleTree(vertices, model.faces).query(target.points)
    corners = model.faces[face]
    weights = barycentrics(nearest, vertices[corners])
    own = np.einsum("nk,nkc->nc", weights, up[corners])
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    if target.surface is None:
        return Matches(corners, weights, target.points, own)
    keep = (own * target.normals).sum(1) > AGREEMENT
    _, hit, other = target.surface.query(vertices[mine])
    across = target.face_normals[other]
    agree = (across * up[mine]).sum(1) > AGREEMENT
    back = mine[agree]
    one = np.tile(np.array([1.0, 0.0, 0.0]), (len(back), 1))
    return Matches(
        np.concatenate([corners[keep], np.stack([back, back, back], axis=1)]), np.concatenate([weights[keep], one]),
        np.concatenate([target.points[keep], hit[agree]]), np.concatenate([own[keep], across[agree]]),
    )  # fmt: skip


def barycentrics(points: Floats, corners: Floats) -> Floats:
    """Return barycentrics (N, 3) of points (N, 3) in triangles (N, 3, 3); of degenerate triangles the first corner."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    e, f, g = b - a, c - a, points - a
    ee, ef, ff = (e * e).sum(1), (e * f).sum(1), (f * f).sum(1)
    ge, gf = (g * e).sum(1), (g * f).sum(1)
    area = ee * ff - ef * ef
    good = area > 1e-30
    area = np.where(good, area, 1.0)
    v = np.where(good, (ff * ge - ef * gf) / area, 0.0)
    w = np.where(good, (ee * gf - ef * ge) / area, 0.0)
    return np.stack([1 - v - w, v, w], axis=1)
