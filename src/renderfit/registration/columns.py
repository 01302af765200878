"""A linear shape model laid out for the solver."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property
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
    _parts: dict[bytes, Array] = field(default_factory=dict, init=False, repr=False)

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
        return self.mean + self.offsets(z)

    def offsets(self, z: Array) -> Array:
        """Return how far (V, 3) [m] the coefficients `z` (K,) move the vertices; columns behind the last that is not zero are not read."""
        used = int(np.flatnonzero(z)[-1]) + 1 if z.any() else 0
        return (self.basis.reshape(-1, self.count)[:, :used] @ z[:used]).reshape(-1, 3)

    @cached_property
    def spread(self) -> float:
        """Sum of the squares of the basis [m^2]: how far one standard deviation of every coefficient moves the vertices."""
        return float((self.basis**2).sum())

    @cached_property
    def neighbours(self) -> NDArray[np.int64]:
        """Faces (F, 3) across the edges opposite the three corners; -1 where there is none, or more than one."""
        edges = np.sort(self.faces[:, [[1, 2], [2, 0], [0, 1]]].reshape(-1, 2), axis=1)
        order = np.lexsort(edges.T)
        same = (edges[order][1:] == edges[order][:-1]).all(axis=1)
        paired = same & ~np.r_[False, same[:-1]] & ~np.r_[same[1:], False]
        one, other = order[:-1][paired], order[1:][paired]
        found = np.full(len(edges), -1, np.int64)
        found[one], found[other] = other // 3, one // 3
        return found.reshape(-1, 3)

    def part(self, members: NDArray[np.int64]) -> Array:
        """Return the columns `members` of the basis, (V, 3, M) and contiguous; laid out once, as a solver asks for few and often."""
        if len(members) == self.count:
            return self.basis
        key = members.tobytes()
        if key not in self._parts:
            self._parts[key] = np.ascontiguousarray(self.basis[:, :, members])
        return self._parts[key]

    def members(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the indices of the columns in the named groups; names the model lacks count as empty."""
        found = [np.arange(self.count)[self.groups[name]] for name in names if name in self.groups]
        return np.concatenate(found) if found else np.zeros(0, np.int64)


_laid_out: weakref.WeakKeyDictionary[Any, dict[str, Columns]] = weakref.WeakKeyDictionary()
