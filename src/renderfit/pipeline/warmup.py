"""Compile the numba kernels before the work begins: each once, on all cores, instead of in every worker that comes first.

Kernels are compiled by running small samples of the work; numba keeps the machine code beside the sources.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import trimesh

from renderfit import config, watertight
from renderfit.evaluation import vertex_error
from renderfit.geometry import Camera, Mesh, Pose, load_mesh, save_mesh
from renderfit.pipeline.fanout import fan_out
from renderfit.registration import register, register_pointcloud
from renderfit.rendering import photo, render
from renderfit.shapes import ShapeSpace
from renderfit.shapes.full_fit import fit_full

CAMERA = Camera.centred(48, 79.0)
POSE = Pose.look_at(torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.0, 0.0, 0.08]))
"""Of the sample pictures."""


def warm_up(jobs: int | None = None) -> int:
    """Run the samples in `jobs` worker processes (default: ``compute.jobs``); return how many kernels numba keeps now."""
    fan_out(_run, [(name,) for name in SAMPLES], "compiling kernels", jobs)
    return kept()


def kept() -> int:
    """Return how many of this package's kernels numba keeps compiled."""
    import numba

    folder = Path(numba.config.CACHE_DIR or Path(__file__).parents[1])
    return sum(1 for _ in folder.rglob("*.nbi"))


def _run(name: str) -> None:
    logging.getLogger("renderfit").setLevel(logging.ERROR)  # a sample is not worth a line
    with contextlib.redirect_stderr(io.StringIO()):
        SAMPLES[name]()


def _ellipsoid(width: float, height: float) -> Mesh:
    ball = trimesh.creation.icosphere(2)
    return Mesh(torch.as_tensor(ball.vertices * [width, width, height] + [0, 0, height]), torch.as_tensor(ball.faces))


def _surfaces() -> None:
    """Close a surface with a hole, resample and report it, through a file; fit a shape space and register it, known pose and not."""
    whole = _ellipsoid(0.04, 0.08)
    holed = Mesh(whole.vertices, whole.faces[20:])
    with tempfile.TemporaryDirectory() as folder:
        save_mesh(holed, Path(folder) / "sample.ply")
        raw = load_mesh(Path(folder) / "sample.ply", check_unit=True)
        watertight.solidify(whole, depth=6)  # without a seal the outside is let into gaps
        even = watertight.resample(watertight.solidify(raw, depth=6, seal=None, ratio=0.01).mesh, vertices=300)
        save_mesh(even, Path(folder) / "even.ply")
        watertight.report(load_mesh(Path(folder) / "even.ply"), raw)
    space = ShapeSpace.fit(_ellipsoid(0.05, 0.09), [_ellipsoid(0.05, 0.08), _ellipsoid(0.06, 0.08), _ellipsoid(0.04, 0.1)], 2, points=100)
    fit_full(whole, space.model("rich"))
    seen = render(whole, CAMERA, POSE, "red", backend="cpu")
    image, mask = seen.rgb.numpy(), seen.mask.numpy()
    for moves in (False, True):
        for name in ("pca", "rich"):
            found = register(image, space, CAMERA, mask, POSE, moves, model=name)
        register(image, space, CAMERA, mask, POSE, moves, method="paper", config=replace(config.Paper(), loss="mask"))
        register_pointcloud(POSE.apply(found.mesh.vertices).numpy(), space, POSE, moves, "front")
    vertex_error(found.mesh, whole)


def _pictures() -> None:
    """Take photographs in both styles, and gradients."""
    truth = _ellipsoid(0.04, 0.08)
    subject = photo.Subject.of(truth)
    for style in (photo.Style(), replace(photo.TRAINING, occluders=1, clutter=3)):
        for seed in range(3):
            photo.photograph(subject, CAMERA, POSE, seed, style)
    vertices = truth.vertices.clone().requires_grad_()
    for shading in ("red", "lambert", "normals"):
        render(truth.with_vertices(vertices), CAMERA, POSE, shading, backend="cpu").rgb.sum().backward()


SAMPLES: dict[str, Callable[[], None]] = {"surfaces": _surfaces, "pictures": _pictures}
