"""CPU time before the first result, compiled code being in the cache: ``python benchmarks/watertight/warm_start.py``.

A process of its own imports torch and numba, then renderfit's name, makes a cube watertight at depth 5 twice and
says what each step cost. The start is our import plus the first call less the second, which is what the work
itself takes; whatever the first call imports counts. Bytecode is a cache too: the processes keep it.
Writes the medians to warm_start.csv beside itself.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

REPEATS = 7
TABLE = Path(__file__).with_name("warm_start.csv")
STEPS = """
import json, time
clock = [time.process_time()]
def mark(): clock.append(time.process_time())
import torch
mark()
import numba
mark()
import renderfit as rf
rf.make_watertight
mark()
corners = [[x, y, z] for x in (0.0, 1) for y in (0.0, 1) for z in (0.0, 1)]
faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
cube = rf.Mesh(corners, faces)
mark()
for _ in range(2):
    rf.make_watertight(cube, depth=5)
    mark()
print(json.dumps([b - a for a, b in zip(clock, clock[1:])]))
"""


def main() -> None:
    runs, around = [], {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(REPEATS + 1):  # the first may compile
        said = subprocess.run([sys.executable, "-c", STEPS], check=True, capture_output=True, text=True, env=around).stdout
        runs.append(json.loads(said))
    torch, numba, ours, mesh, first, second = (statistics.median(column) for column in zip(*runs[1:], strict=True))
    found = {
        "import torch": torch,
        "import numba": numba,
        "import renderfit": ours,
        "first call": first,
        "second call": second,
        "start": ours + mesh + first - second,
    }
    with TABLE.open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["step", "cpu_seconds"])
        table.writerows((step, f"{value:.3f}") for step, value in found.items())


if __name__ == "__main__":
    main()
