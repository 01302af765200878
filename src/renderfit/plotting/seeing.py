"""Figures about photographs and the segmentation network: contact sheet, curves, Fig. 5, loss landscapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderfit.plotting.figures import figure, image_row

Image = NDArray[Any]


def contact_sheet(images: Sequence[Image], columns: int = 6, width: float = 9.0) -> Any:
    """Show pictures without captions, edge to edge."""
    rows = -(-len(images) // columns)
    found, axes = figure(rows, columns, width, rows * width / columns, squeeze=False)
    found.set_layout_engine("constrained", w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image in zip(axes.flat, images, strict=False):
        axis.imshow(image)
    return found


def labels(image: Image, mask: Image, depth: Image, normals: Image, coordinates: Image) -> Any:
    """Show a photograph and its labels."""
    box = coordinates[mask]
    unit = (coordinates - box.min(0)) / np.maximum(np.ptp(box, axis=0).max(), 1e-9) * mask[..., None]
    near = np.where(mask, (depth[mask].max() - depth) / np.ptp(depth[mask]) * 0.9 + 0.1, 0)
    shown = [image, mask.astype(float), near, (0.5 + 0.5 * normals * [1, -1, -1]) * mask[..., None], unit]
    return image_row(shown, ["photograph", "mask", "depth", "normals", "object coordinates"], 9.0, cmap="gray")


def outline(image: Image, mask: Image, color: tuple[int, int, int] = (255, 60, 0)) -> Image:
    """Return a uint8 picture with the border of a boolean mask drawn on it."""
    edge = np.zeros_like(mask)
    for axis in (0, 1):
        change = np.diff(mask.astype(np.int8), axis=axis) != 0
        pad = [(0, 1) if a == axis else (0, 0) for a in (0, 1)]
        edge |= np.pad(change, pad)
    found = np.array(image, dtype=np.uint8)
    found[edge] = color
    return found


def curves(result: Mapping[str, Any]) -> Any:
    """Show loss and IoU over the training steps from ``results/unet.json``."""
    found, (left, right) = figure(1, 2, 8.0, 3.0)
    steps, values = np.array(result["loss"]).T
    left.plot(steps, values)
    left.set(xlabel="step", ylabel="cross entropy + Dice", yscale="log", title="training loss")
    for name in [key for key in result["scores"][0] if key not in {"step", "mean"}] if result["scores"] else []:
        right.plot([row["step"] for row in result["scores"]], [row[name] for row in result["scores"]], marker="o", markersize=3, label=name)
    right.set(xlabel="step", ylabel="IoU", ylim=(0, 1), title="training instances, unseen backgrounds")
    right.legend(fontsize=8)
    return found


def figure5(rendered: Image, observed: Image, ours: Image, theirs: Image) -> Any:
    """Show both images, their aggregated features and the squared difference, as Fig. 5 of the paper."""
    shown = [rendered, observed, _unit(ours, ours, theirs), _unit(theirs, ours, theirs), _unit((ours - theirs) ** 2)]
    return image_row(
        shown, ["rendered", "observed, isolated", "features", "features", "squared difference"], 9.0, cmap="magma", vmin=0, vmax=1
    )


def feature_channels(channels: Image, count: int = 6) -> Any:
    """Show the feature channels (C, H, W) that vary most."""
    order = np.argsort(-channels.reshape(len(channels), -1).std(axis=1))[:count]
    return image_row([_unit(channels[k]) for k in order], [f"channel {k}" for k in order], 9.0, cmap="magma")


def landscapes(offsets: Mapping[str, Image], values: Mapping[str, Mapping[str, Image]], names: Sequence[str]) -> Any:
    """Show losses along every axis, each scaled to its own range."""
    axes_names = list(offsets)
    found, axes = figure(2, -(-len(axes_names) // 2), 9.0, 5.0, squeeze=False)
    for axis, name in zip(axes.flat, axes_names, strict=False):
        for loss in names:
            axis.plot(offsets[name], _unit(values[name][loss]), label=loss)
        axis.axvline(0, color="0.7", linewidth=0.8)
        axis.set(xlabel=name, yticks=[])
    axes.flat[0].legend(fontsize=7)
    return found


def _unit(values: Image, *reference: Image) -> Image:
    every = np.concatenate([np.ravel(part) for part in reference]) if reference else np.ravel(values)
    low, high = float(every.min()), float(every.max())
    return np.asarray((values - low) / max(high - low, 1e-12))
