"""Photographs a second of one process, in CPU time, with the share of every step: ``python benchmarks/photo_speed.py [COUNT]``.

Paints training samples of the default data set (``artifacts/dataset``) at 64, 128 and 256 px, and fully labelled
photographs at 256 px. Shares are of the profiler's time, which it lengthens a little where calls are many and short.
"""

import cProfile
import json
import logging
import pstats
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from renderfit import paths
from renderfit.geometry import Camera
from renderfit.rendering.photo import TRAINING, photograph
from renderfit.vision import stream

STEPS = {
    "shading": ("resolve",),
    "rasterising": ("rasterize",),
    "camera effects": ("expose", "defocus"),
    "maps of shadow and dome": ("lamp_map", "dome_maps"),
    "shape and view": ("warped", "window", "_assemble"),
    "scene and materials": ("part_materials", "draw_props", "draw_backdrop", "draw_lights", "surface_materials"),
    "labels": ("labelled",),
}
_log = logging.getLogger("photo_speed")


def shares(paint: Callable[[], object]) -> dict[str, float]:
    """Return the share of the CPU time of each step; a lamp's map contains a rasterisation, and so do labels."""
    profile = cProfile.Profile(time.process_time)
    profile.runcall(paint)
    found = pstats.Stats(profile)
    own = {key[2]: value[3] for key, value in found.stats.items() if "renderfit" in key[0]}  # type: ignore[attr-defined]
    return {step: round(sum(own.get(name, 0.0) for name in names) / found.total_tt, 3) for step, names in STEPS.items()}  # type: ignore[attr-defined]


def main(count: int) -> None:
    """Print one JSON line per size."""
    torch.set_num_threads(1)
    source = stream.Source(stream.meshes_of(paths.ARTIFACTS / "dataset")[1])
    subjects = [stream._subject(name) for names in source.meshes for name in names]

    def labelled() -> None:
        for index in range(count):
            subject = subjects[index % len(subjects)]
            camera, pose = stream.window(subject, np.random.default_rng(index), 256)
            photograph(subject, Camera(256, 256, camera.fx, camera.fy, camera.cx, camera.cy), pose, index, TRAINING)

    works: dict[str, Callable[[], object]] = {
        f"samples at {size} px": (lambda size=size: stream.paint_many(source, 0, count, size)) for size in (64, 128, 256)
    }
    for what, work in {**works, "all labels at 256 px": labelled}.items():
        stream.paint_many(source, 0, 2, 64)
        begin = time.process_time()
        work()
        seconds = (time.process_time() - begin) / count
        line = {"what": what, "cpu_ms": round(1000 * seconds, 1), "per_second_and_process": round(1 / seconds, 1), "shares": shares(work)}
        _log.info("%s", json.dumps(line))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
