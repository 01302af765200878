"""Time of forward and backward against the number of vertices: Fig. 3 on this machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from renderfit import paths
from renderfit.errors import ContextError, ConvergenceError
from renderfit.evaluation.gradient_scenes import DISTANCE, FIELD, torus
from renderfit.evaluation.peers import PEERS, available, time_step
from renderfit.geometry import Camera, Mesh, Pose
from renderfit.progress import progress
from renderfit.rendering import render
from renderfit.rendering.raster import Backend
from renderfit.rendering.shading import Shading
from renderfit.whole import write_json


def measure(
    vertices: Sequence[int] = (1000, 10000, 100000, 1000000),
    resolutions: Sequence[int] = (1024,),
    repeats: int = 5,
    backends: Sequence[Backend] = ("cpu", "gl"),
    shading: Shading = "lambert",
    peers: bool = True,
    longest: float = 60.0,
) -> dict[str, Any]:
    """Time one forward and backward pass, without the loss.

    Parameters
    ----------
    vertices, resolutions : sequences of int
        Sizes of the mesh (a torus that covers about 40 % of the image) and of the image [px].
    repeats : int
        The median of so many passes counts, after one that is not timed.
    backends : sequence of str
        Of ours; ``gl`` is left out, by name, where OpenGL cannot be used.
    shading : str
        Of ours; the mask is always rendered too.
    peers : bool
        Time the other renderers that can be imported.
    longest : float
        A peer whose pass took longer [s] is not asked for larger sizes.

    Returns
    -------
    dict
        ``rows`` {renderer, vertices, faces, resolution, forward_cpu_ms, backward_cpu_ms, cpu_ms, wall_ms},
        ``not_measured`` {renderer: reason}, ``machine``, ``versions``.

    References
    ----------
    Fig. 3 and section 3.1 of the paper.
    """
    rows: list[dict[str, Any]] = []
    missing = {name: reason for name, reason in available().items() if reason} if peers else {}
    sizes = [(count, size) for size in resolutions for count in vertices]
    used = []
    for backend in backends:
        try:
            render_once(backend)
            used.append(backend)
        except ContextError as problem:
            missing[f"renderfit ({backend})"] = str(problem)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for count, size in progress(sizes, "runtime"):
            rows += [_ours(count, size, repeats, backend, shading) for backend in used]
        for name in (name for name in PEERS if peers and name not in missing):
            rows += _peer(name, sizes, repeats, longest, missing)
    finally:
        torch.set_num_threads(threads)
    return {"rows": rows, "not_measured": missing, "machine": machine(), "versions": _versions(), "shading": shading, "repeats": repeats}


def render_once(backend: Backend) -> None:
    """Render a few pixels, so that a missing context is found before anything is timed."""
    points, faces = torus(60)
    render(Mesh(torch.from_numpy(points), torch.from_numpy(faces)), Camera.centred(8, 12.0), _pose(), backend=backend)


def _pose() -> Pose:
    return Pose.from_parts(torch.eye(3, dtype=torch.float64), torch.tensor([0.0, 0.0, DISTANCE], dtype=torch.float64))


def _camera(size: int) -> Camera:
    return Camera.centred(size, size * DISTANCE / FIELD)


def _ours(count: int, size: int, repeats: int, backend: Backend, shading: Shading) -> dict[str, Any]:
    mesh, size, upstream = prepare(count, size)
    forward, backward, wall = [], [], []
    for _ in range(repeats + 1):
        mesh.vertices.grad = None
        start = time.perf_counter()
        there, back = step(mesh, size, upstream, backend, shading)
        wall.append(time.perf_counter() - start)
        forward.append(there)
        backward.append(back)
    return _row(f"renderfit ({backend})", len(mesh.vertices), len(mesh.faces), size, forward[1:], backward[1:], wall[1:])


def prepare(count: int, size: int) -> tuple[Mesh, int, list[torch.Tensor]]:
    """Return a torus of about that many vertices, the image side [px] and the loss gradients of colour and mask."""
    points, faces = torus(count)
    mesh = Mesh(torch.tensor(points, dtype=torch.float32).requires_grad_(), torch.from_numpy(faces))
    return mesh, size, [torch.rand(size, size, 3), torch.rand(size, size)]


def step(mesh: Mesh, size: int, upstream: list[torch.Tensor], backend: Backend, shading: Shading = "lambert") -> tuple[float, float]:
    """Do one forward and one backward pass; return the processor time [s] of each."""
    start = time.process_time()
    frame = render(mesh, _camera(size), _pose(), shading, backend)
    middle = time.process_time()
    torch.autograd.backward([frame.rgb, frame.mask], upstream)
    return middle - start, time.process_time() - middle


def _row(name: str, vertices: int, faces: int, size: int, forward: list[float], backward: list[float], wall: list[float]) -> dict[str, Any]:
    total = [a + b for a, b in zip(forward, backward, strict=True)]
    row: dict[str, Any] = {"renderer": name, "vertices": vertices, "faces": faces, "resolution": size}
    row |= {"forward_cpu_ms": _ms(forward), "backward_cpu_ms": _ms(backward), "cpu_ms": _ms(total), "wall_ms": _ms(wall)}
    return row | {"cpu_ms_fastest": round(1e3 * min(total), 2)}


def _ms(seconds: list[float]) -> float:
    return round(1e3 * statistics.median(seconds), 2)


def _peer(name: str, sizes: list[tuple[int, int]], repeats: int, longest: float, missing: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for count, size in sizes:
        points, faces = torus(count)
        try:
            times = time_step(name, points + np.array([0, 0, DISTANCE]), faces, _camera(size), repeats)
        except ConvergenceError as problem:
            missing[f"{name} at {count} vertices, {size} px"] = f"not measured: {problem}"
            continue
        rows.append(_row(name, len(points), len(faces), size, times["cpu"], [0.0] * len(times["cpu"]), times["wall"]))
        if max(times["wall"]) > longest:
            break
    return rows


def machine() -> dict[str, Any]:
    """Describe the processor, its cores and the OpenGL renderer."""
    from renderfit.rendering.gl.context import describe

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    try:
        gl: dict[str, str] | str = describe()
    except ContextError as problem:
        gl = str(problem)
    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {"processor": model, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "opengl": gl, "cuda": cuda}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("renderfit", "torch", "numba", "numpy", "moderngl", "mitsuba", "drjit", "pytorch3d"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write(result: dict[str, Any], path: Path | None = None) -> Path:
    """Write the measurement to ``results/runtime.json``; the file appears whole or not at all."""
    path = path or paths.RESULTS / "runtime.json"
    write_json(path, result, sort_keys=True)
    return path
