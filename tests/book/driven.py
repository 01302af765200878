"""What the drivers of both engines share: a process with a profile of its own, and a socket of commands, answers and events."""

from __future__ import annotations

import abc
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Driven(abc.ABC):
    """One page of a headless browser; use as a context manager."""

    CLOSE, REQUEST = "", ""
    QUIET: tuple[str, ...] = ("file:", "data:", "blob:", "about:")
    """Command that ends the browser, event of a request, and beginnings of addresses that stay on this machine."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self.size = (width, height)
        self.events: list[dict[str, Any]] = []
        self.number = 0

    def start(self, command: Callable[[str], list[str]], note: str, port: Callable[[str], int]) -> int:
        """Start `command` with a profile of its own; return the port that `port` reads from the file `note` in the profile."""
        self.folder = tempfile.mkdtemp(prefix="renderfit-browser-")
        started = command(self.folder)
        self.process = subprocess.Popen(started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path, end = Path(self.folder) / note, time.monotonic() + 120
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError, IndexError):
                return port(path.read_text())
            time.sleep(0.05)
        raise RuntimeError(f"{started[0]} did not open its debugging port within 120 s")

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.call(self.CLOSE)
        self.socket.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result; events that arrive meanwhile are kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        wanted = self.number
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == wanted:
                if "error" in message:
                    error = message["error"]
                    raise RuntimeError(f"{method}: {error['message'] if isinstance(error, dict) else message['message']}")
                return message["result"]
            self.events.append(message)

    @abc.abstractmethod
    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page; promises are waited for."""

    def wait(self, expression: str, limit: float = 180.0) -> Any:
        """Return the value of `expression` as soon as it is true."""
        end = time.monotonic() + limit
        while not (found := self.evaluate(expression)):
            if time.monotonic() > end:
                raise RuntimeError(f"not true within {limit:.0f} s: {expression}")
            time.sleep(0.1)
        return found

    def outside(self) -> list[str]:
        """Return requests that left this machine since the last `open`."""
        urls = [event["params"]["request"]["url"] for event in self.events if event.get("method") == self.REQUEST]
        return [url for url in urls if not url.startswith(self.QUIET)]
