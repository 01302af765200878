"""Objects of many kinds made by hand from boxes, cylinders and surfaces of revolution: what the up axis is learnt from.

Crude on purpose: what tells up from down must not hang on details, and no real mesh is used for it.
"""

from __future__ import annotations

import inspect

import numpy as np
import trimesh

from handmade import furniture, machines, vessels

MAKERS = {
    name: maker
    for module in (furniture, machines, vessels)
    for name, maker in sorted(vars(module).items())
    if inspect.isfunction(maker) and maker.__module__ == module.__name__
}
"""Category -> the function that makes one object, z up, from a random generator."""


def make(category: str, number: int) -> trimesh.Trimesh:
    """Return object `number` of a category; the same number gives the same object."""
    return MAKERS[category](np.random.default_rng([number, sorted(MAKERS).index(category)]))
