# mypy: allow-untyped-defs
# (numba infers the types of the kernels)
"""A stable sort for kernels: that of numpy takes numba several times as long to compile."""

from __future__ import annotations

import numpy as np

from renderfit.compiled import kernel

RUN = 16  # items that are sorted by insertion


@kernel
def ascending(keys):
    """Return the places (N,) of the keys (N,) in ascending order, those of equal keys in the order they have."""
    total = len(keys)
    order, other = np.empty(total, np.int64), np.empty(total, np.int64)
    for low in range(0, total, RUN):
        for i in range(low, min(low + RUN, total)):
            j = i
            while j > low and keys[order[j - 1]] > keys[i]:
                order[j] = order[j - 1]
                j -= 1
            order[j] = i
    width = RUN
    while width < total:
        for low in range(0, total, 2 * width):
            i, middle, high = low, min(low + width, total), min(low + 2 * width, total)
            j = middle
            for place in range(low, high):
                if j == high or (i < middle and keys[order[i]] <= keys[order[j]]):
                    other[place] = order[i]
                    i += 1
                else:
                    other[place] = order[j]
                    j += 1
        order, other, width = other, order, 2 * width
    return order
