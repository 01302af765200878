"""A file of ten million faces at depth 9: ``python benchmarks/watertight/large.py [--faces N] [--depth D]``.

Writes a rippled torus as PLY into a temporary folder, runs ``renderfit watertight`` on it in a process of
its own and appends time and peak memory to large.csv beside this file.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from renderfit.geometry import Mesh, save_mesh

HERE = Path(__file__).parent
FIELDS = ("faces_in", "depth", "faces_out", "solid", "max_percent", "mean_percent", "file_mb", "cpu_seconds", "wall_seconds", "peak_gb")


def rippled_torus(faces: int) -> Mesh:
    """Return a closed torus, 0.4 m wide, with ripples that the cells can follow, of about so many faces."""
    side = round(np.sqrt(faces / 2))
    u, v = np.meshgrid(*2 * [np.linspace(0, 2 * np.pi, side, endpoint=False)], indexing="ij")
    small = 0.06 + 0.004 * np.sin(24 * u) * np.cos(10 * v)
    ring = 0.14 + small * np.cos(v)
    vertices = np.stack([ring * np.cos(u), ring * np.sin(u), small * np.sin(v)], axis=-1).reshape(-1, 3)
    a = np.arange(side * side).reshape(side, side)
    b, c, d = np.roll(a, -1, axis=0), np.roll(a, (-1, -1), axis=(0, 1)), np.roll(a, -1, axis=1)
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return Mesh(torch.as_tensor(vertices), torch.as_tensor(triangles))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=10_000_000)
    parser.add_argument("--depth", type=int, default=9)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.ply", Path(folder) / "out.ply"
        mesh = rippled_torus(wanted.faces)
        save_mesh(mesh, source)
        count, diagonal, size = len(mesh.faces), mesh.diagonal(), source.stat().st_size
        command = [sys.executable, "-m", "renderfit.cli", "watertight", source, out, "--depth", str(wanted.depth), "--json"]
        start = time.perf_counter()
        said = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
        wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(said.splitlines()[-1])
    row = {
        "faces_in": count,
        "depth": wanted.depth,
        "faces_out": found["faces"],
        "solid": found["watertight"] and found["edge_manifold"] and found["vertex_manifold"],
        "max_percent": round(100 * found["distance_max"] / diagonal, 4),
        "mean_percent": round(100 * found["distance_mean"] / diagonal, 6),
        "file_mb": round(size / 1e6),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "wall_seconds": round(wall, 1),
        "peak_gb": round(1024 * used.ru_maxrss / 1e9, 2),
    }
    table = HERE / "large.csv"
    known = list(csv.DictReader(table.open(newline=""))) if table.is_file() else []
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*known, row])


if __name__ == "__main__":
    main()
