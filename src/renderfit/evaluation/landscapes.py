"""Loss landscapes: image comparisons along pose and shape parameters around the truth of a test view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit import rendering
from renderfit.datasets.views import View
from renderfit.errors import DataError
from renderfit.evaluation.instance import Instance
from renderfit.geometry import Mesh, Pose
from renderfit.registration import paper
from renderfit.registration.objective import View as Observation
from renderfit.vision import comparison, segment
from renderfit.vision.images import as_rgb
from renderfit.vision.unet import UNet

AXES = {
    "sideways [m]": 0.06,
    "away [m]": 0.15,
    "about x [degree]": 30.0,
    "about z [degree]": 30.0,
    "latent 1 [sigma]": 2.5,
    "latent 2 [sigma]": 2.5,
}
"""Parameters and how far they are varied to either side."""
GROUPS = {"translation": list(AXES)[:2], "rotation": list(AXES)[2:4], "latent": list(AXES)[4:]}
"""Axes that are judged together."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """Loss values of one test view: per axis the offsets (N,) and per loss the values (N,); whose mask cut the object out."""

    offsets: dict[str, NDArray[np.float64]]
    values: dict[str, dict[str, NDArray[np.float64]]]
    isolated_by: str

    def valleys(self) -> dict[str, dict[str, comparison.Valley]]:
        """Return the shape of every curve: axis -> loss -> valley."""
        return {
            axis: {name: comparison.valley(self.offsets[axis], line) for name, line in curves.items()}
            for axis, curves in self.values.items()
        }


def landscape(instance: Instance, view: View, network: UNet, points: int = 15) -> Landscape:
    """Vary one parameter at a time around the true pose and the latent fitted to the full mesh.

    Parameters
    ----------
    instance : Instance
    view : View
    network : UNet
        Finds the mask that isolates the object, and compares.
    points : int
        Offsets per axis.

    References
    ----------
    Section 3.3.1.
    """
    mask, whose = isolating_mask(instance, view, network)
    window = paper.Window.around(Observation(view.camera, mask, view.pose))
    true = torch.as_tensor(window.cut(mask)).float()
    observed = torch.as_tensor(window.cut(as_rgb(view.image).astype(np.float64))).float() * true[..., None]
    latent = torch.as_tensor(instance.space.encode(instance.reference)).double()
    chosen = comparison.losses(network)
    offsets = {axis: np.linspace(-reach, reach, points) for axis, reach in AXES.items()}

    def render(axis: str, offset: float) -> tuple[Tensor, Tensor]:
        mesh, pose = moved(instance.space.decode, latent, view.pose, axis, offset)
        frame = rendering.render(mesh, window.camera, pose, shading="red", backend="cpu")
        return frame.rgb.float(), frame.mask.float()

    values = {
        axis: comparison.sweep(lambda offset, axis=axis: render(axis, offset), grid, observed, true, chosen)  # type: ignore[misc]
        for axis, grid in offsets.items()
    }
    return Landscape(offsets, values, whose)


def isolating_mask(instance: Instance, view: View, network: UNet) -> tuple[NDArray[np.float64], str]:
    """Return the mask that isolates the object and whose it is: "network", or "truth" where that finds nothing."""
    try:
        return segment(view.image, network, instance.category, view.camera, view.noisy_pose), "network"
    except DataError:
        return view.mask.astype(np.float64), "truth"


def moved(decode: object, latent: Tensor, pose: Pose, axis: str, offset: float) -> tuple[Mesh, Pose]:
    """Return mesh and pose with one parameter of `AXES` off by `offset`."""
    place = list(AXES).index(axis)
    delta = torch.zeros(6, dtype=torch.float64)
    if place >= 4:
        latent = latent.clone()
        latent[place - 4] += offset
    elif place >= 2:
        delta[0 if place == 2 else 2] = np.radians(offset)
    shift = torch.tensor([offset if place == 0 else 0.0, 0.0, offset if place == 1 else 0.0], dtype=torch.float64)
    turned = pose.moved(delta)
    return decode(latent), Pose.from_parts(turned.rotation, turned.translation + shift)  # type: ignore[operator]


def verdict(found: Sequence[Mapping[str, Mapping[str, comparison.Valley]]], axes: Sequence[str] = tuple(AXES)) -> list[dict[str, object]]:
    """Return one row per loss: mean basin, mean bias (parts of the range) and mean sharpness over views and `axes`, widest basin first."""
    rows = []
    for name in next(iter(found[0].values())):
        valleys = [(axis, curves[name]) for view in found for axis, curves in view.items() if axis in axes]
        rows.append(
            {
                "loss": name,
                "basin": round(float(np.mean([valley.basin for _, valley in valleys])), 3),
                "bias": round(float(np.mean([abs(valley.bias) / AXES[axis] for axis, valley in valleys])), 3),
                "sharpness": round(float(np.mean([valley.sharpness for _, valley in valleys])), 3),
            }
        )
    return sorted(rows, key=lambda row: -float(str(row["basin"])))


def best(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say of rows of `verdict` which losses have the widest basin, the sharpest minimum and the least bias; equals share a place."""

    def leaders(key: str, value: float) -> str:
        return " and ".join(str(row["loss"]) for row in rows if row[key] == value)

    wide, sharp, near = max(row["basin"] for row in rows), max(row["sharpness"] for row in rows), min(row["bias"] for row in rows)
    return f"widest basin: {leaders('basin', wide)}; sharpest minimum: {leaders('sharpness', sharp)}; least bias: {leaders('bias', near)}"


def standing(rows: Sequence[Mapping[str, Any]], name: str, other: str) -> str:
    """Say how the loss `name` stands to another one in rows of `verdict`."""
    ours, theirs = (next(row for row in rows if row["loss"] == loss) for loss in (name, other))

    def word(key: str, more: str, less: str, equal: str) -> str:
        return more if ours[key] > theirs[key] else less if ours[key] < theirs[key] else equal

    basin, sharp = (
        word("basin", "a wider", "a narrower", "an equally wide"),
        word("sharpness", "a sharper", "a blunter", "an equally sharp"),
    )
    bias = word("bias", "farther from", "nearer to", "as near to")
    return f"{basin} basin and {sharp} minimum, {bias} the truth"
