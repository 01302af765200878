"""What a watertight mesh is, and how far it is from its source."""

from __future__ import annotations

from typing import Any

from renderfit.geometry.mesh import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import sample_surface
from renderfit.geometry.topology import topology

SAMPLES = 20000


def report(mesh: Mesh, source: Mesh) -> dict[str, Any]:
    """Describe a mesh and its distance to the triangles it was made from.

    Parameters
    ----------
    mesh : Mesh
        The result of `make_watertight` or `resample` [m].
    source : Mesh
        Its input [m].

    Returns
    -------
    dict
        vertices, faces, watertight, edge_manifold, vertex_manifold, volume [m^3], volume_ratio_to_hull,
        components, distance_max and distance_mean [m] from 20,000 points of the mesh to the source.
    """
    from scipy.spatial import ConvexHull, QhullError  # slow to import, and only a report needs it

    points, faces = mesh.numpy()
    found = topology(faces)
    volume = mesh.volume()
    samples = sample_surface(mesh, SAMPLES, seed=0)
    distance = TriangleTree(*source.numpy()).query(samples)[0]
    try:
        hull = float(ConvexHull(points).volume)
    except QhullError:  # flat
        hull = 0.0
    return {
        "vertices": len(points),
        "faces": len(faces),
        "watertight": found.watertight,
        "edge_manifold": found.edge_manifold,
        "vertex_manifold": found.vertex_manifold and found.consistent and found.proper,
        "volume": volume,
        "volume_ratio_to_hull": volume / hull if hull > 0 else 0.0,
        "components": found.components,
        "distance_max": float(distance.max()),
        "distance_mean": float(distance.mean()),
    }
