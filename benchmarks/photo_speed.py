"""Photographs a second and the share of every step: ``python benchmarks/photo_speed.py [COUNT]`` writes results/photo_speed.json.

Paints training samples of the default data set (``artifacts/dataset``) at 64, 128 and 256 px, and photographs with all their
labels at 256 px, these by two processes at once too. CPU time counts, for others may use the same processor; what two processes
reached by the clock stands beside it, with the load of the machine before they began. Shares are of the profiler's time, which
it lengthens a little where calls are many and short.
"""

import cProfile
import json
import logging
import multiprocessing
import os
import platform
import pstats
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from renderfit import paths
from renderfit.geometry import Camera
from renderfit.provenance import provenance
from renderfit.rendering.photo import TRAINING, photograph
from renderfit.vision import stream
from renderfit.whole import write_json

LABELLED = "all labels at 256 px"
WORKERS = 2
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


def source() -> stream.Source:
    """Return the training samples of the default data set."""
    return stream.Source(stream.meshes_of(paths.ARTIFACTS / "dataset")[1])


def labelled(count: int, first: int = 0) -> None:
    """Take photographs with mask, depth, normals and coordinates."""
    subjects = [stream._subject(name) for names in source().meshes for name in names]
    for index in range(first, first + count):
        subject = subjects[index % len(subjects)]
        camera, pose = stream.window(subject, np.random.default_rng(index), 256)
        photograph(subject, Camera(256, 256, camera.fx, camera.fy, camera.cx, camera.cy), pose, index, TRAINING)


def cpu_of(count: int, first: int) -> float:
    """Return the CPU seconds of `labelled` in this process, meshes and kernels loaded before."""
    begin = time.process_time()
    labelled(count, first)
    return time.process_time() - begin


def together(count: int) -> dict[str, float]:
    """Return what `WORKERS` processes paint a second at once: by the slower one's CPU time, and by the clock."""
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("fork")) as pool:
        list(pool.map(cpu_of, [2] * WORKERS, range(WORKERS)))
        load, begin = os.getloadavg()[0], time.perf_counter()
        spent = list(pool.map(cpu_of, [count] * WORKERS, range(0, WORKERS * count, count)))
        wall = time.perf_counter() - begin
    whole = WORKERS * count
    return {"per_second": round(whole / max(spent), 1), "per_second_by_the_clock": round(whole / wall, 1), "load_before": round(load, 1)}


def processor() -> str:
    """Return the name of the processor."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main(count: int) -> None:
    """Log one JSON line per size and write them all."""
    torch.set_num_threads(1)
    samples = source()
    works: dict[str, Callable[[], object]] = {
        f"samples at {size} px": (lambda size=size: stream.paint_many(samples, 0, count, size)) for size in (64, 128, 256)
    }
    labelled(len([name for names in samples.meshes for name in names]))  # every mesh and kernel is loaded before the clocks start
    rows = []
    for what, work in {**works, LABELLED: lambda: labelled(count)}.items():
        begin = time.process_time()
        work()
        seconds = (time.process_time() - begin) / count
        line = {"what": what, "cpu_ms": round(1000 * seconds, 1), "per_second_and_process": round(1 / seconds, 1), "shares": shares(work)}
        rows.append(line)
        _log.info("%s", json.dumps(line))
    pair = {"what": LABELLED, "processes": WORKERS, **together(count)}
    _log.info("%s", json.dumps(pair))
    about = {"rows": rows, "together": pair, "photographs": count, "processor": processor(), "provenance": provenance(sections=["dataset"])}
    write_json(paths.RESULTS / "photo_speed.json", about)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
