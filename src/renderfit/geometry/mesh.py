"""Triangle meshes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import DeviceError, ShapeError

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
"""Types of floating tensors that a mesh holds; the renderer takes the last two."""


def _floats(values: Tensor | ArrayLike, name: str) -> Tensor:
    tensor = _tensor(values, name)
    if tensor.is_floating_point() and tensor.dtype not in FLOATS:
        raise ShapeError(f"{name} are {tensor.dtype}; expected float32 or float64: convert them with .to(torch.float32)")
    return tensor if tensor.is_floating_point() else tensor.to(torch.float64)


def _tensor(values: Tensor | ArrayLike, name: str) -> Tensor:
    tensor = values if isinstance(values, Tensor) else _from_array(values, name)
    if tensor.is_complex():
        raise ShapeError(f"{name} are {tensor.dtype}; expected real numbers")
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise ShapeError(
            f"{name} are a tensor of {tensor.dtype} and {tensor.layout}; expected a dense one: use .to_dense() or .dequantize()"
        )
    if tensor.is_meta:
        raise DeviceError(f"{name} are on the device meta, which holds no values; expected cpu or cuda")
    return tensor


def _from_array(values: ArrayLike, name: str) -> Tensor:
    try:
        array = np.ascontiguousarray(values)  # torch takes neither reversed nor foreign-endian arrays
    except (ValueError, TypeError, RuntimeError) as problem:
        raise ShapeError(f"{name} are no array ({problem}); expected rows of three numbers each") from problem
    try:
        return torch.as_tensor(array.astype(array.dtype.newbyteorder("="), copy=False))
    except TypeError as problem:
        how = "convert the array with .astype(float)"
        raise ShapeError(f"{name} are an array of {array.dtype}; expected numbers of at most 64 bits: {how}") from problem


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangle mesh in the object frame.

    Parameters
    ----------
    vertices : (V, 3) float tensor or array
        Positions [m].
    faces : (F, 3) integer tensor or array
        Vertex indices, counter-clockwise seen from outside.
    colors : (V, 3) float tensor or array, optional
        Linear RGB in [0, 1] per vertex.

    Raises
    ------
    ShapeError
        If an array does not hold numbers or has the wrong shape, a vertex or colour is not finite or a face names a
        vertex that does not exist.
    DeviceError
        If a tensor holds no values, as those on ``meta``.

    Examples
    --------
    >>> import renderfit as rf
    >>> triangle = rf.Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> float(triangle.face_areas().sum())
    0.5
    """

    vertices: Tensor
    faces: Tensor
    colors: Tensor | None = None

    def __post_init__(self) -> None:
        vertices, colors = _floats(self.vertices, "vertices"), self.colors
        faces = _tensor(self.faces, "faces")
        faces = faces.reshape(-1, 3) if faces.numel() == 0 else faces
        if faces.is_floating_point() and not bool((faces == faces.round()).all()):
            raise ShapeError(f"faces are {faces.dtype} with fractions; expected whole numbers, the indices of three vertices each")
        faces = faces.to(device=vertices.device, dtype=torch.int64)
        _check(vertices.detach(), faces)
        if colors is not None:
            colors = _floats(colors, "colors").to(vertices.device)
            if colors.shape != vertices.shape:
                raise ShapeError(f"colors has shape {tuple(colors.shape)}; expected one RGB row per vertex {tuple(vertices.shape)}")
            finite = torch.isfinite(colors.detach()).all(dim=1)
            if not bool(finite.all()):
                first = int((~finite).nonzero()[0])
                raise ShapeError(f"the colour of vertex {first} is {colors[first].tolist()}; expected finite numbers")
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)
        object.__setattr__(self, "colors", colors)

    def numpy(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return vertices (V, 3) float64 and faces (F, 3) int64 as arrays."""
        vertices = self.vertices.detach().cpu()
        vertices = vertices.float() if vertices.dtype == torch.bfloat16 else vertices  # numpy has no such type
        return vertices.numpy().astype(np.float64), self.faces.cpu().numpy()

    def with_vertices(self, vertices: Tensor) -> Mesh:
        """Return the same faces and colours over other vertices (V, 3)."""
        return replace(self, vertices=vertices)

    def to(self, *args: object, **kwargs: object) -> Mesh:
        """Return the mesh with floating tensors moved as by `torch.Tensor.to`."""
        vertices = self.vertices.to(*args, **kwargs)  # type: ignore[call-overload]
        colors = None if self.colors is None else self.colors.to(vertices)
        return Mesh(vertices, self.faces.to(vertices.device), colors)

    def bounds(self) -> Tensor:
        """Return the lowest and highest coordinates (2, 3) [m] of the referenced vertices."""
        used = self.vertices[self.faces.reshape(-1)] if self.faces.numel() else self.vertices
        return torch.stack([used.min(dim=0).values, used.max(dim=0).values])

    def diagonal(self) -> float:
        """Return the length of the bounding box diagonal [m]."""
        low, high = self.bounds().detach()
        return float((high - low).norm())

    def face_cross(self) -> Tensor:
        """Return the cross product (F, 3) of two edges per face: twice its area times its normal."""
        a, b, c = self.vertices[self.faces].unbind(dim=1)
        return torch.linalg.cross(b - a, c - a)

    def face_areas(self) -> Tensor:
        """Return the areas (F,) [m^2]."""
        return 0.5 * self.face_cross().norm(dim=1)

    def vertex_normals(self) -> Tensor:
        """Return area-weighted unit normals (V, 3), differentiable; zero where undefined."""
        cross = self.face_cross()
        total = torch.zeros_like(self.vertices)
        for corner in range(3):
            total = total.index_add(0, self.faces[:, corner], cross)
        length = total.norm(dim=1, keepdim=True)
        safe = torch.where(length > 0, length, torch.ones_like(length))
        return total / safe

    def volume(self) -> float:
        """Return the signed volume [m^3]; meaningful for closed meshes."""
        a = self.vertices.detach()[self.faces[:, 0]]
        centre = a.mean(dim=0) if len(a) else 0.0
        return float(((a - centre) * self.face_cross().detach()).sum() / 6.0)


def _check(vertices: Tensor, faces: Tensor) -> None:
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        raise ShapeError(f"vertices has shape {tuple(vertices.shape)}; expected (V, 3) positions in metres")
    if faces.ndim != 2 or faces.shape[1] != 3:
        raise ShapeError(f"faces has shape {tuple(faces.shape)}; expected (F, 3) vertex indices of triangles")
    finite = torch.isfinite(vertices).all(dim=1)
    if not bool(finite.all()):
        first = int((~finite).nonzero()[0])
        raise ShapeError(f"vertex {first} is {vertices[first].tolist()}; expected finite coordinates: remove or repair it before use")
    if faces.numel() and not (int(faces.min()) >= 0 and int(faces.max()) < len(vertices)):
        raise ShapeError(f"faces refer to vertices {int(faces.min())}..{int(faces.max())}; expected 0..{len(vertices) - 1}")
