"""Basins of convergence: from how far off a start pose a registration still finds the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import RenderFitError
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.registration.checks import TRUSTED
from renderfit.registration.many import register_many

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Basin:
    """Success over a grid of start errors.

    Attributes
    ----------
    translations : (T,) array
        Distance [m] of the start in the camera's x-y plane.
    rotations : (R,) array
        Angle [degree] of the start.
    success : (T, R) array
        Share of the draws that ended within the tolerance.
    trusted : (T, R) array
        Share of the draws whose confidence said so.
    """

    translations: Array
    rotations: Array
    success: Array
    trusted: Array


def basin(
    image: Any,
    space: Any,
    camera: Camera,
    mask: Any,
    pose: Pose,
    truth: Mesh,
    translations: Sequence[float] = (0.0, 0.03, 0.06, 0.1),
    rotations: Sequence[float] = (0.0, 15.0, 30.0, 60.0),
    draws: int = 2,
    tolerance: float = 0.01,
    seed: int = 0,
    backend: Literal["serial", "loky"] = "serial",
    **options: Any,
) -> Basin:
    """Register one view from start poses off by every translation and rotation of a grid.

    Parameters
    ----------
    image, space, camera, mask : as for `renderfit.registration.register`
    pose : Pose
        The true pose, around which the starts lie.
    truth : Mesh
        The true object [m], object frame.
    translations, rotations : sequences
        Sizes of the errors [m] and [degree]; their directions are random.
    draws : int
        Random directions a cell.
    tolerance : float
        Largest mean distance [m], camera frame, from the true vertices to the registered ones that counts as success.
    seed : int
        Of the directions.
    backend : "serial" or "loky"
        Where the registrations run.
    **options
        Handed to `register` (method, model, network, ...).
    """
    from scipy.spatial import cKDTree

    shape = (len(translations), len(rotations))
    starts = [
        disturbed(pose, t, r, np.random.default_rng([seed, i, j, k]))
        for i, t in enumerate(translations)
        for j, r in enumerate(rotations)
        for k in range(draws)
    ]
    common = {"image": image, "space": space, "camera": camera, "mask": mask, "optimise_pose": True, **options}
    found = register_many([common | {"pose": start} for start in starts], backend)
    target = pose.apply(truth.vertices.double()).numpy()
    success, trusted = np.zeros(len(starts)), np.zeros(len(starts))
    for n, fit in enumerate(found):
        if isinstance(fit, RenderFitError):
            continue
        placed = fit.pose.apply(fit.mesh.vertices.double()).detach().numpy()
        success[n] = cKDTree(placed).query(target)[0].mean() <= tolerance
        trusted[n] = fit.confidence >= TRUSTED
    cells = (*shape, draws)
    return Basin(np.array(translations), np.array(rotations), success.reshape(cells).mean(axis=2), trusted.reshape(cells).mean(axis=2))


def disturbed(pose: Pose, translation: float, rotation: float, generator: np.random.Generator) -> Pose:
    """Return `pose` moved by `translation` [m] across the line of sight and turned by `rotation` [degree] about a random axis."""
    axis = generator.standard_normal(3)
    turn = torch.as_tensor(np.radians(rotation) * axis / np.linalg.norm(axis))
    angle = generator.uniform(0, 2 * np.pi)
    turned = pose.moved(torch.cat([turn, torch.zeros(3, dtype=torch.float64)]).to(pose.matrix))
    shift = torch.tensor([translation * np.cos(angle), translation * np.sin(angle), 0.0]).to(pose.matrix)
    return Pose.from_parts(turned.rotation, pose.translation + shift)
