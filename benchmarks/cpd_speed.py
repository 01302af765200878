"""Cost and accuracy of non-rigid Coherent Point Drift beside other packages: writes results/cpd_speed.json.

    python -m venv FOLDER && FOLDER/bin/pip install pycpd==2.0.0 rustcpd==4.0.0     # outside the repository; either may be left out
    python benchmarks/cpd_speed.py --peers FOLDER/lib/python3.11/site-packages

Every row is measured in a process of its own, on one thread, after a small run that loads the compiled code: CPU seconds,
and the largest resident memory of that process. A package that would take minutes at a size runs a few iterations there:
its time is that of one iteration and 59 times what each further one took (`scaled`), and its error says nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from renderfit.provenance import provenance
from renderfit.shapes import coherent_point_drift
from renderfit.shapes.clouds import frame

BETA, LAM, OUTLIERS, ITERATIONS = 0.3, 5.0, 0.1, 60
DEFAULT, LEVEL = "renderfit", "renderfit, 60 iterations"
"""As it comes, with a coarse level first; and one level, to the end, without a tolerance."""
LARGEST = {"pycpd": 5000, "rustcpd": 5000, "rustcpd rank 250": 20000, LEVEL: 20000, DEFAULT: 10**9}
WHOLE = {"pycpd": 1000, "rustcpd": 1000, "rustcpd rank 250": 5000, LEVEL: 10**9, DEFAULT: 10**9}
"""Per package the largest set it is tried on, and the largest on which it runs all iterations."""
FEW = 2
Registration = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def clouds(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bumpy ellipsoid of unit RMS radius, other points on its smooth deformation, and where each template point belongs."""
    generator = np.random.default_rng(count)

    def surface() -> np.ndarray:
        points = generator.normal(size=(count, 3))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        return points * (1 + 0.15 * np.sin(4 * points[:, :1]) * np.cos(3 * points[:, 1:2])) * [1.0, 0.7, 1.3]

    def deform(points: np.ndarray) -> np.ndarray:
        return points * [1.1, 0.9, 1.05] + 0.08 * np.sin(2.5 * points[:, ::-1])

    template = surface()
    centre, radius = frame(template)
    return (template - centre) / radius, (deform(surface()) - centre) / radius, (deform(template) - centre) / radius


def registration(name: str) -> Registration:
    """Return how `name` registers y to x in so many iterations."""
    if name == "pycpd":
        from pycpd import DeformableRegistration

        return lambda y, x, steps: DeformableRegistration(
            X=x, Y=y, alpha=LAM, beta=BETA, w=OUTLIERS, max_iterations=steps, tolerance=0
        ).register()[0]
    if name.startswith("rustcpd"):
        import rustcpd

        rank = 250 if name.endswith("250") else None
        return lambda y, x, steps: np.asarray(
            rustcpd.register_deformable(
                x, y, alpha=LAM, beta=BETA, low_rank=rank, low_rank_method="pivoted_cholesky", outlier_weight=OUTLIERS,
                max_iterations=steps, tolerance=0.0, parallel=False,
            ).points
        )  # fmt: skip
    options = {} if name == DEFAULT else {"coarse": None, "tolerance": 0.0}
    return lambda y, x, steps: coherent_point_drift(y, x, beta=BETA, lam=LAM, outliers=OUTLIERS, iterations=steps, **options).points


def measure(name: str, count: int) -> dict[str, object]:
    """Return one row; call it in a fresh process."""
    call, (y, x, truth) = registration(name), clouds(count)
    call(*clouds(400)[:2], 2)
    row: dict[str, object] = {"package": name, "points": count, "scaled": count > WHOLE[name]}
    if row["scaled"]:
        first, each = _seconds(call, y, x, 1)[0], 0.0
        more, _ = _seconds(call, y, x, 1 + FEW)
        each = max(more - first, 0.0) / FEW
        row |= {"iterations": 1 + FEW, "cpu_seconds": round(first + (ITERATIONS - 1) * each, 3), "error_rms_radii": None}
    else:
        seconds, moved = _seconds(call, y, x, ITERATIONS)
        error = float(np.linalg.norm(moved - truth, axis=1).mean())
        row |= {"iterations": ITERATIONS, "cpu_seconds": round(seconds, 3), "error_rms_radii": round(error, 5)}
    return {**row, "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def _seconds(call: Registration, y: np.ndarray, x: np.ndarray, steps: int) -> tuple[float, np.ndarray]:
    start = time.process_time()
    moved = call(y, x, steps)
    return time.process_time() - start, moved


def ratios(rows: list[dict[str, object]]) -> dict[str, float]:
    """Return how many times the CPU seconds of `DEFAULT` each other package took at each size."""
    seconds = {(str(r["package"]), int(str(r["points"]))): float(str(r["cpu_seconds"])) for r in rows}
    return {
        f"{name} at {count}": round(spent / seconds[DEFAULT, count], 2)
        for (name, count), spent in seconds.items()
        if name != DEFAULT and (DEFAULT, count) in seconds
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="", help="folder with pycpd and rustcpd in it")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 5000, 20000, 100000])
    parser.add_argument("--packages", nargs="+", default=list(LARGEST), choices=list(LARGEST))
    parser.add_argument("--out", type=Path, default=Path("results/cpd_speed.json"))
    parser.add_argument("--one", action="store_true", help="print one row: of the first package at the first count")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.packages[0], chosen.counts[0])))
        return
    whole = chosen.counts == parser.get_default("counts") and chosen.packages == list(LARGEST)
    rows = [] if whole or not chosen.out.is_file() else json.loads(chosen.out.read_text())["rows"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), chosen.peers]))
    for count in chosen.counts:
        for name in chosen.packages:
            if count > LARGEST[name] or ("renderfit" not in name and not chosen.peers):
                continue
            command = [sys.executable, __file__, "--one", "--packages", name, "--counts", str(count)]
            done = subprocess.run(command, env={**os.environ, **threads, "PYTHONPATH": path}, capture_output=True, text=True, check=True)
            row = json.loads(done.stdout)
            print(row, flush=True)
            rows = sorted(
                [*(r for r in rows if (r["package"], r["points"]) != (name, count)), row], key=lambda r: (r["package"], r["points"])
            )
            content = {"beta": BETA, "lambda": LAM, "outliers": OUTLIERS, "ratios": ratios(rows), "rows": rows}
            chosen.out.write_text(json.dumps({"provenance": provenance(), **content}, indent=1) + "\n")


if __name__ == "__main__":
    main()
