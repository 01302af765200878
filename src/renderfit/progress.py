"""Progress that reads well both on a terminal and in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str, total: int | None = None, every: float = 10.0) -> Iterator[Item]:
    """Yield `items`; show a bar on a terminal, else a line at most every `every` seconds (stderr)."""
    count = total if total is not None else len(items)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        yield from tqdm(items, desc=label, total=count, leave=False)
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= every or (done == count and now - start >= every):
            left = (now - start) / done * (count - done)
            print(f"  {label}: {done}/{count}, about {left:.0f} s left", file=sys.stderr, flush=True)
            last = now
