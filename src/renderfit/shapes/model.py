"""A linear shape model over the vertices of the canonical mesh: what a registration optimises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from renderfit.errors import ShapeError
from renderfit.geometry import Mesh

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """v(z) = mean + sum_k z_k basis_k with z ~ N(0, I).

    Attributes
    ----------
    mean : (V, 3) float64 array
        The most probable shape [m], object frame.
    basis : (K, V, 3) float64 array
        Displacement per standard deviation [m].
    faces : (F, 3) int64 array
        The canonical's triangles.
    groups : dict of str to slice
        Which components are "global", "scale", "shift", "local".

    Raises
    ------
    ShapeError
        If the arrays do not fit together.
    """

    mean: Floats
    basis: Floats
    faces: NDArray[np.int64]
    groups: dict[str, slice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.basis.ndim != 3 or self.basis.shape[1:] != self.mean.shape or self.mean.shape[1:] != (3,):
            raise ShapeError(f"mean {self.mean.shape} and basis {self.basis.shape}; expected (V, 3) and (K, V, 3)")

    @property
    def size(self) -> int:
        """Number of latent parameters K."""
        return len(self.basis)

    def vertices(self, z: Tensor | ArrayLike) -> Floats:
        """Return the vertices (V, 3) [m] at latent `z` (K,) or of its first components."""
        values = np.asarray(z.detach().cpu() if isinstance(z, Tensor) else z, dtype=np.float64).reshape(-1)
        self._require(len(values))
        return self.mean + np.tensordot(values, self.basis[: len(values)], axes=1)

    def decode(self, z: Tensor | ArrayLike) -> Mesh:
        """Return the mesh at latent `z` (K,); differentiable when `z` is a tensor."""
        if not isinstance(z, Tensor):
            return Mesh(torch.from_numpy(self.vertices(z)), torch.from_numpy(self.faces))
        self._require(z.numel())
        mean, basis = torch.from_numpy(self.mean).to(z), torch.from_numpy(self.basis[: z.numel()]).to(z)
        return Mesh(mean + torch.tensordot(z.reshape(-1), basis, dims=1), torch.from_numpy(self.faces).to(z.device))

    def prior(self, z: Tensor | ArrayLike) -> Any:
        """Return the negative log-density |z|^2 / 2 of latent `z` under z ~ N(0, I), up to a constant; a tensor's keeps its graph."""
        found = (z if isinstance(z, Tensor) else np.asarray(z, dtype=np.float64)).reshape(-1)
        self._require(len(found))
        return 0.5 * (found**2).sum()

    def restricted(self, *names: str) -> LinearModel:
        """Return the model with only the groups `names`, in their order here."""
        unknown = set(names) - set(self.groups)
        if unknown:
            raise ShapeError(f"no group {', '.join(sorted(unknown))} in the model; it has {', '.join(self.groups)}")
        kept = {name: part for name, part in self.groups.items() if name in names}
        groups, at = {}, 0
        for name, part in kept.items():
            count = len(self.basis[part])
            groups[name], at = slice(at, at + count), at + count
        basis = np.concatenate([self.basis[part] for part in kept.values()]) if kept else self.basis[:0]
        return LinearModel(self.mean, basis, self.faces, groups)

    def _require(self, count: int) -> None:
        if count > self.size:
            raise ShapeError(f"latent has {count} numbers; expected at most {self.size}")
