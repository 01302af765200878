"""Figure helpers: the style, one colour per method everywhere, rows of captioned images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from renderfit.errors import ShapeError
from renderfit.whole import whole_file

COLORS = {
    "ground_truth": "#4d4d4d",
    "latent_floor": "#999999",
    "cls": "#009e73",
    "cls_pose": "#7fc8b1",
    "deepcpd": "#cc79a7",
    "paper": "#e69f00",
    "paper_mask": "#8f6300",
    "ours": "#0072b2",
    "ours_published": "#003f63",
    "ours_pca": "#56b4e9",
    "ours_mask": "#7a68c2",
    "mean_shape": "#c9ced6",
    "canonical": "#999999",
    "target": "#d55e00",
}
"""The colour of a method or role in every figure (Okabe and Ito)."""


class Shown(Figure):
    """A figure that a notebook shows once: where it is displayed, else at the end of its cell."""

    def _ipython_display_(self) -> None:
        from IPython.core.pylabtools import print_figure
        from IPython.display import publish_display_data

        plt.close(self)  # the end of the cell would show it once more
        publish_display_data({"image/png": print_figure(self, base64=True), "text/plain": repr(self)})


def use_style() -> None:
    """Make the project's style the current one."""
    plt.style.use(str(Path(__file__).parent / "style.mplstyle"))


def color_of(name: str) -> str:
    """Return the colour of a method or role; unknown names share a dark grey."""
    return COLORS.get(name, "#4d4d4d")


def figure(rows: int = 1, columns: int = 1, width: float = 7.2, height: float | None = None, **options: Any) -> tuple[Any, Any]:
    """Return (figure, axes) in the project's style; `width` and `height` in inches."""
    use_style()
    size = (width, height or (4.2 if rows == 1 else 2.4 * rows))
    return plt.subplots(rows, columns, figsize=size, FigureClass=Shown, **options)


def image_row(images: Sequence[NDArray[Any]], titles: Sequence[str], width: float = 7.2, per_row: int = 0, **show: Any) -> Any:
    """Show captioned images side by side.

    Parameters
    ----------
    images : sequence of array, shape (H, W) or (H, W, 3)
        Pictures; floats in [0, 1] or uint8.
    titles : sequence of str
        One caption an image.
    width : float
        Width of the figure [inch].
    per_row : int
        Images a row; 0: all in one.
    **show
        Handed to ``imshow`` (``cmap``, ``vmin``, ...).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ShapeError
        If there is not one caption an image.
    """
    if len(images) != len(titles) or not images:
        raise ShapeError(f"got {len(images)} images and {len(titles)} titles; expected one title an image and at least one image")
    columns = per_row or len(images)
    rows = -(-len(images) // columns)
    aspect = images[0].shape[0] / images[0].shape[1]
    found, axes = figure(rows, columns, width, rows * (width / columns * aspect + 0.3), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        array = np.asarray(image)
        axis.imshow(array if array.dtype == np.uint8 or array.ndim == 2 else np.clip(array, 0, 1), **show)
        axis.set_title(title, fontsize=9, fontweight="normal", loc="center")
    return found


def save(found: Any, path: Path) -> Path:
    """Write a figure as PNG or SVG, the same bytes every time, and close it."""
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    with whole_file(path) as part:
        found.savefig(part, metadata=metadata)
    plt.close(found)
    return path
