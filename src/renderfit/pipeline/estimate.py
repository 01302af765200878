"""How long a stage takes: measured on the last run here, else the typical time of the default profile."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from renderfit import paths
from renderfit.whole import write_json

TYPICAL = {
    "dataset": (15.0, 10.0),
    "watertight": (40.0, 10.0),
    "shape_space": (40.0, 10.0),
    "views": (10.0, 5.0),
    "unet": (500.0, 30.0),
    "deepcpd": (70.0, 12.0),
    "register": (190.0, 25.0),
    "table1": (15.0, 10.0),
    "figures": (80.0, 60.0),
    "real": (10.0, 10.0),
    "book": (30.0, 25.0),
}
"""Seconds of each stage on two cores in the default and in any smaller profile: what a first run is told."""

_log = logging.getLogger(__name__)


def last_times() -> dict[str, float]:
    """Return the seconds each stage took when it last ran in this root (empty before the first run)."""
    try:
        found: dict[str, float] = json.loads(_store().read_text())
    except (OSError, ValueError):
        return {}
    return found


@contextlib.contextmanager
def announced(name: str, stages: Sequence[str]) -> Iterator[None]:
    """Log the start of a stage with an estimate and, when it succeeds, its end; keep the time for the next run."""
    known, first = last_times(), {stage: seconds[_small()] for stage, seconds in TYPICAL.items()}
    place = stages.index(name)
    here = known.get(name, first[name])
    rest = sum(known.get(later, first[later]) for later in stages[place:])
    basis = "as last time" if name in known else "first run here"
    _log.info("stage %d of %d, %s: about %s (%s); to the end at most %s", place + 1, len(stages), name, _words(here), basis, _words(rest))
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    _log.info("stage %d of %d, %s: done in %s", place + 1, len(stages), name, _words(seconds))
    write_json(_store(), last_times() | {name: round(seconds, 1)})


def _store() -> Path:
    return paths.ROOT / "build" / "stage-seconds.json"


def _small() -> bool:
    """Say whether this root is the workspace of a profile, ``build/<profile>``."""
    return paths.ROOT.parent.name == "build"


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
