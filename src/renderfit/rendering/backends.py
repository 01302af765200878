"""Which rasteriser answers: by name, or by costs that were measured."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from renderfit.errors import ConfigError, ContextError
from renderfit.provenance import NUMBA, note_renderer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cost:
    """Time of one call: fixed [ms], per face [ns] and per pixel [ns]."""

    fixed: float
    face: float
    pixel: float

    def of(self, faces: int, pixels: int) -> float:
        """Return the time [ms] for a scene of that many faces and an image of that many pixels."""
        return self.fixed + 1e-6 * (self.face * faces + self.pixel * pixels)


COSTS = {
    "cpu": Cost(0.3, 55.0, 4.0),
    "software": Cost(1.5, 230.0, 6.0),
    "hardware": Cost(1.0, 8.0, 1.0),
}
"""Per rasteriser: numba, OpenGL on the processor (llvmpipe), OpenGL on a graphics card. The first two are
measured (`measure_costs`); the third is an estimate of upload and read-back, until it is measured."""


def choose(backend: str, faces: int, pixels: int) -> Literal["gl", "cpu"]:
    """Return the rasteriser to use for a scene of that many faces and pixels.

    With ``auto`` the answer depends on the size and on the kind of OpenGL only, never on timings of the
    moment, so that a run can be repeated bit by bit.

    Raises
    ------
    ConfigError
        If the name is unknown.
    """
    if backend not in ("auto", "gl", "cpu"):
        raise ConfigError(f"backend is {backend!r}; expected auto, gl or cpu")
    if backend == "auto":
        kind = "hardware" if hardware_gl() else "software"
        backend = "gl" if COSTS[kind].of(faces, pixels) < COSTS["cpu"].of(faces, pixels) else "cpu"
    if backend == "gl":  # its context notes the driver's name
        return "gl"
    note_renderer(NUMBA)
    return "cpu"


@functools.cache
def hardware_gl() -> bool:
    """Tell whether OpenGL runs on a graphics card here (looked up once a process)."""
    if not (any(Path("/dev/dri").glob("renderD*")) or Path("/dev/nvidiactl").exists()):
        return False
    from renderfit.rendering.gl.context import describe

    try:
        renderer = describe()["renderer"]
    except ContextError as problem:
        log.info("numba rasteriser, since OpenGL is not usable: %s", problem)
        return False
    return not any(name in renderer.lower() for name in ("llvmpipe", "softpipe", "swrast"))


def measure_costs(backend: Literal["gl", "cpu"], repeats: int = 3) -> Cost:
    """Measure a rasteriser on this machine; assign the answer to `COSTS` to make ``auto`` use it.

    Parameters
    ----------
    backend : {"gl", "cpu"}
    repeats : int
        The fastest of so many runs counts.
    """
    from renderfit.geometry import Camera
    from renderfit.rendering.raster import rasterize_pixels

    def run(side: int, size: int) -> float:
        row, column = np.mgrid[: side + 1, : side + 1] / side * size
        h = np.stack([column.ravel(), row.ravel(), np.ones(column.size), np.ones(column.size)], axis=1)
        corner = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).reshape(-1, 1)
        faces = np.concatenate([corner + np.array([0, 1, side + 1]), corner + np.array([1, side + 2, side + 1])])
        camera, times = Camera.centred(size, size), []
        for _ in range(repeats + 1):
            start = time.process_time()
            rasterize_pixels(h, faces, camera, backend)
            times.append(1e3 * (time.process_time() - start))
        return min(times[1:])

    few, wide, many = run(4, 64), run(4, 1024), run(300, 64)
    pixel = max(wide - few, 0.0) / (1024**2 - 64**2) * 1e6
    face = max(many - few, 0.0) / (2 * 300**2 - 2 * 4**2) * 1e6
    return Cost(max(few - 1e-6 * pixel * 64**2, 0.0), face, pixel)
