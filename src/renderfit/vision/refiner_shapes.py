"""Shapes a refiner is trained on: training instances, and random bodies of the categories' shape spaces."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderfit.errors import DataError
from renderfit.geometry import Mesh, load_mesh
from renderfit.rendering.photo import Subject
from renderfit.whole import whole_file

Array = NDArray[np.float64]
NAMES = ("mean", "basis", "faces", "codes")


@dataclass(frozen=True, eq=False)
class Category:
    """A linear shape model and the training instances it was made of.

    Attributes
    ----------
    mean : (V, 3) array
        [m], object frame.
    basis : (K, V, 3) array
        Displacement per standard deviation [m].
    faces : (F, 3) int array
    codes : (n, K) array
        Coefficients of the training instances.
    meshes : tuple of str
        Files of their original meshes, in the same order.
    """

    mean: Array
    basis: Array
    faces: NDArray[np.int64]
    codes: Array
    meshes: tuple[str, ...]

    def vertices(self, code: Array) -> Array:
        """Return the vertices (V, 3) [m] of coefficients (K,)."""
        return self.mean + (code.astype(np.float32) @ self.basis.reshape(len(self.basis), -1)).reshape(self.mean.shape)

    def original(self, instance: int) -> Subject:
        """Return a training instance as it was modelled."""
        return _original(self.meshes[instance])

    def body(self, instance: int, code: Array) -> Subject:
        """Return the body of `code` in the colours of a training instance, taken over from its nearest points."""
        dressed = _dressed(self, instance)
        return replace(dressed, vertices=self.vertices(code))


def codes_of(basis: Array, offsets: Array) -> Array:
    """Return coefficients (n, K) whose displacements approach `offsets` (n, V, 3) from the mean, small ones preferred."""
    flat = basis.reshape(len(basis), -1)
    ridge = 1e-6 * flat.shape[1] / 3 * np.eye(len(basis))  # 1 mm per vertex against one standard deviation
    return np.asarray(np.linalg.solve(flat @ flat.T + ridge, flat @ offsets.reshape(len(offsets), -1).T).T)


def save_category(path: Path, mean: Array, basis: Array, faces: NDArray[np.int64], codes: Array, meshes: Sequence[Path]) -> None:
    """Write a category as one .npz file."""
    with whole_file(path) as part:
        np.savez(part, mean=mean, basis=basis, faces=faces, codes=codes, meshes=np.array([str(mesh) for mesh in meshes]))


@functools.lru_cache(maxsize=16)
def load_category(path: str) -> Category:
    """Read what `save_category` wrote.

    Raises
    ------
    DataError
        If the file is missing or another.
    """
    try:
        with np.load(path) as found:
            arrays = {name: found[name] for name in NAMES}
            arrays["basis"] = arrays["basis"].astype(np.float32)  # 0.1 um is enough, and a shape costs half the time
            return Category(**arrays, meshes=tuple(map(str, found["meshes"])))
    except (OSError, ValueError, KeyError) as problem:
        raise DataError(f"category {path}: {problem}; expected an .npz of mean, basis, faces, codes, meshes: train anew") from problem


@functools.lru_cache(maxsize=256)
def _original(path: str) -> Subject:
    return Subject.of(load_mesh(path, check_unit=True))


@functools.lru_cache(maxsize=256)
def _dressed(category: Category, instance: int) -> Subject:
    vertices = category.vertices(category.codes[instance])
    own = load_mesh(category.meshes[instance])
    colors = None
    if own.colors is not None:
        _, nearest = cKDTree(own.vertices.numpy()).query(vertices)
        colors = own.colors[torch.as_tensor(nearest)]
    return Subject.of(Mesh(torch.as_tensor(vertices), torch.as_tensor(category.faces), colors))
