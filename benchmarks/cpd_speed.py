"""Cost and accuracy of non-rigid Coherent Point Drift beside other packages: writes results/cpd_speed.json.

python benchmarks/cpd_speed.py --peers FOLDER     # a folder with pycpd and rustcpd in it, if they are to be compared
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from renderfit.shapes import coherent_point_drift
from renderfit.shapes.cpd import frame

BETA, LAM, OUTLIERS, ITERATIONS = 0.3, 5.0, 0.1, 60


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


def score(moved: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(moved - truth, axis=1).mean())


def timed(call: Callable[[], np.ndarray], truth: np.ndarray) -> dict[str, float]:
    start = time.process_time()
    moved = call()
    return {"cpu_seconds": round(time.process_time() - start, 3), "error_rms_radii": round(score(moved, truth), 5)}


def ours(y: np.ndarray, x: np.ndarray, **options: object) -> np.ndarray:
    return coherent_point_drift(y, x, beta=BETA, lam=LAM, outliers=OUTLIERS, iterations=ITERATIONS, **options).points  # type: ignore[arg-type]


def peers(folder: str | None) -> dict[str, tuple[Callable[[np.ndarray, np.ndarray, int], np.ndarray], int, int]]:
    """Return per package how to call it, the largest set it is tried on and the iterations of that trial."""
    if folder is None:
        return {}
    sys.path.insert(0, folder)
    from pycpd import DeformableRegistration

    def pycpd(y: np.ndarray, x: np.ndarray, iterations: int) -> np.ndarray:
        return DeformableRegistration(X=x, Y=y, alpha=LAM, beta=BETA, w=OUTLIERS, max_iterations=iterations, tolerance=0).register()[0]

    import rustcpd

    def full(y: np.ndarray, x: np.ndarray, iterations: int) -> np.ndarray:
        return np.asarray(rust(y, x, iterations, None))

    def low(y: np.ndarray, x: np.ndarray, iterations: int) -> np.ndarray:
        return np.asarray(rust(y, x, iterations, 250))

    def rust(y: np.ndarray, x: np.ndarray, iterations: int, rank: int | None) -> np.ndarray:
        found = rustcpd.register_deformable(
            x, y, alpha=LAM, beta=BETA, low_rank=rank, low_rank_method="pivoted_cholesky", outlier_weight=OUTLIERS,
            max_iterations=iterations, tolerance=0.0, parallel=False,
        )  # fmt: skip
        return found.points

    return {"pycpd": (pycpd, 5000, 1), "rustcpd": (full, 5000, 2), "rustcpd rank 250": (low, 20000, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 5000, 20000, 100000])
    parser.add_argument("--packages", nargs="+", help="default: all")
    parser.add_argument("--out", default="results/cpd_speed.json")
    chosen = parser.parse_args()
    coherent_point_drift(*clouds(400)[:2], iterations=2)
    path = Path(chosen.out)
    rows = json.loads(path.read_text())["rows"] if path.is_file() else []
    others = peers(chosen.peers)
    for count in chosen.counts:
        y, x, truth = clouds(count)
        for name in chosen.packages or ["renderfit", "renderfit, 60 iterations", *others]:
            row: dict[str, object] = {"package": name, "points": count}
            if name == "renderfit":
                row |= {"iterations": "to 1e-5", **timed(lambda: ours(y, x), truth)}  # noqa: B023
            elif name == "renderfit, 60 iterations":
                row |= {"iterations": ITERATIONS, **timed(lambda: ours(y, x, coarse=None, tolerance=0), truth)}  # noqa: B023
            else:
                call, largest, few = others[name]
                if count > largest:
                    continue
                # a slow package gets a few iterations only: compare seconds per iteration
                steps = ITERATIONS if count <= 1000 else few
                row |= {"iterations": steps, **timed(lambda: call(y, x, steps), truth)}  # noqa: B023
            rows = [*(r for r in rows if (r["package"], r["points"]) != (name, count)), row]
            print(row, flush=True)
            content = {"beta": BETA, "lambda": LAM, "outliers": OUTLIERS, "rows": sorted(rows, key=lambda r: (r["package"], r["points"]))}
            path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
