"""Garbage collection in processes that are ours: torch and its like make a million objects that live to the end."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG, MIDDLE, OLD = 50_000, 20, 50
"""Thresholds of the three generations; Python's own are 700, 10 and 10."""


def relax() -> None:
    """Look for garbage rarely in this process, and not at all at its end, where the system takes everything back.

    With Python's own thresholds a third of a short command's time goes into looking through modules
    that were just imported. For the processes of the command line and its workers; a library must not
    decide this for the program that imports it.
    """
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    atexit.unregister(gc.freeze)  # once, however often this is called
    atexit.register(gc.freeze)


@contextmanager
def paused() -> Iterator[None]:
    """Pause the collector while the block runs, in the program of whoever imports this.

    For the call of a kernel that may be the first one of the process: numba then sets itself up and makes a few
    hundred thousand small objects that all stay. Looking for garbage among them and those of torch, again and
    again, takes a third of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
