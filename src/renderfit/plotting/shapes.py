"""Pictures of Coherent Point Drift and of shape spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.geometry import Mesh
from renderfit.plotting.figures import color_of, figure
from renderfit.plotting.objects import portrait, rows_of
from renderfit.plotting.viewer3d import LIMIT, Scene
from renderfit.registration import transfer_grasp
from renderfit.registration.grasp import side_grasp
from renderfit.shapes import ShapeSpace, coherent_point_drift

Floats = NDArray[np.float64]


def planar_example(count: int = 90) -> tuple[Floats, Floats]:
    """Return a circle and a bent, rotated ellipse (count, 3) in the plane z = 0: a template and a reference."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    radius = 1 + 0.25 * np.cos(3 * angle + 0.4)
    bent = np.stack([1.2 * radius * np.cos(angle + 0.2), 0.85 * radius * np.sin(angle + 0.2), 0 * angle], axis=1)
    return circle, bent


def drift_strip(steps: Sequence[int] = (0, 3, 10, 20, 40, 80), **options: Any) -> Any:
    """Draw the template over the iterations, each centroid with the width of its Gaussian.

    Parameters
    ----------
    steps : sequence of int
        Iterations that are drawn.
    **options
        Handed to `coherent_point_drift`, e.g. ``beta``, ``lam``.
    """
    template, reference = planar_example()
    grid = np.stack(np.meshgrid(np.linspace(-1.6, 1.6, 9), np.linspace(-1.6, 1.6, 9)), axis=-1).reshape(-1, 2)
    grid = np.pad(grid, ((0, 0), (0, 1)))
    found, axes = figure(1, len(steps), 10.0, 2.0)
    for axis, step in zip(axes, steps, strict=True):
        moved, warped, title = template, grid, "start"
        if step:
            result = coherent_point_drift(template, reference, iterations=step, tolerance=0, rank=0, **options)
            moved, warped = result.points, result.transform(grid)
            title = f"iteration {step}\nsigma {np.sqrt(result.sigma2):.3f}"
        axis.plot(*_lattice(warped).T, color="#d5d9de", linewidth=0.6, zorder=0)
        axis.plot(reference[:, 0], reference[:, 1], ".", color=color_of("target"), markersize=3, label="reference")
        axis.plot(moved[:, 0], moved[:, 1], ".", color=color_of("ours"), markersize=3, label="template")
        axis.set_title(title, fontsize=8, fontweight="normal", loc="center")
        axis.set_aspect("equal")
        axis.set_axis_off()
        axis.set_xlim(-1.7, 1.7)
        axis.set_ylim(-1.5, 1.5)
    return found


def _lattice(points: Floats) -> Floats:
    square = points[:, :2].reshape(9, 9, 2)
    gap = np.full((9, 1, 2), np.nan)
    rows = np.concatenate([square, gap], axis=1).reshape(-1, 2)
    return np.concatenate([rows, np.concatenate([square.transpose(1, 0, 2), gap], axis=1).reshape(-1, 2)])


def convergence(histories: Mapping[str, Sequence[float]]) -> Any:
    """Draw the objective above its last value over the iterations; it never rises."""
    found, axis = figure(1, 1, 6.0, 2.6)
    for name, history in histories.items():
        values = np.asarray(history)
        axis.semilogy(np.arange(1, len(values) + 1), np.maximum(values - values.min(), 1e-6 * np.abs(values.min())), label=name)
    axis.set_xlabel("iteration")
    axis.set_ylabel("objective above its minimum")
    axis.legend()
    return found


def cost_curve(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Draw CPU seconds per registration over the number of points, one line a package.

    A time that is scaled up from a few iterations (`scaled`) has an open marker.
    """
    found, axis = figure(1, 1, 6.4, 3.2)
    for k, name in enumerate(dict.fromkeys(str(row["package"]) for row in rows)):
        mine = [row for row in rows if row["package"] == name]
        axis.loglog([row["points"] for row in mine], [row["cpu_seconds"] for row in mine], "o-", label=name, color=f"C{k}")
        scaled = [row for row in mine if row["scaled"]]
        axis.loglog([row["points"] for row in scaled], [row["cpu_seconds"] for row in scaled], "o", color=f"C{k}", markerfacecolor="white")
    axis.set_xlabel("points")
    axis.set_ylabel("CPU seconds, 60 iterations")
    axis.legend(fontsize=8)
    return found


def modes(space: ShapeSpace, count: int = 3, reach: float = 2.0) -> Any:
    """Draw the first components of the "pca" model at -reach, 0 and +reach standard deviations."""
    model = space.model("pca")
    images, titles = [], []
    shapes = [(k, s) for k in range(min(count, model.size)) for s in (-reach, 0.0, reach)]
    extent = max(model.decode(s * np.eye(model.size)[k]).diagonal() for k, s in shapes)
    for k, s in shapes:
        images.append(portrait(model.decode(s * np.eye(model.size)[k]), 180, extent=extent))
        titles.append(f"component {k + 1}\n{s:+.0f} sigma")
    return rows_of(images, titles, len(images), 10.0)


def correspondences(space: ShapeSpace, count: int = 6) -> Any:
    """Draw the canonical coloured by position, and the shapes of training instances in the colours carried over to them."""
    vertices, faces = space.canonical.numpy()
    low, high = vertices.min(0), vertices.max(0)
    colors = torch.from_numpy(0.1 + 0.8 * (vertices - low) / (high - low))
    triangles = torch.from_numpy(faces)
    shapes = {"canonical": Mesh(torch.from_numpy(vertices), triangles, colors)}
    for name, field in list(zip(space.names, space.refined, strict=True))[:count]:
        shapes[name] = Mesh(torch.from_numpy(vertices + field), triangles, colors)
    extent = max(mesh.diagonal() for mesh in shapes.values())
    return rows_of([portrait(mesh, 180, extent=extent) for mesh in shapes.values()], list(shapes), len(shapes), 10.0)


def explorer(space: ShapeSpace, category: str, components: int = 5) -> Scene:
    """Return a scene with one slider per latent parameter; it works in a static page."""
    model = space.model("pca")
    kept = min(components, model.size)
    scene = Scene(f"Latent space {category}", f"The {category} of a latent vector; {kept} sliders change its components.")
    scene.mesh(category, model.mean, model.faces, basis=model.basis[:kept])
    return scene.latent([f"component {k + 1}" for k in range(kept)])


def grasp_scene(space: ShapeSpace, category: str) -> Scene:
    """Return a scene with a gripper on the canonical and, on the slider, carried along to every training instance."""
    vertices, faces = space.canonical.numpy()
    grasp, contacts = side_grasp(space.canonical)
    room = int((0.9 * LIMIT - 8 * len(faces)) / (8 * len(vertices)))  # frames of 8 bytes a vertex that a scene can hold
    shapes, triangles = [vertices, *(vertices + field for field in space.refined)][: max(2, room)], torch.as_tensor(faces)
    hand, hand_faces = gripper(contacts)
    placed = []
    for shape in shapes:
        moved = transfer_grasp(grasp, space.canonical, Mesh(torch.as_tensor(shape), triangles), contacts)
        placed.append(moved.apply(torch.as_tensor(hand)).numpy())
    about = f"A gripper on the canonical {category}; the slider carries it to the training instances along with their deformations."
    scene = Scene(f"Grasp {category}", about)
    scene.mesh(category, shapes[0], faces, color_of("canonical"), frames=shapes)
    scene.mesh("gripper", placed[0], hand_faces, color_of("target"), frames=placed)
    return scene.slider("instance", ["canonical", *space.names][: len(shapes)])


def gripper(contacts: Floats, finger: float = 0.012, reach: float = 0.07) -> tuple[Floats, NDArray[np.int64]]:
    """Return vertices (V, 3) [m] and faces of a hand of two fingers outside the contacts (2, 3) and a palm behind."""
    import trimesh

    (left, right), depth = contacts[np.argsort(contacts[:, 0])], float(contacts[:, 1].mean()) - reach
    tip, height = float(contacts[:, 1].mean()) + 0.01, float(contacts[:, 2].mean())
    low, high = left[0] - finger, right[0] + finger
    boxes = [
        ([low - finger / 2, depth, height - 0.01], [low + finger / 2, tip, height + 0.01]),
        ([high - finger / 2, depth, height - 0.01], [high + finger / 2, tip, height + 0.01]),
        ([low - finger / 2, depth - finger, height - 0.01], [high + finger / 2, depth, height + 0.01]),
    ]
    hand = trimesh.util.concatenate([trimesh.creation.box(bounds=np.array(bounds)) for bounds in boxes])
    return np.asarray(hand.vertices, dtype=np.float64), np.asarray(hand.faces, dtype=np.int64)
