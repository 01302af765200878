"""Loading of compiled kernels."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collector while the block runs.

    For the call of a kernel that may be the first one of the process: numba then sets itself up, makes a few
    hundred thousand small objects that all stay, and the collector would look again and again for garbage
    among them and those of torch, which takes a third of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
