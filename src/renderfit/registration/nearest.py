"""The answer of the richer model, said in the paper's five-dimensional space.

Five components fitted to an outline bend to explain detail that is not in their space. The richer model has columns for that
detail. So the space is not fitted to the outline but to what the richer model made of it, as the latent floor is fitted to the
true mesh (measured in benchmarks/paper_space.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.geometry import Mesh
from renderfit.registration.columns import Columns
from renderfit.registration.objective import State, View
from renderfit.registration.ours import Solved, SolverConfig
from renderfit.shapes.full_fit import fit_full

Array = NDArray[np.float64]


def nearest(solved: Solved, columns: Columns, space: Any, views: Sequence[View], config: SolverConfig) -> tuple[Solved, Columns]:
    """Return the member of the "pca" model nearest to a solved shape, as an answer of that model at the same poses.

    Parameters
    ----------
    solved : Solved
        What `ours.solve` found with `columns`.
    columns : Columns
        The richer model.
    space : ShapeSpace
        Over the same vertices.
    views : sequence of View
    config : SolverConfig

    Returns
    -------
    Solved
        Parameters (K + 6 views,) of the "pca" model, K its size: the shape is that of `fit_full` to the solved one. Iterates and
        posterior covariance are carried over by least squares from column to column: the posterior of the few
        components with all others left open.
    Columns
        The "pca" model.

    References
    ----------
    Section 3.2.2's space.
    """
    model, few = space.model("pca"), Columns.of_space(space, "pca")
    shape = fit_full(Mesh(torch.as_tensor(solved.state.vertices), torch.as_tensor(columns.faces)), model).latent
    inverse = np.linalg.pinv(few.basis.reshape(-1, few.count))
    carried = inverse @ columns.basis.reshape(-1, columns.count)
    offset = inverse @ (columns.mean - few.mean).reshape(-1)
    x = np.concatenate([shape, solved.x[columns.count :]])
    wide = np.zeros((len(x), len(solved.x)))
    wide[: few.count, : columns.count] = carried
    wide[few.count :, columns.count :] = np.eye(len(x) - few.count)
    at = solved.state
    precision = replace(config.prior, weight=at.variance).diagonal(few.count, len(views))
    state = State(few, views, at.level, precision, x, config.robust, config.trust, at.variance)
    iterates = [replace(step, latent=carried @ step.latent + offset) for step in solved.history]
    last = replace(iterates[-1], stage="nearest", loss=state.cost, latent=shape)
    covariance = wide @ solved.covariance @ wide.T
    return Solved(x, state, covariance, [*iterates, last], solved.renders + len(views), solved.weight, solved.converged), few
