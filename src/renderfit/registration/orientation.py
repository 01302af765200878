"""Evidence from predicted normals: how the rendered normal under a fixed pixel changes with shape and pose.

The normal turns with the object, bends with the shape, and is another one when the surface slides under the
pixel: dn = w x n + R dn/dz - grad n . slide, slide being the material's motion minus its part along the ray.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@numba.njit(cache=True)
def vertex_normals(vertices: Array, faces: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return unit normals (V, 3), area-weighted, and the lengths (V,) of their sums."""
    normals = np.zeros_like(vertices)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        u, v = vertices[b] - vertices[a], vertices[c] - vertices[a]
        for corner in range(3):
            normals[faces[f, corner], 0] += u[1] * v[2] - u[2] * v[1]
            normals[faces[f, corner], 1] += u[2] * v[0] - u[0] * v[2]
            normals[faces[f, corner], 2] += u[0] * v[1] - u[1] * v[0]
    lengths = np.sqrt((normals**2).sum(axis=1))
    for v in range(len(vertices)):
        normals[v] /= max(lengths[v], 1e-30)
    return normals, lengths


@numba.njit(cache=True)
def normal_columns(
    vertices: Array, faces: NDArray[np.int64], basis: Array, normals: Array, lengths: Array, wanted: NDArray[np.bool_]
) -> Array:
    """Return the derivative (V, 3, K) of the unit normals by the shape parameters; zero for vertices not `wanted`."""
    count = basis.shape[2]
    found = np.zeros(basis.shape)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        if not (wanted[a] or wanted[b] or wanted[c]):
            continue
        u, v = vertices[b] - vertices[a], vertices[c] - vertices[a]
        for d in range(3):
            e, g = (d + 1) % 3, (d + 2) % 3
            for k in range(count):
                du_e, du_g = basis[b, e, k] - basis[a, e, k], basis[b, g, k] - basis[a, g, k]
                dv_e, dv_g = basis[c, e, k] - basis[a, e, k], basis[c, g, k] - basis[a, g, k]
                change = du_e * v[g] + u[e] * dv_g - du_g * v[e] - u[g] * dv_e
                found[a, d, k] += change
                found[b, d, k] += change
                found[c, d, k] += change
    for v in range(len(vertices)):
        if not wanted[v]:
            found[v] = 0.0
            continue
        for k in range(count):
            part = normals[v, 0] * found[v, 0, k] + normals[v, 1] * found[v, 1, k] + normals[v, 2] * found[v, 2, k]
            for d in range(3):
                found[v, d, k] = (found[v, d, k] - part * normals[v, d]) / max(lengths[v], 1e-30)
    return found


@numba.njit(cache=True)
def rendered(hit: NDArray[np.int64], barycentrics: Array, faces: NDArray[np.int64], normals: Array, rotation: Array) -> tuple[Array, Array]:
    """Return the interpolated unit normals (N, 3), camera frame, at the points hit, and their lengths (N,) before; zero where none."""
    n = len(hit)
    found, lengths = np.zeros((n, 3)), np.zeros(n)
    for i in range(n):
        if hit[i] < 0:
            continue
        s = np.zeros(3)
        for corner in range(3):
            s += barycentrics[i, corner] * normals[faces[hit[i], corner]]
        lengths[i] = max(np.sqrt((s**2).sum()), 1e-9)
        for d in range(3):
            for k in range(3):
                found[i, d] += rotation[d, k] * s[k] / lengths[i]
    return found, lengths


@numba.njit(cache=True)
def jacobian(
    hit: NDArray[np.int64],
    barycentrics: Array,
    across: Array,
    rays: Array,
    seen: Array,
    lengths: Array,
    faces: NDArray[np.int64],
    vertices: Array,
    turned: Array,
    basis: Array,
    normals: Array,
    bent: Array,
    rotation: Array,
    twist: Array,
) -> Array:
    """Return the derivative (N, 3, K + 6) of the rendered normals, camera frame.

    Parameters
    ----------
    hit, barycentrics, across : (N,), (N, 3), (N, 3) arrays
        Face, place in it, and face normal over its cosine to the ray: from `coordinates.residuals`.
    rays : (N, 3) array
        Unit, camera frame.
    seen, lengths : (N, 3), (N,) arrays
        From `rendered`.
    faces, vertices, turned, basis, rotation, twist
        As in `coordinates`; `turned` (V, 3) are the vertices turned into the camera frame, without the offset.
    normals, bent : (V, 3), (V, 3, K) arrays
        Vertex normals, object frame, and their derivative.
    """
    n, count = len(hit), basis.shape[2]
    found = np.zeros((n, 3, count + 6))
    column, slide, change = np.zeros(3), np.zeros(3), np.zeros(3)
    for i in range(n):
        if hit[i] < 0:
            continue
        a, b, c = faces[hit[i], 0], faces[hit[i], 1], faces[hit[i], 2]
        u, v = turned[b] - turned[a], turned[c] - turned[a]
        uu, uv, vv = (u * u).sum(), (u * v).sum(), (v * v).sum()
        determinant = max(uu * vv - uv * uv, 1e-30)
        nu, nv = _turned(rotation, normals[b] - normals[a]), _turned(rotation, normals[c] - normals[a])
        place = barycentrics[i, 0] * vertices[a] + barycentrics[i, 1] * vertices[b] + barycentrics[i, 2] * vertices[c]
        for k in range(count + 6):
            column[:] = 0.0
            change[:] = 0.0
            if k < count:
                for corner in range(3):
                    w, vertex = barycentrics[i, corner], faces[hit[i], corner]
                    for d in range(3):
                        for e in range(3):
                            column[d] += w * rotation[d, e] * basis[vertex, e, k]
                            change[d] += w * rotation[d, e] * bent[vertex, e, k]
                change /= lengths[i]
            elif k < count + 3:
                t = np.array([twist[0, k - count], twist[1, k - count], twist[2, k - count]])
                turn = np.array([t[1] * place[2] - t[2] * place[1], t[2] * place[0] - t[0] * place[2], t[0] * place[1] - t[1] * place[0]])
                w = _turned(rotation, t)
                s = seen[i]
                column[:] = _turned(rotation, turn)
                change[0] = w[1] * s[2] - w[2] * s[1]
                change[1] = w[2] * s[0] - w[0] * s[2]
                change[2] = w[0] * s[1] - w[1] * s[0]
            else:
                column[k - count - 3] = 1.0
            part = across[i, 0] * column[0] + across[i, 1] * column[1] + across[i, 2] * column[2]
            for d in range(3):
                slide[d] = part * rays[i, d] - column[d]
            su, sv = (slide * u).sum(), (slide * v).sum()
            bu, bv = (vv * su - uv * sv) / determinant, (uu * sv - uv * su) / determinant
            for d in range(3):
                change[d] += (bu * nu[d] + bv * nv[d]) / lengths[i]
            part = change[0] * seen[i, 0] + change[1] * seen[i, 1] + change[2] * seen[i, 2]
            for d in range(3):
                found[i, d, k] = change[d] - part * seen[i, d]
    return found


@numba.njit(cache=True)
def _turned(rotation: Array, vector: Array) -> Array:
    found = np.zeros(3)
    for d in range(3):
        for k in range(3):
            found[d] += rotation[d, k] * vector[k]
    return found
