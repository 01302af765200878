"""What a registration returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.geometry import Mesh, Pose

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Step:
    """One accepted iterate: which stage, its cost, the parameters of shape and pose at that moment."""

    stage: str
    loss: float
    latent: Array
    pose: Array


@dataclass(frozen=True, eq=False)
class Registration:
    """A registered object.

    Attributes
    ----------
    latent : (K,) tensor
        Coefficients of the shape model, unit variance over the category.
    pose : Pose
        Object to camera (of the first view, when there are several).
    mesh : Mesh
        Deformed canonical in the object frame [m].
    covariance : (K + 6, K + 6) array
        Posterior covariance of latent, rotation vector [rad] and translation [m]; empty where a method has none.
    history : list of Step
        The iterates, start first.
    converged : bool
        The iteration reached its plateau and nothing in `warnings` makes the answer doubtful.
    renders : int
        Images rendered.
    cpu_seconds : float
        Process time of this call.
    confidence : float
        From 0 to 1, a grade and no probability. Below 0.5: do not use, input or fit are wrong. Up to 0.75: the fit is in order, but the
        image leaves the pose open, and `warnings` says by how much. See `renderfit.registration.checks`.
    warnings : list of str
        What is wrong with the input or the fit, in words.
    poses : list of Pose
        One per view.
    model, method : str
        Shape model and method that were used.
    deviation : (V,) array
        Posterior standard deviation [m] of each vertex in the object's frame; empty where a method has none.
    placed_deviation : float, optional
        Posterior standard deviation [m] of the surface in the camera frame, along its normal, root mean square over the vertices: shape
        and pose together. None where a method has no posterior.
    rotation_deviation, translation_deviation : (3,) array
        Posterior standard deviations of `pose` about [degree] and along [m] the camera's axes, 0 for a known pose; empty where a method
        has none.

    Examples
    --------
    >>> import torch
    >>> import renderfit as rf
    >>> mesh = rf.Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> fit = rf.Registration(torch.zeros(2), rf.Pose(torch.eye(4)), mesh, torch.eye(8).numpy(), [], True, renders=9, cpu_seconds=0.5)
    >>> summary = fit.summary()
    >>> summary["latent"], summary["converged"], summary["renders"]
    ([0.0, 0.0], True, 9)
    """

    latent: Tensor
    pose: Pose
    mesh: Mesh
    covariance: Array
    history: list[Step]
    converged: bool
    renders: int
    cpu_seconds: float
    confidence: float = 1.0
    warnings: list[str] = field(default_factory=list)
    poses: list[Pose] = field(default_factory=list)
    model: str = "pca"
    method: str = "ours"
    deviation: Array = field(default_factory=lambda: np.zeros(0))
    placed_deviation: float | None = None
    rotation_deviation: Array = field(default_factory=lambda: np.zeros(0))
    translation_deviation: Array = field(default_factory=lambda: np.zeros(0))

    def summary(self) -> dict[str, Any]:
        """Return what goes into registration.json: plain numbers, metres and radians where the name says no other unit."""
        return {
            "method": self.method,
            "model": self.model,
            "latent": torch.as_tensor(self.latent).tolist(),
            "object_to_camera": self.pose.matrix.tolist(),
            **({"poses": [pose.matrix.tolist() for pose in self.poses]} if len(self.poses) > 1 else {}),
            "loss": [step.loss for step in self.history],
            "renders": self.renders,
            "cpu_seconds": round(self.cpu_seconds, 4),
            "converged": self.converged,
            "confidence": round(self.confidence, 4),
            **({} if self.placed_deviation is None else self._expected(self.placed_deviation)),
            "warnings": self.warnings,
        }

    def _expected(self, placed: float) -> dict[str, Any]:
        """Return how far off the answer is expected to be, units in the names."""
        return {
            "placed_deviation_m": round(placed, 6),
            "rotation_deviation_deg": self.rotation_deviation.round(3).tolist(),
            "translation_deviation_m": self.translation_deviation.round(6).tolist(),
        }
