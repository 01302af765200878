"""How good a refiner's predictions are, beside copying the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.normals import vertex_normals
from renderfit.vision.evidence import Evidence
from renderfit.vision.refiner import Refiner
from renderfit.vision.refiner_batches import stacked
from renderfit.vision.refiner_start import Start
from renderfit.vision.scores import boundary_error, intersection_over_union

INDEPENDENT, ALONG = 30.0, 0.003
"""How many independent pixels a prediction is worth, and standard deviation of a start's depth [m]."""


def scores(network: Refiner, samples: Sequence[list[Any]]) -> dict[str, Any]:
    """Return medians over samples of `refiner_batches.sample`: coordinates [mm], normals [degree], mask, each beside the start's."""
    network.eval()
    device = next(network.parameters()).device
    rows = []
    for one in samples:
        batch = stacked([one])
        with torch.no_grad():
            found = network(batch.inputs.to(device))
        known, unit = batch.known[0], float(batch.unit[0])
        if int(known.sum()) < 16:
            continue
        error = (found.residual.cpu() - batch.residual)[0].norm(dim=0)[known]
        copied = batch.residual[0].norm(dim=0)[known]
        cosine = (found.normals.cpu() * batch.normals)[0].sum(dim=0)[known].clamp(-1, 1)
        mask, true = found.mask.cpu()[0].numpy() > 0, batch.mask[0].numpy() >= 0.5
        rows.append(
            (
                1e3 * unit * float(error.median()),
                1e3 * unit * float(copied.median()),
                float(torch.rad2deg(cosine.acos()).median()),
                intersection_over_union(mask, true),
                boundary_error(mask, true),
                intersection_over_union(batch.inputs[0, 3].numpy() > 0.5, true),
            )
        )
    names = ("coordinates_mm", "copied_mm", "normals_degree", "iou", "boundary_px", "copied_iou")
    table = np.array(rows)
    middle = {name: round(float(value), 3) for name, value in zip(names, np.median(table, axis=0), strict=True)}
    noisy = table[:, 1] > 12
    part = {"coordinates_noisy_mm": table[noisy, 0], "copied_noisy_mm": table[noisy, 1]}
    return middle | {name: round(float(np.median(values)), 3) for name, values in part.items() if len(values)}


def start_coordinates(mesh: Mesh, camera: Camera, start: Pose) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the start's own coordinates (H, W, 3) [m] and normals (H, W, 3): what copying the start would answer."""
    vertices, faces = mesh.numpy()
    rotation, translation = start.rotation.numpy().astype(np.float64), start.translation.numpy().astype(np.float64)
    seen = Start.of(vertices, vertex_normals(mesh).numpy(), faces, camera, rotation, translation)
    return seen.coordinates(np.zeros_like(seen.points)), seen.normals


def pose_of(evidence: Evidence, camera: Camera, start: Pose, iterations: int = 10) -> Pose:
    """Return the pose that projects the predicted coordinates to their pixels: weighted Gauss-Newton from `start`.

    A plain reading of how much pose the coordinates hold; registrations weigh them together with the outline.
    The origin's depth, which pose noise leaves as it is, is held to `ALONG` against so many independent pixels.
    """
    rows, columns = np.nonzero(evidence.valid)
    points = torch.as_tensor(evidence.coordinates[rows, columns])
    pixels = torch.as_tensor(np.stack([columns + 0.5, rows + 0.5], axis=1))
    weight = torch.as_tensor(1 / np.maximum(evidence.scale[rows, columns], 1e-4))
    focal = torch.tensor([camera.fx, camera.fy], dtype=torch.float64)
    pose = Pose(start.matrix.double())
    for _ in range(iterations):
        inside = pose.apply(points)
        depth = inside[:, 2:]
        rest = (camera.project(inside) - pixels) / focal * depth  # metres across the view, like the stated scale
        turned = points.new_zeros(len(points), 2, 6)
        flat = inside[:, :2] / depth
        for k in range(2):
            axis = torch.zeros(3, dtype=torch.float64)
            axis[k] = 1
            direction = (axis - flat[:, k : k + 1] * torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)) @ pose.rotation
            turned[:, k, :3] = torch.linalg.cross(points, direction)
            turned[:, k, 3:] = direction
        robust = weight**2 / (1 + (weight * rest.norm(dim=1)) ** 2)
        left = torch.einsum("nki,n,nkj->ij", turned, robust, turned)
        right = torch.einsum("nki,n,nk->i", turned, robust, rest)
        view = torch.cat([torch.zeros(3, dtype=torch.float64), pose.rotation[2]])
        held = len(points) / INDEPENDENT / ALONG**2
        left = left + held * torch.outer(view, view)
        right = right + held * view * (pose.translation[2] - start.translation[2].double())
        pose = pose.moved(-torch.linalg.solve(left + 1e-9 * left.trace() * torch.eye(6, dtype=torch.float64), right))
    return pose
