"""Everything that needs a GPU, in one command: ``python benchmarks/gpu_check.py --out gpu.json``.

Parity of the torch path on the device with numba on the processor, repeatability, and times with the id texture of OpenGL
shared with CUDA and read back. ``--device cpu --vertices 1000`` is a dry run of the same code on a machine without a GPU.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from renderfit.errors import ContextError
from renderfit.evaluation.gradient_scenes import scene
from renderfit.evaluation.runtime import machine
from renderfit.geometry import Mesh
from renderfit.pipeline.doctor import doctor
from renderfit.rendering import devices, render
from renderfit.rendering.gl import context, sharing


def images_and_gradients(name: str, vertices: int, size: int, device: str, backend: str) -> dict[str, Tensor]:
    """Render one of the gradient scenes; return channels and gradients on the processor."""
    view = scene(name, vertices, size)
    points = view.mesh.vertices.double().to(device).requires_grad_()
    mesh = Mesh(points, view.mesh.faces.to(device), None if view.mesh.colors is None else view.mesh.colors.to(device))
    frame = render(mesh, view.camera, view.pose, "lambert", backend)
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(len(mesh.faces), 2, dtype=torch.float64, generator=generator).to(device)
    texture = torch.rand(32, 32, 3, dtype=torch.float64, generator=generator).to(device).requires_grad_()
    coordinates = points.detach()[:, :2] / view.mesh.diagonal()
    found = {"rgb": frame.rgb, "mask": frame.mask, "depth": frame.depth, "normals": frame.normals, "barycentrics": frame.barycentrics}
    found |= {"faces": frame.interpolate(values, per_face=True), "textured": frame.textured(coordinates, texture)}
    weight = torch.rand(size, size, 1, dtype=torch.float64, generator=generator).to(device)
    for key in ("rgb", "mask", "depth", "faces", "textured"):
        image = found[key] if found[key].ndim == 3 else found[key][..., None]
        (found[f"{key}_gradient"],) = torch.autograd.grad((image * weight).sum(), points, retain_graph=True)
    (found["texture_gradient"],) = torch.autograd.grad((found["textured"] * weight).sum(), texture)
    return {key: value.detach().cpu() for key, value in (found | {"face_id": frame.face_id}).items()}


def parity(device: str, cases: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Compare the device with the processor over the same visibility, OpenGL's with numba's, and a second run with the first."""
    rows = []
    for name, vertices, size in cases:
        with_kinds({"cuda"})
        wanted = images_and_gradients(name, vertices, size, "cpu", "cpu")
        with_kinds({"cuda", device})
        found, again = (images_and_gradients(name, vertices, size, device, "cpu") for _ in range(2))
        row: dict[str, Any] = {"scene": name, "vertices": vertices, "resolution": size}
        row["difference"] = {
            key: float((found[key] - wanted[key]).abs().max() / wanted[key].abs().max().clamp(min=1e-300)) for key in wanted
        }
        row["repeatable"] = all(torch.equal(found[key], again[key]) for key in found)
        ids = {}
        for switch in ("on", "off"):
            try:
                ids[switch] = with_sharing(switch, lambda: images_and_gradients(name, vertices, size, device, "gl")["face_id"])  # noqa: B023
            except ContextError as problem:
                row["gl"] = str(problem)
        if len(ids) == 2:
            row["shared_ids_equal_read_back"] = bool(torch.equal(ids["on"], ids["off"]))
            row["gl_ids_as_numba"] = float((ids["on"] == wanted["face_id"]).double().mean())
        rows.append(row)
    return rows


def with_kinds(kinds: set[str]) -> None:
    """Set the kinds of device on which torch operations answer."""
    devices.BY_TORCH.clear()
    devices.BY_TORCH.update(kinds)


def with_sharing(switch: str, work: Callable[[], Any]) -> Any:
    """Return what `work` returns with sharing on or off, in a new context."""
    os.environ[sharing.SWITCH] = switch
    context.release()
    return work()


def times(device: str, vertices: int, size: int, backend: str, repeats: int) -> dict[str, Any]:
    """Return medians of the wall time [ms] of forward and backward, float32, the device waited for."""
    view = scene("torus", vertices, size)
    mesh = Mesh(view.mesh.vertices.float().to(device).requires_grad_(), view.mesh.faces.to(device))
    upstream = [torch.rand(size, size, 3).to(device), torch.rand(size, size).to(device)]
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    forward, backward = [], []
    for _ in range(repeats + 2):
        wait()
        start = time.perf_counter()
        frame = render(mesh, view.camera, view.pose, "lambert", backend)
        wait()
        middle = time.perf_counter()
        torch.autograd.backward([frame.rgb, frame.mask], upstream)
        wait()
        forward.append(middle - start)
        backward.append(time.perf_counter() - middle)
    there, back = (round(1e3 * statistics.median(each[2:]), 3) for each in (forward, backward))
    return {"vertices": vertices, "resolution": size, "forward_ms": there, "backward_ms": back, "wall_ms": round(there + back, 3)}


def main() -> None:
    """Measure, write and print the answer as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--vertices", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    asked = parser.parse_args()
    few = min(3000, max(asked.vertices))
    answer: dict[str, Any] = {"machine": machine(), "doctor": doctor(), "times": []}
    answer["parity"] = parity(asked.device, [(name, few, min(asked.size, 256)) for name in ("torus", "two", "crossing")])
    with_kinds({"cuda", asked.device})
    for vertices, size in [*((count, asked.size) for count in asked.vertices), (few, min(asked.size, 256))]:
        for label, backend, switch in (("numba ids", "cpu", "on"), ("gl shared", "gl", "on"), ("gl read back", "gl", "off")):
            try:
                row = with_sharing(switch, lambda: times(asked.device, vertices, size, backend, asked.repeats))  # noqa: B023
            except ContextError as problem:
                row = {"vertices": vertices, "resolution": size, "error": str(problem)}
            answer["times"].append({"how": label} | row)
    text = json.dumps(answer, indent=1)
    asked.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
