"""Ours beside what people install instead: ``python benchmarks/watertight/compare.py``.

Writes compare.csv and depths.csv beside itself; a peer that is not installed is left out.
"""

from __future__ import annotations

import csv
import importlib.util
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from inputs import inputs
from intersections import piercing

from renderfit.geometry import Mesh
from renderfit.geometry.nearest import TriangleTree
from renderfit.geometry.sampling import sample_surface
from renderfit.geometry.topology import topology
from renderfit.watertight import make_watertight, solidify

HERE = Path(__file__).parent
Arrays = tuple[np.ndarray, np.ndarray]


def ours(vertices: np.ndarray, faces: np.ndarray) -> Arrays:
    return solidify(Mesh(vertices, faces), depth=7, seal=None).mesh.numpy()


def point_cloud_utils(vertices: np.ndarray, faces: np.ndarray) -> Arrays:
    import point_cloud_utils as pcu

    return pcu.make_mesh_watertight(vertices, faces.astype(np.int32), resolution=20000)


def alpha_wrap(vertices: np.ndarray, faces: np.ndarray) -> Arrays:
    import pymeshlab

    meshes = pymeshlab.MeshSet()
    meshes.add_mesh(pymeshlab.Mesh(vertices, faces))
    meshes.generate_alpha_wrap(alpha=pymeshlab.PercentageValue(1.0), offset=pymeshlab.PercentageValue(0.1))
    return meshes.current_mesh().vertex_matrix(), meshes.current_mesh().face_matrix()


def meshfix(vertices: np.ndarray, faces: np.ndarray) -> Arrays:
    import pymeshfix

    return pymeshfix.clean_from_arrays(vertices, faces.astype(np.int32))


def trimesh_repair(vertices: np.ndarray, faces: np.ndarray) -> Arrays:
    import trimesh

    mesh = trimesh.Trimesh(vertices, faces, process=True)
    trimesh.repair.fill_holes(mesh)
    trimesh.repair.fix_normals(mesh)
    return np.asarray(mesh.vertices), np.asarray(mesh.faces)


def manifold(vertices: np.ndarray, faces: np.ndarray) -> Arrays:
    import manifold3d

    mesh = manifold3d.Mesh(vertices.astype(np.float32), faces.astype(np.uint32))
    mesh.merge()
    made = manifold3d.Manifold(mesh).to_mesh()
    return made.vert_properties[:, :3].astype(float), made.tri_verts.astype(np.int64)


TOOLS: dict[str, tuple[str, Callable[[np.ndarray, np.ndarray], Arrays]]] = {
    "renderfit": ("renderfit", ours),
    "point-cloud-utils (Manifold)": ("point_cloud_utils", point_cloud_utils),
    "pymeshlab (alpha wrap 1 %, offset 0.1 %)": ("pymeshlab", alpha_wrap),
    "pymeshfix": ("pymeshfix", meshfix),
    "trimesh.repair": ("trimesh", trimesh_repair),
    "manifold3d": ("manifold3d", manifold),
}


def measure(source: Mesh, make: Callable[[], Arrays]) -> dict[str, Any]:
    """Time a tool and measure its result: topology, volume [cm3], distance to the source in % of its diagonal."""
    start = time.process_time()
    try:
        vertices, faces = make()
    except Exception as problem:  # the peers raise whatever they raise
        return {"result": f"fails: {type(problem).__name__}"}
    seconds = time.process_time() - start
    if not len(faces):
        return {"result": "empty", "cpu_seconds": round(seconds, 2)}
    made = Mesh(torch.as_tensor(np.array(vertices, dtype=float)), torch.as_tensor(np.array(faces, dtype=np.int64)))
    distance = 100 * TriangleTree(*source.numpy()).query(sample_surface(made, 50000))[0] / source.diagonal()
    found = topology(made.faces)
    return {
        "result": "solid" if found.solid and made.volume() > 0 else "closed, not manifold" if found.watertight else "not closed",
        "faces": len(faces),
        "piercing_per_mille": round(1000 * float(piercing(*made.numpy()).mean()), 3),
        "volume_cm3": round(1e6 * made.volume(), 2),
        "mean_percent": round(float(distance.mean()), 5),
        "p99_percent": round(float(np.quantile(distance, 0.99)), 4),
        "max_percent": round(float(distance.max()), 3),
        "cpu_seconds": round(seconds, 2),
    }


def write(name: str, rows: list[dict[str, Any]]) -> None:
    with (HERE / name).open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(max(rows, key=len)), restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    meshes = dict(inputs())
    make_watertight(meshes["drilled plate"], seal=None)  # compiled code from the cache, before the clock runs
    sources = {name: mesh.numpy() for name, mesh in meshes.items()}
    write(
        "compare.csv",
        [
            {"tool": tool, "input": name, **measure(mesh, lambda call=call, name=name: call(*sources[name]))}
            for tool, (module, call) in TOOLS.items()
            if importlib.util.find_spec(module)
            for name, mesh in meshes.items()
        ],
    )
    write(
        "depths.csv",
        [
            {"depth": d, "ratio": r, "input": name, **measure(mesh, lambda m=mesh, d=d, r=r: solidify(m, d, None, r).mesh.numpy())}
            for d, r in ((7, 0.01), (7, 0.001), (8, 0.01), (8, 0.001))
            for name, mesh in meshes.items()
        ],
    )


if __name__ == "__main__":
    main()
