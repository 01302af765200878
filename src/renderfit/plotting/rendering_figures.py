"""Figures about the renderer: channels (Fig. 1), gradient flow (Fig. 2), runtime (Fig. 3), estimators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit.plotting.figures import figure, image_row
from renderfit.rendering import Frame

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
"""Colours of renderers and estimators, in order of appearance (Okabe and Ito)."""

MARKS = "osD^vP"


def channels(frame: Frame) -> Any:
    """Show what the renderer keeps of a frame: colour, vertex ids, barycentrics, depth, normals (Fig. 1)."""
    fragments = frame.fragments
    inside = fragments.mask
    ids = np.where(inside[..., None], fragments.vertex_id % 23 / 22.0, 1.0)
    depth = np.where(inside, fragments.depth, np.nan)
    low, high = np.nanmin(depth), np.nanmax(depth)
    grey = np.where(inside, 1.0 - 0.8 * (np.nan_to_num(depth) - low) / max(high - low, 1e-12), 1.0)[..., None].repeat(3, axis=-1)
    normals = np.where(inside[..., None], 0.5 * (frame.normals.detach().numpy() + 1), 1.0)
    pictures = [frame.rgb.detach().numpy(), ids, fragments.barycentrics, grey, normals]
    return image_row(pictures, ["RGB", "vertex ids", "barycentrics", "depth", "normals"], 9.6)


def signed_maps(maps: Sequence[NDArray[np.float64]], titles: Sequence[str]) -> Any:
    """Show signed images (H, W) side by side, each on its own symmetric blue-white-red scale."""
    scaled = [values / max(float(np.abs(values).max()), 1e-12) for values in maps]
    return image_row(scaled, list(titles), 9.6, cmap="RdBu_r", vmin=-1, vmax=1)


def gradient_on_vertices(points: NDArray[np.float64], gradient: NDArray[np.float64], image: NDArray[np.float64]) -> Any:
    """Draw the gradient (V, 2) as arrows at the projected vertices (V, 2) [px] over an image (H, W, 3)."""
    found, axis = figure(1, 1, 4.2, 4.2)
    axis.imshow(np.clip(image, 0, 1))
    moved = np.linalg.norm(gradient, axis=1) > 0
    axis.quiver(*points[moved].T, *gradient[moved].T, angles="xy", color=PALETTE[0], width=0.004)
    axis.set_axis_off()
    return found


def runtime(result: Mapping[str, Any], resolution: int = 1024) -> Any:
    """Plot CPU and wall time of forward and backward against the number of vertices (Fig. 3)."""
    rows = [row for row in result["rows"] if row["resolution"] == resolution]
    found, axes = figure(1, 2, 7.2, 3.2, sharey=True)
    for k, name in enumerate(sorted({row["renderer"] for row in rows}, key=lambda name: (not name.startswith("renderfit"), name))):
        mine = sorted((row["vertices"], row["cpu_ms"], row["wall_ms"]) for row in rows if row["renderer"] == name)
        vertices, cpu, wall = zip(*mine, strict=True)
        for axis, times in zip(axes, (cpu, wall), strict=True):
            axis.loglog(vertices, times, marker=MARKS[k % len(MARKS)], color=PALETTE[k % len(PALETTE)], label=name)
    for axis, title in zip(axes, ("CPU time", "wall time"), strict=True):
        axis.set_xlabel("vertices")
        axis.set_title(title)
    axes[0].set_ylabel("forward + backward [ms]")
    axes[0].legend()
    return found


def estimators(result: Mapping[str, Any], loss: str = "mask") -> Any:
    """Plot cosine and ratio of magnitudes of every estimator against the number of vertices, one column a scene."""
    rows = [row for row in result["rows"] if row["loss"] == loss]
    scenes = list(dict.fromkeys(row["scene"] for row in rows))
    found, axes = figure(2, len(scenes), 7.2, 4.2, squeeze=False, sharex=True, sharey="row")
    for k, name in enumerate(dict.fromkeys(row["gradient"] for row in rows)):
        for column, scene in enumerate(scenes):
            mine = [row for row in rows if row["scene"] == scene and row["gradient"] == name]
            for line, key in enumerate(("cosine", "magnitude")):
                style = {"marker": MARKS[k], "color": PALETTE[k], "label": name.replace("_", " ")}
                axes[line, column].semilogx([row["vertices"] for row in mine], [row[key] for row in mine], **style)
    for column, scene in enumerate(scenes):
        axes[0, column].set_title(scene)
        axes[1, column].set_xlabel("vertices")
    axes[0, 0].set_ylabel("cosine")
    axes[1, 0].set_ylabel("magnitude")
    axes[0, 0].legend(fontsize=7)
    return found
