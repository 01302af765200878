"""A uniform vertex budget for closed meshes."""

from __future__ import annotations

import logging

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import ShapeError, TopologyError
from renderfit.geometry.crowds import plant
from renderfit.geometry.mesh import Mesh
from renderfit.geometry.topology import topology
from renderfit.watertight import halfedge, remesh

ROUNDS = 6
MOST = 10_000_000  # vertices
SPLIT, COLLAPSE = 4 / 3, 4 / 5  # of the wanted edge length
COARSER = 3.0  # factor between the edge lengths of two stages on the way to a much coarser mesh
LEAST, LIFTS = 1e-6, 50  # least mean thickness of a body [wanted edge length], and steps toward it
GRAIN = 2.0**-20  # of the wanted edge length; coordinates are rounded to it, so that moving the mesh changes nothing

log = logging.getLogger(__name__)


class _Net:
    """Half-edge arrays with room to grow, in units of the wanted edge length."""

    def __init__(self, x: NDArray[np.float64], faces: NDArray[np.int64]) -> None:
        self.tree = plant(x, faces)
        cross = np.cross(x[faces[:, 1]] - x[faces[:, 0]], x[faces[:, 2]] - x[faces[:, 0]])[self.tree[4]]
        self.source = (self.tree, cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300))
        self.x = x.copy()
        self.row = np.full(len(x), -1)
        self.start, self.twin, self.spoke = halfedge.connect(faces.astype(np.int32), len(x))
        self.count = int((self.spoke >= 0).sum())

    def edge_length(self) -> float:
        """Return the mean edge length."""
        corners = self.x[self.start.reshape(-1, 3)]
        return float(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).mean())

    def split(self, limit: float, most: int) -> None:
        """Halve edges longer than `limit`."""
        most = min(most, len(self.start) // 2)
        vertices, edges = len(self.x), len(self.start)
        self.x = np.concatenate([self.x, np.empty((most, 3))])
        self.row, self.spoke = (np.concatenate([a, np.full(most, -1)]) for a in (self.row, self.spoke))
        self.start, self.twin = (np.concatenate([a, np.full(6 * most, -1)]) for a in (self.start, self.twin))
        used, halves = remesh.split_long(self.x, self.row, self.start, self.twin, self.spoke, self.source, vertices, edges, limit, most)
        self.x, self.row, self.spoke = self.x[:used], self.row[:used], self.spoke[:used]
        self.start, self.twin = self.start[:halves], self.twin[:halves]
        self.count += used - vertices

    def collapse(self, short: float, longest: float, least: int) -> int:
        """Collapse edges shorter than `short`; return how many."""
        before = self.count
        self.count = remesh.collapse_short(self.x, self.row, self.start, self.twin, self.spoke, self.source, before, short, longest, least)
        return before - self.count

    def improve(self, times: int) -> None:
        """Flip and relax."""
        for _ in range(times):
            remesh.flip_to_six(self.x, self.start, self.twin, self.spoke)
            remesh.relax(self.x, self.row, self.start, self.twin, self.spoke, self.source)

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return vertices and faces without what was deleted."""
        faces = self.start.reshape(-1, 3)
        faces = faces[faces[:, 0] >= 0]
        used = np.unique(faces)
        return self.x[used], np.searchsorted(used, faces)


def require_budget(vertices: object) -> None:
    """Raise `ShapeError` unless this is a number of vertices that `resample` takes."""
    if not isinstance(vertices, int | np.integer) or not 4 <= vertices <= MOST:
        raise ShapeError(f"got a budget of {vertices} vertices; expected a whole number, at least 4 and at most {MOST}")


def resample(mesh: Mesh, vertices: int = 3300) -> Mesh:
    """Remesh a closed surface to a number of evenly spread vertices.

    Isotropic remeshing with our own edge splits, collapses and flips, each of which keeps the mesh
    watertight and manifold; vertices stay on the given surface.

    Parameters
    ----------
    mesh : Mesh
        Watertight, edge- and vertex-manifold [m], e.g. from `make_watertight`.
    vertices : int
        Wanted number. It is met exactly unless the topology needs more (each component at least 4).

    Returns
    -------
    Mesh
        Object frame [m], float64, no colours.

    Raises
    ------
    TopologyError
        If the mesh is not watertight and manifold.
    ShapeError
        If fewer than 4 vertices or more than 10 million are wanted, or this is no `Mesh`.

    References
    ----------
    Botsch, Kobbelt 2004
    """
    if not isinstance(mesh, Mesh):
        raise ShapeError(f"got a {type(mesh).__name__}; expected a Mesh: Mesh(vertices, faces)")
    require_budget(vertices)
    points, faces = mesh.numpy()
    if not topology(faces).solid:
        raise TopologyError("the mesh is not watertight and manifold; expected a closed mesh: call make_watertight first")
    area = float(mesh.face_areas().sum())
    if not area > 0:
        raise TopologyError("the mesh has no area; expected a closed surface with volume")
    unit, origin = np.sqrt(2 * area / (np.sqrt(3) * vertices)), points[faces].min(axis=(0, 1))
    net = _Net(np.round((points - origin) / unit / GRAIN) * GRAIN, faces)
    length = COARSER * net.edge_length()
    while length < 1:  # by stages, else single vertices swallow whole neighbourhoods
        net.collapse(COLLAPSE * length, SPLIT * length, least=vertices)
        net.improve(1)
        length *= COARSER
    for _ in range(ROUNDS):
        net.split(SPLIT, most=4 * vertices)
        while net.collapse(COLLAPSE, SPLIT, least=4) > 0.02 * net.count:
            pass
        net.improve(1)
    while net.count < vertices:
        net.split(0.0, most=min(vertices - net.count, max(net.count // 4, 1)))
    limit = COLLAPSE
    while net.count > vertices and limit < 100:
        if not net.collapse(limit, 2 * limit, least=vertices):
            limit *= 1.3
    net.improve(4)
    x, triangles = net.arrays()
    if len(x) != vertices:
        log.warning("resampled to %d vertices instead of %d: the topology of the mesh allows no fewer", len(x), vertices)
    return Mesh(torch.as_tensor(_lifted(x, triangles) * unit + origin), torch.as_tensor(triangles))


def _lifted(x: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Move the vertices (V, 3) of a body without volume, whose two layers cross, outward by the little that gives it some."""
    for _ in range(LIFTS):
        mesh = Mesh(torch.as_tensor(x), torch.as_tensor(faces))
        missing = LEAST * float(mesh.face_areas().sum()) - mesh.volume()
        if missing < 0:
            break
        x = x + 2 * missing / float(mesh.face_areas().sum()) * mesh.vertex_normals().numpy()
    return x
