"""Peak memory of one forward and backward pass, each case in a process of its own.

The kernel's high-water mark of the resident memory (``VmHWM``) is set back right before the pass and read right
after it, so that every allocation counts, whoever made it: numpy, torch, numba or the OpenGL driver.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from renderfit.errors import ConvergenceError
from renderfit.rendering.raster import Backend

CASES = ((1000, 1024), (1000, 2048), (100000, 1024), (1000000, 1024))
"""Vertices of the mesh and side of the image [px]."""

PIXEL, FACE = 60, 200
"""Bytes a pass may need per pixel of the image and per face of the mesh."""

PROCESS = Path("/proc/self")


def measure(cases: Sequence[tuple[int, int]] = CASES, backend: Backend = "cpu") -> list[dict[str, Any]]:
    """Return one row per case.

    Parameters
    ----------
    cases : sequence of (int, int)
        Vertices and side of the image [px].
    backend : {"cpu", "gl"}

    Returns
    -------
    list of dict
        ``vertices``, ``faces``, ``resolution``, ``bytes`` by which the first pass over a mesh raised the peak, neighbours of
        the faces included, mesh and loss gradients excluded; ``allowed`` bytes and their ``share``. Empty where the system
        keeps no such mark (it is Linux that does).

    Raises
    ------
    ConvergenceError
        If a pass failed; the message is the end of what it wrote.
    """
    if not (PROCESS / "clear_refs").exists():
        return []
    rows = []
    for count, size in cases:
        command = [sys.executable, "-m", "renderfit.evaluation.memory", str(count), str(size), backend]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        if ended.returncode:
            raise ConvergenceError(f"memory of {count} vertices at {size} px: status {ended.returncode}: {ended.stderr.strip()[-300:]}")
        row = json.loads(ended.stdout.splitlines()[-1])
        allowed = PIXEL * size**2 + FACE * row["faces"]
        rows.append(row | {"allowed": allowed, "share": round(row["bytes"] / allowed, 3)})
    return rows


def _status(key: str) -> int:
    """Return an entry of the process's status [bytes]."""
    line = next(line for line in (PROCESS / "status").read_text().splitlines() if line.startswith(key + ":"))
    return 1024 * int(line.split()[1])


def main(arguments: list[str]) -> None:
    """Measure one case; called by `measure` in a new process."""
    import torch

    from renderfit.evaluation.runtime import prepare, step

    count, size = int(arguments[0]), int(arguments[1])
    backend: Backend = "gl" if arguments[2] == "gl" else "cpu"
    torch.set_num_threads(1)
    step(*prepare(60, 8), backend)  # load the compiled kernels first
    case = prepare(count, size)
    (PROCESS / "clear_refs").write_text("5")
    before = _status("VmRSS")
    step(*case, backend)
    grown = _status("VmHWM") - before
    row = {"vertices": len(case[0].vertices), "faces": len(case[0].faces), "resolution": size, "bytes": grown}
    sys.stdout.write(json.dumps(row | {"renderer": f"renderfit ({backend})"}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
