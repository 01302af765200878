"""Which face lies across each edge; made once for a face array and kept as long as that lives."""

from __future__ import annotations

import itertools
import weakref
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary


class Kept:
    """Values that belong to an array, each kept for as long as the array lives."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[weakref.ref, Any]] = {}

    def get(self, array: NDArray, name: Any = None) -> Any:
        """Return the value of that name, or None."""
        known = self._known.get((id(array), name))
        return known[1] if known is not None and known[0]() is array else None

    def put(self, array: NDArray, value: Any, name: Any = None) -> Any:
        """Keep and return the value."""
        key = id(array), name
        self._known[key] = (weakref.ref(array, lambda _: self._known.pop(key, None)), value)
        return value


_of_tensor: WeakIdKeyDictionary = WeakIdKeyDictionary()
_topologies, _keys, _checked = Kept(), Kept(), Kept()
_counter = itertools.count()


def face_array(faces: Tensor) -> NDArray[np.int64]:
    """Return the faces (F, 3) as a C-ordered int64 array: the same object each time for the same tensor."""
    if faces.is_inference():  # such a tensor does not tell when it was changed
        return np.ascontiguousarray(faces.cpu().numpy(), dtype=np.int64)
    known = _of_tensor.get(faces)
    if known is None or known[0] != faces._version:
        known = (faces._version, np.ascontiguousarray(faces.detach().cpu().numpy(), dtype=np.int64))
        _of_tensor[faces] = known
    return known[1]


def neighbours(faces: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the face (F, 3) across the edge from corner k to corner k + 1, -1 at a boundary, and each face's part (F,).

    Faces that share an edge belong to one connected part, named by its first face. Edges with more than
    two faces count as boundary. The answer is kept for the lifetime of the array, which must not be
    changed in place.
    """
    known = _topologies.get(faces)
    return _topologies.put(faces, _topology(faces)) if known is None else known


def remember_checked(faces: NDArray[np.int64]) -> None:
    """Note that all entries of the array are vertex indices, so that the next use need not look again."""
    _checked.put(faces, int(faces.max()))


def largest_vertex(faces: NDArray) -> int:
    """Return the largest index of an array that was checked before, else -1."""
    known = _checked.get(faces)
    return -1 if known is None else known


def topology_key(faces: NDArray[np.int64]) -> int:
    """Return a number that stands for this array object and is never given to another one."""
    known = _keys.get(faces)
    return _keys.put(faces, next(_counter)) if known is None else known


def _topology(faces: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    across = _pair(faces)
    return across, _parts(across)


@numba.njit(cache=True, nogil=True)
def _parts(across: NDArray[np.int32]) -> NDArray[np.int32]:
    """Flood each connected part with the number of its first face."""
    label = np.full(len(across), -1, np.int32)
    waiting = np.empty(len(across), np.int32)
    for start in range(len(across)):
        if label[start] >= 0:
            continue
        label[start] = start
        waiting[0], count = start, 1
        while count:
            count -= 1
            face = waiting[count]
            for k in range(3):
                other = across[face, k]
                if other >= 0 and label[other] < 0:
                    label[other] = start
                    waiting[count] = other
                    count += 1
    return label


@numba.njit(cache=True, nogil=True)
def _pair(faces: NDArray[np.int64]) -> NDArray[np.int32]:
    """Pair half-edges: bucket them by their lower vertex, then match the higher one inside a bucket."""
    count = len(faces)
    result = np.full((count, 3), -1, np.int32)
    if count == 0:
        return result
    first = np.zeros(faces.max() + 2, np.int64)
    for f in range(count):
        for k in range(3):
            first[min(faces[f, k], faces[f, (k + 1) % 3]) + 1] += 1
    for v in range(len(first) - 1):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    half = np.empty(3 * count, np.int64)
    for f in range(count):
        for k in range(3):
            v = min(faces[f, k], faces[f, (k + 1) % 3])
            half[place[v]] = 3 * f + k
            place[v] += 1
    for v in range(len(first) - 1):
        for i in range(first[v], first[v + 1]):
            f, k = half[i] // 3, half[i] % 3
            high = max(faces[f, k], faces[f, (k + 1) % 3])
            met, other = 0, -1
            for j in range(first[v], first[v + 1]):
                g, m = half[j] // 3, half[j] % 3
                if j != i and max(faces[g, m], faces[g, (m + 1) % 3]) == high:
                    met += 1
                    other = g
            if met == 1:
                result[f, k] = other
    return result
