"""A linear shape model laid out for the solver."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class LinearModel(Protocol):
    """What the solver needs of a shape model: vertices = mean + sum of z_k basis_k with z ~ N(0, I)."""

    mean: Array
    basis: Array
    faces: NDArray[np.int64]
    groups: dict[str, slice]


@dataclass(frozen=True, eq=False)
class Columns:
    """Mean (V, 3) [m], basis (V, 3, K) [m] contiguous over K, faces (F, 3) and the named groups of columns."""

    mean: Array
    basis: Array
    faces: NDArray[np.int64]
    groups: dict[str, slice]

    @classmethod
    def of(cls, model: LinearModel) -> Columns:
        """Lay out `model` once; the solver reads it at every iteration."""
        basis = np.ascontiguousarray(np.moveaxis(np.asarray(model.basis, dtype=np.float64), 0, 2))
        mean = np.ascontiguousarray(model.mean, dtype=np.float64)
        return cls(mean, basis, np.ascontiguousarray(model.faces, dtype=np.int64), dict(model.groups))

    @classmethod
    def of_space(cls, space: Any, name: str) -> Columns:
        """Lay out the model `name` of a shape space, once for as long as the space lives."""
        kept = _laid_out.setdefault(space, {})
        if name not in kept:
            kept[name] = cls.of(space.model(name))
        return kept[name]

    @property
    def count(self) -> int:
        """Number of shape parameters K."""
        return self.basis.shape[2]

    def decode(self, z: Array) -> Array:
        """Return the vertices (V, 3) [m] of the coefficients `z` (K,)."""
        return self.mean + (self.basis.reshape(-1, self.count) @ z).reshape(-1, 3)

    def members(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the indices of the columns in the named groups; names the model lacks count as empty."""
        found = [np.arange(self.count)[self.groups[name]] for name in names if name in self.groups]
        return np.concatenate(found) if found else np.zeros(0, np.int64)


_laid_out: weakref.WeakKeyDictionary[Any, dict[str, Columns]] = weakref.WeakKeyDictionary()
