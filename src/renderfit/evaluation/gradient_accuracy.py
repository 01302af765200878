"""Gradient estimators against central finite differences of a supersampled render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.evaluation.gradient_scenes import GradientScene, scene
from renderfit.progress import progress
from renderfit.rendering import render
from renderfit.rendering.settings import Gradient

SUPERSAMPLING = 8
"""Samples a pixel side of the reference images."""

STEP = 0.5
"""Finite difference step [px of mean vertex displacement]."""


def weights(size: int, seed: int) -> NDArray[np.float64]:
    """Return smooth random loss weights (size, size, 4): red, green, blue, mask."""
    generator = np.random.default_rng(seed)
    row, column = np.mgrid[:size, :size] / size
    field = np.zeros((size, size, 4))
    for _ in range(6):
        wave = generator.normal(size=2) * 2 * np.pi * 1.5
        field += np.sin(wave[0] * row + wave[1] * column + generator.uniform(0, 6.28))[..., None] * generator.normal(size=4)
    return field


def reference_image(view: GradientScene, vertices: torch.Tensor, supersampling: int = SUPERSAMPLING) -> NDArray[np.float64]:
    """Return the antialiased image (H, W, 4) of the scene with other vertices: lit colour and coverage."""
    camera = view.camera.scaled(supersampling)
    with torch.no_grad():
        frame = render(view.mesh.with_vertices(vertices).to(torch.float32), camera, view.pose, "lambert", "cpu")
    return _average(frame.rgb.numpy(), frame.fragments.face_id, supersampling)


@numba.njit(cache=True, nogil=True)
def _average(fine: NDArray[np.float32], ids: NDArray[np.int32], factor: int) -> NDArray[np.float64]:
    """Return means over squares of `factor` pixels a side: colour and coverage (H, W, 4); the background is black."""
    image = np.zeros((ids.shape[0] // factor, ids.shape[1] // factor, 4))
    for row in range(ids.shape[0]):
        for column in range(ids.shape[1]):
            if ids[row, column] >= 0:
                pixel = image[row // factor, column // factor]
                for channel in range(3):
                    pixel[channel] += fine[row, column, channel]
                pixel[3] += 1.0
    return image / factor**2


def reference_derivatives(view: GradientScene, supersampling: int = SUPERSAMPLING, step: float = STEP) -> NDArray[np.float32]:
    """Return the derivative images (K, H, W, 4) along all modes by central differences."""
    images = []
    for mode in torch.from_numpy(view.modes):
        ahead = reference_image(view, view.mesh.vertices + step * mode, supersampling)
        behind = reference_image(view, view.mesh.vertices - step * mode, supersampling)
        images.append(((ahead - behind) / (2 * step)).astype(np.float32))
    return np.stack(images)


def estimated_gradient(view: GradientScene, weight: NDArray[np.float64], gradient: Gradient, kind: str) -> NDArray[np.float64]:
    """Return the gradient (K,) along the modes of the weighted sum of the mask or of the lit colours."""
    vertices = view.mesh.vertices.clone().requires_grad_()
    frame = render(view.mesh.with_vertices(vertices), view.camera, view.pose, "lambert", "cpu", gradient)
    w = torch.from_numpy(weight)
    loss = (frame.mask * w[..., 3]).sum() if kind == "mask" else (frame.rgb * w[..., :3]).sum()
    (along,) = torch.autograd.grad(loss, vertices)
    return np.einsum("vc,kvc->k", along.numpy(), view.modes)


def compare(estimate: NDArray[np.float64], reference: NDArray[np.float64]) -> tuple[float, float]:
    """Return cosine and ratio of magnitudes of two gradients."""
    a, b = float(np.linalg.norm(estimate)), float(np.linalg.norm(reference))
    return float(estimate @ reference) / max(a * b, 1e-300), a / max(b, 1e-300)


def check_gradients(
    name: str, vertices: int, size: int = 128, gradients: Sequence[Gradient] = get_args(Gradient), seeds: int = 4
) -> list[dict[str, Any]]:
    """Hold estimators to finite differences on one scene.

    Parameters
    ----------
    name, vertices, size
        See `gradient_scenes.scene`.
    gradients : sequence of str
        Estimators to check.
    seeds : int
        Random smooth loss weights to average over.

    Returns
    -------
    list of dict
        One row per estimator and loss (``mask``, ``shaded``): ``cosine``, ``cosine_min``,
        ``magnitude``, ``magnitude_min``, ``magnitude_max``.

    References
    ----------
    Section 3.1 of the paper.

    Examples
    --------
    >>> import renderfit as rf
    >>> mask, shaded = rf.check_gradients("torus", vertices=100, size=32, gradients=["edge"], seeds=1)
    >>> mask["loss"], mask["cosine"] > 0.98, shaded["loss"], shaded["cosine"] > 0.98
    ('mask', True, 'shaded', True)
    """
    view = scene(name, vertices, size)
    derivative = reference_derivatives(view)
    rows = []
    for gradient in gradients:
        for kind, channels in (("mask", slice(3, 4)), ("shaded", slice(0, 3))):
            found = []
            for seed in range(seeds):
                weight = weights(size, seed)
                expected = np.einsum("hwc,khwc->k", weight[..., channels], derivative[..., channels])
                found.append(compare(estimated_gradient(view, weight, gradient, kind), expected))
            cosine, ratio = np.array(found).T
            rows.append(
                {
                    "scene": name,
                    "vertices": len(view.mesh.vertices),
                    "gradient": gradient,
                    "loss": kind,
                    "cosine": float(cosine.mean()),
                    "cosine_min": float(cosine.min()),
                    "magnitude": float(ratio.mean()),
                    "magnitude_min": float(ratio.min()),
                    "magnitude_max": float(ratio.max()),
                }
            )
    return rows


def observatory(
    scenes: Sequence[str] = ("torus", "bottle", "drill", "two", "crossing"),
    vertices: Sequence[int] = (100, 1000, 10000, 100000),
    size: int = 128,
    seeds: int = 4,
) -> dict[str, Any]:
    """Check all estimators on all scenes and densities; the figures of the gradient observatory.

    Returns
    -------
    dict
        ``rows`` as of `check_gradients`, and the settings.
    """
    jobs = [(name, count) for name in scenes for count in vertices]
    rows = [row for name, count in progress(jobs, "gradients") for row in check_gradients(name, count, size, seeds=seeds)]
    return {"size": size, "supersampling": SUPERSAMPLING, "step_px": STEP, "seeds": seeds, "rows": rows}
