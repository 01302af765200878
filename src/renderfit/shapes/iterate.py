"""Iterated registration: the model built of the other instances corrects each instance's field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from renderfit.geometry import Mesh
from renderfit.progress import progress
from renderfit.shapes.full_fit import fit_full
from renderfit.shapes.rich import RichSettings, rich_model
from renderfit.shapes.symmetry import Mirror

Floats = NDArray[np.float64]


def refine_fields(
    vertices: Floats, faces: NDArray[np.int64], fields: Floats, instances: Sequence[Mesh], mirrors: Sequence[Mirror], settings: RichSettings
) -> Floats:
    """Return fields (n, V, 3) [m] of a second registration: each instance fitted with the model built without it.

    A field of Coherent Point Drift slides along the surface as it likes; one that the other instances' model can express
    has the correspondences that they agree on.
    """
    for _ in range(settings.iterated):
        refined = np.empty_like(fields)
        for i in progress(range(len(instances)), "iterated registration"):
            model = rich_model(vertices, faces, np.delete(fields, i, axis=0), mirrors, settings.basic)
            refined[i] = fit_full(instances[i], model).mesh.numpy()[0] - vertices
        fields = refined
    return fields
