"""Pictures of registrations: overlays, iterations, an interactive replay, uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from renderfit.evaluation.records import heading
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.plotting.figures import color_of, figure, image_row
from renderfit.plotting.viewer3d import Scene
from renderfit.registration import Registration
from renderfit.registration.columns import Columns
from renderfit.registration.overlay import overlay
from renderfit.registration.result import Step

FRAMES = 12
"""Most iterations shown in a replay."""


def overlays(picture: NDArray[np.uint8], camera: Camera, found: Sequence[tuple[str, Registration]], window: float = 1.25) -> Any:
    """Show the photograph and the outline each method ends with, cropped around the object.

    Parameters
    ----------
    picture : (H, W, 3) uint8 array
    camera : Camera
    found : sequence of (method, Registration)
    window : float
        Side of the crop over the longest side of the outlines' common box.

    Returns
    -------
    matplotlib.figure.Figure
    """
    drawn = [overlay(picture, entry.mesh, camera, entry.pose, _rgb(name)) for name, entry in found]
    changed = np.any([(image != picture).any(axis=2) for image in drawn], axis=0)
    crop = _crop(changed, window)
    captions = ["photograph", *(heading(name) for name, _ in found)]
    return image_row([picture[crop], *(image[crop] for image in drawn)], captions, 9.0, per_row=4)


def iterations(picture: NDArray[np.uint8], camera: Camera, start: Pose, columns: Columns, history: Sequence[Step], count: int = 5) -> Any:
    """Show the outline of `count` iterates, first and last among them, as the paper's Fig. 7 does; a run that gave up has none."""
    if not history:
        return image_row([picture], ["photograph: no iteration, nothing was found in it"], 9.0)
    chosen = [history[k] for k in np.unique(np.linspace(0, len(history) - 1, count).round().astype(int))]
    images = []
    for step in chosen:
        mesh, pose = iterate(step, start, columns)
        images.append(overlay(picture, mesh, camera, pose, _rgb("ours")))
    crop = _crop(np.any([(image != picture).any(axis=2) for image in images], axis=0), 1.2)
    captions = ["photograph", *(f"iteration {history.index(step)}" for step in chosen)]
    return image_row([picture[crop], *(image[crop] for image in images)], captions, 9.0)


def iterate(step: Step, start: Pose, columns: Columns) -> tuple[Mesh, Pose]:
    """Return mesh and pose of one iterate."""
    import torch

    from renderfit.registration import twist

    mesh = Mesh(torch.as_tensor(columns.decode(step.latent)), torch.as_tensor(columns.faces))
    turned = start.rotation.double() @ torch.as_tensor(twist.rotation(step.pose[:3]))
    return mesh, Pose.from_parts(turned, start.translation.double() + torch.as_tensor(step.pose[3:6]))


def losses(found: Sequence[tuple[str, Registration]]) -> Any:
    """Plot the loss of each method over its iterations, relative to its start."""
    drawn, axis = figure(1, 1, 6.4, 3.0)
    for name, entry in found:
        if not entry.history:
            continue
        values = np.array([step.loss for step in entry.history])
        axis.plot(values / values[0], marker="o", markersize=3, color=color_of(name), label=heading(name))
    axis.set_yscale("log")
    axis.set_xlabel("iteration")
    axis.set_ylabel("loss / loss at the start")
    if axis.lines:
        axis.legend()
    return drawn


def replay_scene(found: Registration, start: Pose, columns: Columns, title: str = "Replay", reference: Mesh | None = None) -> Scene:
    """Return an interactive 3D scene with the iterates on a slider, in the camera frame.

    Parameters
    ----------
    found : Registration
    start : Pose
        Where the iteration began.
    columns : Columns
        The shape model that was fitted.
    title : str
    reference : Mesh, optional
        What it should be, in the camera frame; shown as points.
    """
    if not found.history:
        return Scene(title, "No iteration: nothing was found in the image. The start, camera frame.", up="-y").mesh(
            "start", found.pose.apply(found.mesh.vertices.double()).numpy(), found.mesh.numpy()[1], color_of("ours")
        )
    chosen = np.unique(np.linspace(0, len(found.history) - 1, FRAMES).round().astype(int))
    placed = []
    for k in chosen:
        mesh, pose = iterate(found.history[k], start, columns)
        placed.append(pose.apply(mesh.vertices).numpy())
    scene = Scene(title, "Iterations of a registration from the start to the end, camera frame.", up="-y")
    scene.mesh("registered", placed[-1], columns.faces, color_of("ours"), frames=placed)
    if reference is not None:
        scene.points("true object", reference.numpy()[0], color_of("target"))
    return scene.slider("iteration", [f"{found.history[k].stage}, loss {found.history[k].loss:.4g}" for k in chosen])


def uncertainty_scene(found: Registration, title: str = "Uncertainty") -> Scene:
    """Return the registered mesh coloured by the posterior standard deviation of its vertices (yellow: the largest)."""
    vertices, faces = found.mesh.numpy()
    if not len(found.deviation):
        return Scene(title, "No posterior: nothing was found in the image.").mesh("start", vertices, faces, color_of("ours"))
    largest = float(found.deviation.max())
    colors = plt.get_cmap("viridis")(found.deviation / max(largest, 1e-12))[:, :3]
    about = f"Registered mesh, standard deviation from {1e3 * found.deviation.min():.1f} (blue) to {1e3 * largest:.1f} mm (yellow)."
    return Scene(title, about).mesh("registered", vertices, faces, colors=colors)


def _rgb(name: str) -> tuple[int, int, int]:
    code = color_of(name).lstrip("#")
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def _crop(mask: NDArray[np.bool_], window: float) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return slice(None), slice(None)
    half = 0.5 * window * (max(np.ptp(rows), np.ptp(columns)) + 1)
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    return slice(max(0, int(y - half)), int(y + half) + 1), slice(max(0, int(x - half)), int(x + half) + 1)


def basin_maps(found: Sequence[tuple[str, Any]]) -> Any:
    """Show basins of convergence side by side: share of successful starts over translation and rotation error.

    Parameters
    ----------
    found : sequence of (title, renderfit.registration.Basin)

    Returns
    -------
    matplotlib.figure.Figure
    """
    drawn, axes = figure(1, len(found), 2.6 * len(found) + 0.6, 2.9, squeeze=False)
    for axis, (title, entry) in zip(axes.flat, found, strict=True):
        axis.imshow(entry.success, vmin=0, vmax=1, cmap="viridis", origin="lower", aspect="auto")
        for (i, j), share in np.ndenumerate(entry.success):
            axis.text(j, i, f"{100 * share:.0f}", ha="center", va="center", fontsize=8, color="white" if share < 0.6 else "black")
        axis.set_xticks(range(len(entry.rotations)), [f"{r:.0f}" for r in entry.rotations])
        axis.set_yticks(range(len(entry.translations)), [f"{100 * t:.0f}" for t in entry.translations])
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("rotation [°]")
        axis.grid(False)
    axes.flat[0].set_ylabel("translation [cm]")
    return drawn
