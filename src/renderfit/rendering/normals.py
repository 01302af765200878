"""Area-weighted vertex normals, fused in numba with their derivative."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from renderfit.geometry import Mesh
from renderfit.rendering.adjacency import face_array
from renderfit.rendering.devices import by_torch


@numba.njit(cache=True, nogil=True)
def _forward(vertices: NDArray, faces: NDArray, normals: NDArray, length: NDArray) -> None:
    """Sum the faces' cross products at their corners, then normalise; zero where undefined."""
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        vx, vy, vz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in range(3):
            v = faces[f, k]
            normals[v, 0] += nx
            normals[v, 1] += ny
            normals[v, 2] += nz
    for v in range(len(normals)):
        size = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2)
        length[v] = size
        if size > 0:
            for k in range(3):
                normals[v, k] /= size


@numba.njit(cache=True, nogil=True)
def _backward(vertices: NDArray, faces: NDArray, normals: NDArray, length: NDArray, upstream: NDArray, grad: NDArray) -> None:
    """Accumulate the gradient with respect to the vertices."""
    raw = np.zeros((len(normals), 3))
    for v in range(len(normals)):
        if length[v] > 0:
            along = upstream[v, 0] * normals[v, 0] + upstream[v, 1] * normals[v, 1] + upstream[v, 2] * normals[v, 2]
            for k in range(3):
                raw[v, k] = (upstream[v, k] - along * normals[v, k]) / length[v]
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        gx, gy, gz = raw[a, 0] + raw[b, 0] + raw[c, 0], raw[a, 1] + raw[b, 1] + raw[c, 1], raw[a, 2] + raw[b, 2] + raw[c, 2]
        if gx == 0.0 and gy == 0.0 and gz == 0.0:
            continue
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        vx, vy, vz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        bx, by, bz = vy * gz - vz * gy, vz * gx - vx * gz, vx * gy - vy * gx
        cx, cy, cz = gy * uz - gz * uy, gz * ux - gx * uz, gx * uy - gy * ux
        grad[b, 0] += bx
        grad[b, 1] += by
        grad[b, 2] += bz
        grad[c, 0] += cx
        grad[c, 1] += cy
        grad[c, 2] += cz
        grad[a, 0] -= bx + cx
        grad[a, 1] -= by + cy
        grad[a, 2] -= bz + cz


class _Normals(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vertices: Tensor, faces: NDArray[np.int64]) -> Tensor:
        points = vertices.detach().contiguous().numpy()
        normals, length = np.zeros(points.shape), np.empty(len(points))
        _forward(points, faces, normals, length)
        ctx.saved, ctx.dtype = (points, faces, normals, length), vertices.dtype
        return torch.from_numpy(normals).to(vertices.dtype)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None]:
        points, faces, normals, length = ctx.saved
        grad = np.zeros(points.shape)
        _backward(points, faces, normals, length, upstream[0].contiguous().numpy(), grad)
        return torch.from_numpy(grad).to(ctx.dtype), None


def _by_torch(vertices: Tensor, faces: Tensor) -> Tensor:
    """Do the same in torch operations, with sums that are repeatable on CUDA, where those of `Mesh.vertex_normals` are not."""
    a, b, c = (vertices.double().index_select(0, corner) for corner in faces.unbind(1))
    cross = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices, dtype=torch.float64)
    total = total.index_put((faces.reshape(-1),), cross.repeat_interleave(3, 0), accumulate=True)
    length = total.norm(dim=1, keepdim=True)
    return (total / torch.where(length > 0, length, torch.ones_like(length))).to(vertices.dtype)


def vertex_normals(mesh: Mesh) -> Tensor:
    """Return unit normals (V, 3) in the frame of the mesh, area-weighted; zero where undefined. Differentiable."""
    if by_torch(mesh.vertices):
        return _by_torch(mesh.vertices, mesh.faces)
    return _Normals.apply(mesh.vertices, face_array(mesh.faces))
