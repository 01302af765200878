"""What keeps a stage's process well-behaved: it works alone in its root, ends with its parent, leaves the other cores alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from renderfit.errors import DataError
from renderfit.threads import ONE_THREAD


@contextlib.contextmanager
def alone(root: Path, patience: float = 5.0) -> Iterator[None]:
    """Hold the root's lock: two stages at once would write the same files.

    The lock ends with the process, however that ends. A stage whose parent was just killed needs a moment to
    notice; `patience` [s] is for that.

    Raises
    ------
    DataError
        If another process keeps the lock.
    """
    path = root / "build" / "stage.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + patience
    with path.open("a+") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    held.seek(0)
                    owner = held.read().strip() or "unknown"
                    raise DataError(
                        f"another stage is running in {root} (process {owner}); expected none: wait for it, or work in a clone"
                    ) from None
                time.sleep(0.1)
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


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
    for variable, count in ONE_THREAD.items():
        os.environ.setdefault(variable, count)
