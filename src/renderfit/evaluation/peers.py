"""Other differentiable renderers as one step each, for the runtime figure (Fig. 3); used when importable.

A peer is a function of (vertices (V, 3) in the camera frame, faces (F, 3), camera, loss weight (H, W))
that returns a step: one forward and backward pass of the weighted sum of a silhouette or shaded image
down to the vertices. Nothing here is a dependency of renderfit.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renderfit.errors import ConvergenceError
from renderfit.geometry import Camera

Step = Callable[[], Any]


def mitsuba(vertices: NDArray[np.float64], faces: NDArray[np.int64], camera: Camera, weight: NDArray[np.float64]) -> Step:
    """Mitsuba 3, ``direct_projective`` integrator (boundary terms included), one sample a pixel, on LLVM."""
    import drjit as dr  # type: ignore[import-not-found]
    import mitsuba as mi  # type: ignore[import-not-found]

    mi.set_variant("llvm_ad_rgb")
    mesh = mi.Mesh("mesh", len(vertices), len(faces))
    entries = mi.traverse(mesh)
    entries["vertex_positions"] = mi.Float(np.ascontiguousarray(vertices, np.float32).ravel())
    entries["faces"] = mi.UInt32(np.ascontiguousarray(faces, np.uint32).ravel())
    entries.update()
    film = {
        "type": "hdrfilm",
        "width": camera.width,
        "height": camera.height,
        "rfilter": {"type": "box"},
        "pixel_format": "rgb",
        "sample_border": True,
    }
    fov = float(np.degrees(2 * np.arctan(camera.width / (2 * camera.fx))))
    towards = mi.ScalarTransform4f().look_at(origin=[0, 0, 0], target=[0, 0, 1], up=[0, -1, 0])
    scene = mi.load_dict(
        {
            "type": "scene",
            "integrator": {"type": "direct_projective", "sppi": 0},
            "light": {"type": "point", "position": [-0.2, -0.4, -0.5], "intensity": {"type": "rgb", "value": 1.0}},
            "sensor": {"type": "perspective", "fov": fov, "fov_axis": "x", "to_world": towards, "film": film, "near_clip": 0.01},
            "mesh": mesh,
        }
    )
    params = mi.traverse(scene)
    key = next(name for name in params.keys() if name.endswith("vertex_positions"))  # noqa: SIM118 - no iteration over params itself
    tensor = mi.TensorXf(np.repeat(weight[..., None].astype(np.float32), 3, axis=2))

    def step() -> Any:
        dr.enable_grad(params[key])
        params.update()
        image = mi.render(scene, params, spp=1)
        dr.backward(dr.sum(image * tensor, axis=None))
        return np.asarray(dr.grad(params[key]))

    return step


def pytorch3d(vertices: NDArray[np.float64], faces: NDArray[np.int64], camera: Camera, weight: NDArray[np.float64]) -> Step:
    """PyTorch3D, soft silhouettes with its default blur and 50 faces a pixel."""
    from pytorch3d.renderer import (  # type: ignore[import-not-found]
        BlendParams,
        MeshRasterizer,
        PerspectiveCameras,
        RasterizationSettings,
        SoftSilhouetteShader,
    )
    from pytorch3d.structures import Meshes  # type: ignore[import-not-found]

    turn = torch.diag(torch.tensor([-1.0, -1.0, 1.0]))[None]
    size = ((camera.height, camera.width),)
    cameras = PerspectiveCameras(
        ((camera.fx, camera.fy),), ((camera.cx, camera.cy),), turn, torch.zeros(1, 3), in_ndc=False, image_size=size
    )
    blend = BlendParams(sigma=1e-4, gamma=1e-4)
    settings = RasterizationSettings(image_size=size[0], blur_radius=float(np.log(1 / 1e-4 - 1) * 1e-4), faces_per_pixel=50)
    rasterizer, shader = MeshRasterizer(cameras, settings), SoftSilhouetteShader(blend)
    points, triangles = torch.tensor(vertices, dtype=torch.float32), torch.tensor(faces)
    w = torch.tensor(weight, dtype=torch.float32)

    def step() -> Any:
        moving = points.clone().requires_grad_()
        meshes = Meshes([moving], [triangles])
        image = shader(rasterizer(meshes), meshes)[0, ..., 3]
        return torch.autograd.grad((image * w).sum(), moving)

    return step


PEERS: dict[str, tuple[str, Callable[..., Step] | None]] = {
    "PyTorch3D": ("pytorch3d", pytorch3d),
    "Mitsuba 3": ("mitsuba", mitsuba),
    "SoftRas": ("soft_renderer", None),
    "nvdiffrast": ("nvdiffrast", None),
    "DRTK": ("drtk", None),
}
"""Display name -> module to look for, and its step; None: it runs on CUDA only (or as a build of one's own)."""


def available() -> dict[str, str]:
    """Return why each peer is not measured here; an empty text means that it is."""
    answers = {}
    for name, (module, make) in PEERS.items():
        if importlib.util.find_spec(module) is None:
            answers[name] = f"not measured: no module named {module}"
        elif make is None:
            answers[name] = (
                "not measured: needs CUDA, or has no step here" if not torch.cuda.is_available() else "not measured: no step here"
            )
        else:
            answers[name] = ""
    return answers


def time_step(name: str, vertices: NDArray[np.float64], faces: NDArray[np.int64], camera: Camera, repeats: int) -> dict[str, list[float]]:
    """Time a peer in a process of its own, since some end the process when they fail.

    Returns
    -------
    dict
        ``cpu`` and ``wall`` [s] per pass, after one that is not timed.

    Raises
    ------
    ConvergenceError
        If the process failed; the message is the end of what it wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.npz"
        np.savez(file, vertices=vertices, faces=faces, camera=json.dumps(dataclasses.asdict(camera)))
        command = [sys.executable, "-m", "renderfit.evaluation.peers", name, str(file), str(repeats)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    # peers write messages, too, and leave the codes of their colours at the start of the next line
    lines = [line[line.index('{"cpu"') :] for line in ended.stdout.splitlines() if '{"cpu"' in line]
    if ended.returncode or not lines:
        raise ConvergenceError(f"{name} failed with status {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return json.loads(lines[-1])


def main(arguments: list[str]) -> None:
    """Time one case; called by `time_step` in a new process."""
    name, file, repeats = arguments
    make = PEERS[name][1]
    with np.load(file) as case:
        camera = Camera(**json.loads(str(case["camera"])))
        weight = np.random.default_rng(0).random((camera.height, camera.width))
        step = make(case["vertices"], case["faces"], camera, weight) if make is not None else list
    step()
    cpu, wall = [], []
    for _ in range(int(repeats)):
        start, begin = time.perf_counter(), time.process_time()
        step()
        cpu.append(time.process_time() - begin)
        wall.append(time.perf_counter() - start)
    sys.stdout.write(json.dumps({"cpu": cpu, "wall": wall}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
