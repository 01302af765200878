"""A registration held to the true mesh: the score record of one method on one view."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch

from renderfit import config
from renderfit.datasets.views import View, seed_of
from renderfit.evaluation.instance import Instance
from renderfit.evaluation.metrics import vertex_error
from renderfit.evaluation.records import Record
from renderfit.geometry import Pose
from renderfit.registration import Registration

NOTHING: tuple[Any, list[Any]] = (torch.zeros(0, 0).numpy(), [])
"""Covariance and history of what was not registered."""


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """One method on one view: its score record, what it took, and the registration itself."""

    record: Record
    timing: Record
    found: Registration


def seed_of_run(instance: Instance, number: int) -> int:
    """Return the seed that the stage views drew this view, its noise and its photograph with."""
    return seed_of(config.section(config.Views).seed, f"{instance.category}-{instance.test}", number)


def given_up(instance: Instance, pose: Pose, method: str, reason: str) -> Registration:
    """Return the start as the answer of a method that raised: it counts, and as a failure."""
    model = instance.space.model("pca")
    mesh = model.decode(torch.zeros(model.size, dtype=torch.float64))
    return Registration(
        torch.zeros(model.size), pose, mesh, *NOTHING, False, 0, 0.0, confidence=0.0, warnings=[reason], poses=[pose], method=method
    )


def scored(instance: Instance, method: str, number: int, noise: bool, found: Registration, view: View, drew: Sequence[str] = ()) -> Run:
    """Return what a method found on a view with its scores; `drew` is what drew its images."""
    error = vertex_error(found.mesh, instance.reference)
    vertices = found.mesh.vertices.double()
    back = view.pose.inverse()
    placed = vertex_error(found.mesh.with_vertices(back.apply(found.pose.apply(vertices))), instance.reference) if noise else None
    key = {
        "category": instance.category,
        "instance": instance.test,
        "method": method,
        "pose": "noise" if noise else "known",
        "view": number,
        "seed": seed_of_run(instance, number),
    }
    record = key | {
        "v2v_mm": _rounded(error.mean * 1e3),
        "mean_square_mm2": _rounded(error.mean_square * 1e6),
        "v2s_mm": _rounded(error.to_surface * 1e3),
        "placed_v2v_mm": _rounded(placed.mean * 1e3) if placed else None,
        "placed_mean_square_mm2": _rounded(placed.mean_square * 1e6) if placed else None,
        "placed_v2s_mm": _rounded(placed.to_surface * 1e3) if placed else None,
        "rotation_left_deg": _rounded(found.pose.angle_to(view.pose)) if noise else None,
        "translation_left_mm": _rounded(float((found.pose.translation - view.pose.translation).norm()) * 1e3) if noise else None,
        "renders": found.renders,
        "converged": bool(found.converged),
        "confidence": _rounded(found.confidence),
        "warnings": found.warnings,
        "failed": found.confidence == 0.0 and not found.history,
    }
    return Run(record, key | {"cpu_seconds": found.cpu_seconds, "renderers": list(drew)}, found)


def _rounded(number: float) -> float:
    """Return `number` to nine significant digits: more than any of it means."""
    return float(f"{number:.9g}")
