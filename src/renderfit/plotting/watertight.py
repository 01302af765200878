"""Figures of the watertight chapter: cross-sections of every step, clay pictures, tables."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.plotting.figures import COLORS, figure, image_row
from renderfit.plotting.pictures import clay
from renderfit.plotting.tables import Html, grid
from renderfit.watertight.steps import Steps, cut

OCCUPIED, INSIDE, OUTSIDE = (0.62, 0.78, 0.92), (0.86, 0.92, 0.97), (1.0, 1.0, 1.0)


def section(source: Mesh, found: Steps, axis: int = 0, share: float = 0.5) -> Any:
    """Draw one cross-section through the cells and through each surface.

    Parameters
    ----------
    source : Mesh
        The input [m].
    found : Steps
        Its intermediate results.
    axis, share : int and float
        The plane: normal axis, and its place between the lowest and highest point of the input.
    """
    low, high = source.bounds().numpy()
    place = float(low[axis] + share * (high[axis] - low[axis]))
    drawn, axes = figure(1, 3, height=3.0, sharex=True, sharey=True)
    _cells(axes[0], found, axis, place)
    _lines(axes[0], source, axis, place, "#000000", 0.9)
    _cells(axes[1], found, axis, place, faint=True)
    _lines(axes[1], found.surface, axis, place, COLORS["target"], 0.9)
    _lines(axes[2], source, axis, place, "#bbbbbb", 2.6)
    _lines(axes[2], found.refined, axis, place, COLORS["ours"], 0.9)
    for at, title in zip(axes, ("input and its cells", "solid cells", "result on the input"), strict=True):
        at.set_title(title)
        at.set_aspect("equal")
        at.set_axis_off()
    return drawn


def _cells(at: Any, found: Steps, axis: int, place: float, faint: bool = False) -> None:
    layer = int((place - found.origin[axis]) / found.cell)
    occupied, solid = (np.moveaxis(cells, axis, 0)[layer] for cells in (found.occupied, found.solid))
    image = np.full((*solid.shape, 3), OUTSIDE)
    image[solid] = INSIDE
    image[occupied] = INSIDE if faint else OCCUPIED
    first, second = (k for k in range(3) if k != axis)
    left, low = found.origin[first], found.origin[second]
    ends = (left, left + found.cell * solid.shape[0], low, low + found.cell * solid.shape[1])
    at.imshow(image.transpose(1, 0, 2), origin="lower", extent=ends, interpolation="nearest")


def _lines(at: Any, mesh: Mesh, axis: int, place: float, color: str, width: float) -> None:
    kept = [k for k in range(3) if k != axis]
    at.add_collection(LineCollection(list(cut(mesh, axis, place)[..., kept]), colors=color, linewidths=width))
    at.autoscale_view()


def row(meshes: Sequence[Mesh], titles: Sequence[str], azimuth: float = -25.0, elevation: float = 20.0, size: int = 220) -> Any:
    """Show meshes side by side as clay, all from the same place.

    Parameters
    ----------
    meshes : sequence of Mesh
        z up [m]; the first one is framed.
    titles : sequence of str
    azimuth, elevation : float
        Where the camera stands [degree].
    size : int
        Of each picture [px].
    """
    low, high = meshes[0].bounds().double().numpy()
    distance = 2.6 * float(np.linalg.norm(high - low))
    pose = _towards((low + high) / 2, distance, math.radians(azimuth), math.radians(elevation))
    camera = Camera.centred(size, 2.8 * size)
    return image_row([clay(mesh, camera, pose) for mesh in meshes], titles)


def _towards(centre: NDArray[np.float64], distance: float, azimuth: float, elevation: float) -> Pose:
    forward = -np.array([math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)])
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    return Pose.from_parts(torch.as_tensor(rotation), torch.as_tensor([0.0, 0.0, distance]) - torch.as_tensor(rotation @ centre))


def table(path: Path, rows: str, value: str, caption: str) -> Html:
    """Return a table of one value from a CSV file: one line per entry of the columns `rows`, one column per input.

    Where the file has not been made, the table says so and how to make it.
    """
    if not path.is_file():
        return grid(["not measured"], [[f"{path.name} is missing: run python benchmarks/watertight/compare.py"]], caption)
    with path.open(newline="") as stream:
        entries = list(csv.DictReader(stream))
    keys = rows.split("+")
    names = list(dict.fromkeys(entry["input"] for entry in entries))
    lines: dict[str, dict[str, str]] = {}
    for entry in entries:
        lines.setdefault(", ".join(entry[key] for key in keys), {})[entry["input"]] = entry.get(value) or entry["result"]
    return grid([", ".join(keys), *names], [[label, *(found.get(name, "–") for name in names)] for label, found in lines.items()], caption)
