"""What happens when things go wrong: damaged inputs by the thousand, killed runs, full disks, locked folders, several runs at once.

``python benchmarks/reliability.py`` writes ``results/reliability.json`` (about two minutes of one core). A case ends in
one of three ways: a result that passes its check, a message (an error of renderfit; exit status 1 or 2 of a command, no
traceback), or a defect: any other exception, a result that fails its check, a file half written, different bytes.
"""

import argparse
import json
import logging
import signal
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import faults
import fuzz
import numpy as np
import torch

from renderfit import paths
from renderfit.errors import RenderFitError
from renderfit.progress import progress
from renderfit.provenance import provenance
from renderfit.whole import write_json

COUNTS = {"mesh": 700, "soup": 600, "image": 600, "array": 400, "fit": 300}
LIMIT = 60
"""Longest CPU time for one case [s]; longer counts as a defect."""


def expired(*_):
    raise TimeoutError(f"longer than {LIMIT} s of CPU time")


def tally(name, cases, count):
    """Run `cases`, (kind, function) each, and count how they ended."""
    ended, defects, kinds, words = Counter(), [], set(), []
    start = time.process_time()
    for kind, run in progress(cases, name, count):
        kinds.add(kind)
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                fine = run()
            ended["result" if fine else "defect"] += 1
            if not fine:
                defects.append(f"{kind}: the result fails its check")
        except RenderFitError as problem:
            ended["message"] += 1
            words.append(len(str(problem).split()))
        except Exception as problem:
            ended["defect"] += 1
            defects.append(f"{kind}: {type(problem).__name__}: {problem}")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    logging.info("%s: %s, %.0f CPU s%s", name, dict(ended), time.process_time() - start, "".join(f"\n  {line}" for line in defects[:20]))
    return {
        "what": name,
        "cases": sum(ended.values()),
        "kinds": len(kinds),
        "results": ended["result"],
        "messages": ended["message"],
        "defects": ended["defect"],
        "median_words": int(np.median(words)) if words else 0,
        "defect_list": sorted(set(defects))[:20],
    }


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--share", type=float, default=1.0, help="part of the cases, for a quick look")
    options.add_argument("--only", choices=["fuzz", "faults"], help="measure one part, keep the other of --out as it is")
    options.add_argument("--out", type=Path, default=paths.RESULTS / "reliability.json")
    chosen = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("renderfit").setLevel(logging.CRITICAL)
    torch.set_num_threads(1)
    signal.signal(signal.SIGPROF, expired)
    counts = {name: max(1, round(chosen.share * n)) for name, n in COUNTS.items()}
    found = json.loads(chosen.out.read_text()) if chosen.only and chosen.out.is_file() else {"fuzz": [], "faults": []}
    with tempfile.TemporaryDirectory(prefix="renderfit-reliability-") as name:
        folder = Path(name)
        if chosen.only != "faults":
            rng = [np.random.default_rng([2026, k]) for k in range(5)]
            found["fuzz"] = [
                tally("mesh files, load_mesh", fuzz.mesh_files(counts["mesh"], rng[0], folder), counts["mesh"]),
                tally("triangle soups, make_watertight", fuzz.soups(counts["soup"], rng[1]), counts["soup"]),
                tally("image files, read_image", fuzz.image_files(counts["image"], rng[2], folder), counts["image"]),
                tally("arrays, segment", fuzz.segmentations(counts["array"], rng[3]), counts["array"]),
                tally("views, register", fuzz.registrations(counts["fit"], rng[4]), counts["fit"]),
            ]
        if chosen.only != "fuzz":
            found["faults"] = faults.every(folder)
    write_json(chosen.out, found | {"provenance": provenance()})


if __name__ == "__main__":
    main()
