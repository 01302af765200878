"""Shapes with known creases and volumes, and a checker that shares no code with the library."""

from collections import defaultdict

import numpy as np
import pytest
import torch
import trimesh

from renderfit.geometry import Mesh


def flaws(mesh: Mesh) -> list[str]:  # noqa: PLR0912
    """Say what keeps a mesh from being the boundary of a solid, by walking its edges and fans one by one."""
    faces = mesh.faces.tolist()
    found = []
    edges, around = defaultdict(list), defaultdict(dict)
    for number, (a, b, c) in enumerate(faces):
        if len({a, b, c}) < 3:
            found.append(f"face {number} repeats a vertex")
        for i, j, k in ((a, b, c), (b, c, a), (c, a, b)):
            edges[frozenset((i, j))].append((i, j))
            if j in around[i]:
                found.append(f"edge {i}-{j} is traversed twice in one direction")
            around[i][j] = k
    for ends, uses in edges.items():
        if len(uses) != 2:
            found.append(f"edge {sorted(ends)} has {len(uses)} faces")
        elif uses[0] == uses[1]:
            found.append(f"edge {sorted(ends)} is wound inconsistently")
    for vertex, ring in around.items():
        start = here = next(iter(ring))
        steps = 0
        while steps <= len(ring):
            here = ring.get(here)
            steps += 1
            if here is None or here == start:
                break
        if here != start or steps != len(ring):
            found.append(f"the faces around vertex {vertex} are not one fan")
    corners = mesh.vertices.numpy()[mesh.faces.numpy()]
    corners = corners - corners.mean(axis=(0, 1))
    if not np.isfinite(corners).all():
        found.append("a vertex is not finite")
    volume = np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    if not volume > 0:
        found.append(f"the volume is {volume}")
    return found


def to_mesh(shape: trimesh.Trimesh) -> Mesh:
    return Mesh(torch.as_tensor(np.array(shape.vertices, dtype=np.float64)), torch.as_tensor(np.array(shape.faces, dtype=np.int64)))


@pytest.fixture(scope="session", name="flaws_of")
def flaws_fixture():
    return flaws


@pytest.fixture
def sphere() -> Mesh:
    return to_mesh(trimesh.creation.icosphere(subdivisions=3))


@pytest.fixture
def box() -> Mesh:
    return to_mesh(trimesh.creation.box((1.0, 0.7, 0.5)))


@pytest.fixture
def open_bottle() -> Mesh:
    """A bottle without a bottom: lathe of a profile, one sheet, open below."""
    profile = np.array([[0.03, 0.0], [0.03, 0.14], [0.012, 0.18], [0.012, 0.2], [0.0, 0.2]])
    return to_mesh(trimesh.creation.revolve(profile, sections=48))
