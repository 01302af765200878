"""Coarse-to-fine schedules: resolution, blur and which parameters move."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from renderfit.registration.columns import Columns


@dataclass(frozen=True)
class Stage:
    """One stage: image width [px], blur [px], at most so many steps, shape columns (by group) and pose free or not.

    `caution` multiplies the prior: while the pose is far off, a shape that strays explains what the pose should. `firmness` multiplies
    that of the columns of size and of detail besides: together they imitate a turn of the object, which an outline cannot tell from a
    true one.
    """

    name: str
    width: int
    sigma: float
    iterations: int
    groups: tuple[str, ...]
    pose: bool
    caution: float = 1.0
    firmness: float = 1.0


GLOBAL = ("global",)
SIZE = ("scale", "shift")
LOCAL = ("local", "profile", "smooth")

KNOWN = (
    Stage("shape 64", 64, 1.5, 8, (*GLOBAL, *SIZE), False),
    Stage("detail 256", 256, 1.0, 2, (*GLOBAL, *SIZE, *LOCAL), False),
)
NOISE = (
    Stage("pose 32", 32, 2.0, 8, (), True, 3.0),
    Stage("joint 32", 32, 2.0, 6, GLOBAL, True, 3.0),
    Stage("joint 64", 64, 1.5, 6, GLOBAL, True, 3.0),
    Stage("joint 128", 128, 1.5, 4, GLOBAL, True, 3.0),
    Stage("detail 256", 256, 1.0, 4, (*GLOBAL, *SIZE, *LOCAL), True, firmness=16.0),
)
SEVERAL = 8
"""Steps of the last stage with several views, at most: they hold more detail than one, which takes longer to settle."""


def schedule(columns: Columns, optimise_pose: bool, views: int = 1) -> list[Stage]:
    """Return the stages for a model and so many views, with the groups of columns that the model has."""
    stages = []
    for stage in NOISE if optimise_pose else KNOWN:
        present = tuple(name for name in stage.groups if name in columns.groups)
        stages.append(replace(stage, groups=present))
    if views > 1:
        stages[-1] = replace(stages[-1], iterations=SEVERAL)
    return stages


def free_parameters(stage: Stage, columns: Columns, views: int) -> NDArray[np.int64]:
    """Return the indices of the parameters that `stage` moves."""
    shape = columns.members(stage.groups)
    pose = np.arange(columns.count, columns.count + 6 * views) if stage.pose else np.zeros(0, np.int64)
    return np.concatenate([shape, pose])


def emphasis(stage: Stage, columns: Columns, views: int) -> NDArray[np.float64]:
    """Return what `stage` multiplies the prior of each parameter by, (K + 6 views,)."""
    found = np.full(columns.count + 6 * views, stage.caution)
    found[columns.members((*SIZE, *LOCAL))] *= stage.firmness
    return found
