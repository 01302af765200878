"""How good a refiner's predictions are, beside copying the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderfit.geometry import Camera, Mesh, Pose
from renderfit.rendering.normals import vertex_normals
from renderfit.vision.evidence import Evidence
from renderfit.vision.refiner import Refiner
from renderfit.vision.refiner_batches import Batch
from renderfit.vision.refiner_start import Start

INDEPENDENT, ALONG = 30.0, 0.003
"""How many independent pixels a prediction is worth, and standard deviation of a start's depth [m]."""
LEAST = 1 / 80
"""Windows in which object and start agree on a smaller share of the pixels are not judged."""


def scores(network: Refiner, judged: Sequence[Batch]) -> dict[str, Any]:
    """Return medians over windows, each beside what copying the start leaves.

    `start` and `motion` are turns left [degree]; `turn` and `tilt` those common to the coordinates and to the normals of a window;
    `mm` and `normals` [degree] the errors of a pixel.
    """
    network.eval()
    device, rows = next(network.parameters()).device, []
    for truth in judged:
        with torch.no_grad():
            found = network(truth.inputs.to(device))
        residual, normals, turn = found.residual.cpu(), found.normals.cpu(), found.turn.cpu()
        points, seen = truth.inputs[:, 4:7], truth.inputs[:, 7:10]
        for n, known in enumerate(truth.known):
            inside, unit = known & (seen[n].norm(dim=0) > 0.5), 1e3 * float(truth.unit[n])
            if int(inside.sum()) < LEAST * inside.numel():
                continue
            row = [angle(truth.turn[n]), angle(turn[n].T @ truth.turn[n])]
            for guess in (torch.zeros_like(residual[n]), residual[n]):
                # The object points that are named and the true ones, both placed by the start: a turn between the two is common to all.
                named, true = ((points[n] + rest)[:, known].T for rest in (guess, truth.residual[n]))
                row += [common_turn(named, true, about_mean=True), unit * float((named - true).norm(dim=1).median())]
            for guess, where in ((seen[n], inside), (normals[n], known)):
                a, b = guess[:, where].T, truth.normals[n][:, where].T
                row += [common_turn(a, b), float(torch.rad2deg((a * b).sum(dim=1).clamp(-1, 1).acos()).median())]
            rows.append(row)
    names = ("start", "motion", "start_turn", "start_mm", "turn", "mm", "start_tilt", "start_normals", "tilt", "normals")
    if not rows:
        return {}
    middle = np.median(np.array(rows), axis=0)
    return {name: round(float(value), 3) for name, value in zip(names, middle, strict=True)}


def common_turn(a: Tensor, b: Tensor, *, about_mean: bool = False) -> float:
    """Return the angle [degree] of the rotation that takes directions, or points about their mean, a (N, 3) nearest to b."""
    a, b = (a - a.mean(dim=0), b - b.mean(dim=0)) if about_mean else (a, b)
    u, _, v = torch.linalg.svd(b.T.double() @ a.double())
    sign = torch.ones(3, dtype=torch.float64)
    sign[2] = torch.linalg.det(u @ v).sign()
    return angle(u @ torch.diag(sign) @ v)


def angle(rotation: Tensor) -> float:
    """Return the angle of a rotation (3, 3) [degree]."""
    return float(torch.rad2deg(((rotation.diagonal().sum() - 1) / 2).clamp(-1, 1).acos()))


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
