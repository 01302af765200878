"""The result in one picture: photograph, fitted outline, the side nobody saw, and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from renderfit.datasets.views import View
from renderfit.geometry import Mesh
from renderfit.plotting.figures import color_of, figure
from renderfit.plotting.pictures import clay, turned, window
from renderfit.registration import Registration
from renderfit.registration.overlay import overlay

BEHIND = 150.0
"""How far the object is turned for the view of its far side [degree]."""
SHARP = 512
"""Least width of the pictures of shapes [px]."""


def teaser(rows: Sequence[tuple[str, View, Registration, Mesh]]) -> Any:
    """Draw one row an object.

    Parameters
    ----------
    rows : sequence of (name, View, Registration, Mesh)
        Caption of the row, what was seen, what was found, and the true mesh in the object frame.

    Returns
    -------
    matplotlib.figure.Figure
    """
    titles = ["photograph", "fitted outline", "found, from here", "found, from behind", "true, from behind"]
    found, axes = figure(len(rows), len(titles), 9.6, 1.98 * len(rows) + 0.3, squeeze=False)
    for line, (name, view, fit, truth) in zip(axes, rows, strict=True):
        crop = window(view.mask)
        behind, true_behind = turned(fit.pose, fit.mesh, BEHIND), turned(view.pose, truth, BEHIND)
        drawn = overlay(view.image, fit.mesh, view.camera, fit.pose, (0, 114, 178))
        sharp = view.camera.scaled(max(1.0, SHARP / view.camera.width))
        far = [clay(fit.mesh, sharp, behind, color_of("ours")), clay(truth, sharp, true_behind, color_of("target"))]
        common = window(np.stack([(image < 1).any(axis=2) for image in far]).any(axis=0))
        near = clay(fit.mesh, sharp, fit.pose, color_of("ours"))
        images = [view.image[crop], drawn[crop], near[window((near < 1).any(axis=2))], *(image[common] for image in far)]
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image, interpolation="antialiased")
            axis.set_axis_off()
        line[0].text(-0.06, 0.5, name, transform=line[0].transAxes, rotation=90, va="center", ha="center", fontsize=10, fontweight="bold")
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=10, fontweight="normal", loc="center")
    return found
