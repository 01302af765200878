"""Objects and deformation modes on which the gradient estimators are held to finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.measure import marching_cubes

from renderfit.errors import ConfigError
from renderfit.geometry import Camera, Mesh, Pose

DISTANCE = 0.7
"""Distance of the objects from the camera [m]."""

FIELD = 0.43
"""Width of the view at that distance [m]."""


@dataclass(frozen=True, eq=False)
class GradientScene:
    """A mesh in front of a camera, with displacement fields to differentiate along.

    Parameters
    ----------
    mesh : Mesh
        Object frame [m], coloured.
    camera, pose
        The view.
    modes : (K, V, 3) float64
        Displacements [m]; each moves the vertices by one pixel on average (root mean square).
    """

    name: str
    mesh: Mesh
    camera: Camera
    pose: Pose
    modes: NDArray[np.float64]


def scene(name: str, vertices: int, size: int = 128, seed: int = 0) -> GradientScene:
    """Build one of the scenes with about that many vertices.

    Parameters
    ----------
    name : {"torus", "bottle", "drill", "two", "crossing"}
        ``two`` is a torus that partly hides a bottle, ``crossing`` one that passes through it.
    vertices : int
    size : int
        Image side [px].
    seed : int
        Of the smooth deformations.

    Raises
    ------
    ConfigError
        If the name is unknown.
    """
    if name not in SCENES:
        raise ConfigError(f"scene is {name!r}; expected one of {', '.join(SCENES)}")
    parts = SCENES[name](vertices)
    offsets = np.cumsum([0, *(len(points) for points, _ in parts)])
    points = np.concatenate([points for points, _ in parts])
    faces = np.concatenate([triangles + offset for (_, triangles), offset in zip(parts, offsets, strict=False)])
    colors = 0.5 + 0.4 * np.sin(points @ np.array([[19.0, 7.0, -11.0], [-5.0, 17.0, 13.0], [9.0, -13.0, 15.0]]) + [0.0, 1.0, 2.0])
    mesh = Mesh(torch.from_numpy(points), torch.from_numpy(faces), torch.from_numpy(colors))
    pose = Pose.from_parts(torch.eye(3, dtype=torch.float64), torch.tensor([0.0, 0.0, DISTANCE], dtype=torch.float64))
    fields = [field for k in range(len(parts)) for field in _modes(points, slice(offsets[k], offsets[k + 1]), seed + k)]
    pixel = FIELD / size
    modes = np.stack([field * (pixel / np.sqrt((field**2).sum(axis=1).mean())) for field in fields])
    return GradientScene(name, mesh, Camera.centred(size, size * DISTANCE / FIELD), pose, modes)


def _modes(points: NDArray[np.float64], part: slice, seed: int) -> list[NDArray[np.float64]]:
    """Return translations, rotations, scale and five smooth deformations of one part."""
    generator = np.random.default_rng(seed)
    local = points[part] - points[part].mean(axis=0)
    moves = [np.broadcast_to(axis, local.shape) for axis in np.eye(3)]
    moves += [np.cross(axis, local) for axis in np.eye(3)]
    moves.append(local)
    for _ in range(5):
        wave = generator.normal(size=3) * 14.0
        moves.append(np.sin(local @ wave + generator.uniform(0, 6.28))[:, None] * generator.normal(size=3))
    fields = []
    for move in moves:
        field = np.zeros_like(points)
        field[part] = move
        fields.append(field)
    return fields


Part = tuple[NDArray[np.float64], NDArray[np.int64]]


def torus(vertices: int, major: float = 0.12, minor: float = 0.05) -> Part:
    """Return a tilted torus."""
    around = max(8, round(np.sqrt(vertices * 2.0)))
    across = max(5, round(vertices / around))
    u, v = np.meshgrid(np.arange(around) * 2 * np.pi / around, np.arange(across) * 2 * np.pi / across, indexing="ij")
    radius = major + minor * np.cos(v)
    points = np.stack([radius * np.cos(u), radius * np.sin(u), minor * np.sin(v)], axis=-1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(around), np.arange(across), indexing="ij")
    a, b = i * across + j, (i + 1) % around * across + j
    c, d = (i + 1) % around * across + (j + 1) % across, i * across + (j + 1) % across
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return points @ _rotation(0.7, 0.4).T, faces


def bottle(vertices: int) -> Part:
    """Return a bottle: a closed surface of revolution with a neck."""
    heights = np.array([0.0, 0.001, 0.17, 0.21, 0.24, 0.28, 0.281]) - 0.14
    radii = np.array([0.0, 0.05, 0.055, 0.04, 0.02, 0.019, 0.0])
    rings, around = max(7, round(np.sqrt(vertices * 0.8))), max(7, round(np.sqrt(vertices / 0.8)))
    t = np.linspace(0, 1, rings)
    along = np.linspace(0, 1, len(heights))
    y, r = np.interp(t, along, heights), np.interp(t, along, radii)
    angle = np.arange(around) * 2 * np.pi / around
    body = np.stack([r[1:-1, None] * np.cos(angle), np.repeat(y[1:-1, None], around, 1), r[1:-1, None] * np.sin(angle)], -1)
    points = np.concatenate([[[0, y[0], 0]], body.reshape(-1, 3), [[0, y[-1], 0]]])
    i, j = np.meshgrid(np.arange(rings - 3), np.arange(around), indexing="ij")
    a, b = 1 + i * around + j, 1 + i * around + (j + 1) % around
    c, d = b + around, a + around
    k = np.arange(around)
    top = 1 + (rings - 3) * around
    faces = [np.stack([a, c, b], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]
    faces.append(np.stack([np.zeros_like(k), 1 + k, 1 + (k + 1) % around], -1))
    faces.append(np.stack([np.full_like(k, len(points) - 1), top + (k + 1) % around, top + k], -1))
    return points @ _rotation(0.5, 0.3).T, np.concatenate(faces)


def drill(vertices: int) -> Part:
    """Return a drill: body, chuck, bit, handle and battery, blended into one closed surface."""
    resolution = max(14, round(0.98 * np.sqrt(vertices)))
    axis = np.linspace(-0.2, 0.2, resolution)
    x, y, z = np.meshgrid(axis, axis, axis[np.abs(axis) < 0.1 + 2 * (axis[1] - axis[0])], indexing="ij")

    def capsule(ax: float, ay: float, bx: float, by: float, radius: float) -> NDArray[np.float64]:
        t = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
        return np.sqrt((x - ax - t * (bx - ax)) ** 2 + (y - ay - t * (by - ay)) ** 2 + z**2) - radius

    parts = [capsule(-0.08, -0.07, 0.05, -0.07, 0.045), capsule(0.08, -0.07, 0.11, -0.07, 0.028), capsule(0.12, -0.07, 0.17, -0.07, 0.014)]
    parts += [capsule(-0.05, -0.05, -0.07, 0.1, 0.028), capsule(-0.1, 0.12, -0.02, 0.12, 0.035)]
    field = -0.008 * np.log(sum(np.exp(-part / 0.008) for part in parts))
    points, faces, _, _ = marching_cubes(field, 0.0, spacing=(axis[1] - axis[0],) * 3)
    points = points.astype(np.float64) + np.array([axis[0], axis[0], z.min()])
    return points @ _rotation(0.2, 0.5).T, faces.astype(np.int64)


def two(vertices: int) -> list[Part]:
    """Return a torus in front of a bottle."""
    front, back = torus(vertices // 2, 0.07, 0.025), bottle(vertices // 2)
    return [(front[0] + [0.03, 0.02, -0.15], front[1]), (back[0] + [-0.01, 0.0, 0.05], back[1])]


def crossing(vertices: int) -> list[Part]:
    """Return a torus that passes through a bottle."""
    ring, body = torus(vertices // 2, 0.07, 0.03), bottle(vertices // 2)
    return [(ring[0] + [0.02, 0.02, 0.0], ring[1]), body]


def _rotation(tilt: float, turn: float) -> NDArray[np.float64]:
    a, b = np.cos(tilt), np.sin(tilt)
    c, d = np.cos(turn), np.sin(turn)
    return np.array([[1, 0, 0], [0, a, -b], [0, b, a]]) @ np.array([[c, 0, d], [0, 1, 0], [-d, 0, c]])


SCENES: dict[str, Callable[[int], list[Part]]] = {
    "torus": lambda count: [torus(count)],
    "bottle": lambda count: [bottle(count)],
    "drill": lambda count: [drill(count)],
    "two": two,
    "crossing": crossing,
}
