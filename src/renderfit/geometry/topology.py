"""What holds a triangle mesh together: counts of edges, fans around vertices, components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renderfit.compiled import kernel


@dataclass(frozen=True)
class Topology:
    """Findings about a mesh.

    Attributes
    ----------
    watertight : bool
        Each edge has its two faces: no boundary.
    edge_manifold : bool
        No edge has more than two faces.
    vertex_manifold : bool
        The faces around each vertex form one fan.
    consistent : bool
        Neighbouring faces traverse their edge in opposite directions.
    proper : bool
        No face names a vertex twice.
    components : int
        Sets of faces connected through edges.
    """

    watertight: bool
    edge_manifold: bool
    vertex_manifold: bool
    consistent: bool
    proper: bool
    components: int

    @property
    def solid(self) -> bool:
        """All of the above, except the number of components."""
        return self.watertight and self.edge_manifold and self.vertex_manifold and self.consistent and self.proper


def topology(faces: ArrayLike) -> Topology:
    """Examine the connectivity of faces (F, 3); positions do not matter.

    Examples
    --------
    >>> topology([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]).solid
    True
    """
    triangles = np.asarray(faces, dtype=np.int64).reshape(-1, 3)
    start, end = triangles.reshape(-1), np.roll(triangles, -1, axis=1).reshape(-1)
    count = int(triangles.max()) + 1 if len(triangles) else 1
    proper = bool((start != end).all()) and bool((triangles[:, 0] != triangles[:, 2]).all())
    undirected = np.minimum(start, end) * count + np.maximum(start, end)
    _, edge, per_edge = np.unique(undirected, return_inverse=True, return_counts=True)
    directed = np.unique(start * count + end, return_counts=True)[1]
    order = np.argsort(edge, kind="stable")
    same = edge[order[1:]] == edge[order[:-1]]
    one, two = order[:-1][same], order[1:][same]
    fans = _fans(start, one, two)
    return Topology(
        watertight=len(triangles) > 0 and bool((per_edge == 2).all()),
        edge_manifold=bool((per_edge <= 2).all()),
        vertex_manifold=fans == len(np.unique(triangles)),
        consistent=bool((directed == 1).all()),
        proper=proper,
        components=int(_components(len(triangles), one // 3, two // 3)),
    )


def _fans(start: NDArray, one: NDArray, two: NDArray) -> int:
    """Count the fans: corners of faces joined when their faces share an edge at that vertex."""
    if not len(start):
        return 0
    after = np.arange(len(start)) // 3 * 3 + (np.arange(len(start)) + 1) % 3  # corner of an edge's end
    flipped = start[one] != start[two]
    first = np.concatenate([one, after[one]])
    second = np.concatenate([np.where(flipped, after[two], two), np.where(flipped, two, after[two])])
    return int(_components(len(start), first, second))


@kernel
def _components(count, one, two):  # type: ignore[no-untyped-def]  # numba infers the types
    """Count the connected sets of `count` things, of which `one` and `two` (N,) are joined pairwise."""
    parent = np.arange(count)
    left = count
    for i in range(len(one)):
        a, b = one[i], two[i]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a != b:
            parent[max(a, b)] = min(a, b)
            left -= 1
    return left
