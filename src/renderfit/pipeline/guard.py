"""What keeps a stage's process well-behaved: it ends with its parent and leaves the other cores alone."""

from __future__ import annotations

import os
import threading
import time

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def end_with_parent(interval: float = 0.5) -> None:
    """End this process when the one that started it is gone.

    A killed ``dvc repro`` would otherwise leave its stage running, which would go on writing while
    the next ``dvc repro`` starts the same stage again.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(interval)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def one_thread_each() -> None:
    """Let numeric libraries of this process and of its workers use one thread.

    The work of a stage is spread over processes; threads on top would fight for the same cores, and
    sums in a different order on a machine with more cores would change the last bits of results.
    """
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
