"""A headless Chromium driven over its DevTools protocol: what a reader's browser would do, without a driver package."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--allow-file-access-from-files",
    "--remote-allow-origins=*",
    "--remote-debugging-port=0",
    "--force-color-profile=srgb",
)


def executable() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a headless Chromium; use as a context manager."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self.size = (width, height)
        self.events: list[dict[str, Any]] = []
        self.number = 0

    def __enter__(self) -> Browser:
        self.folder = tempfile.mkdtemp(prefix="renderfit-chromium-")
        size = f"--window-size={self.size[0]},{self.size[1]}"
        command = [str(executable()), *FLAGS, size, f"--user-data-dir={self.folder}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self._port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            page = next(entry for entry in json.load(answer) if entry["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=240)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Target.setAutoAttach", autoAttach=False, waitForDebuggerOnStart=False)
        self.call("Emulation.setDeviceMetricsOverride", width=self.size[0], height=self.size[1], deviceScaleFactor=1, mobile=False)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        self.socket.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _port(self) -> int:
        path = Path(self.folder) / "DevToolsActivePort"
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if path.exists() and (lines := path.read_text().splitlines()):
                return int(lines[0])
            time.sleep(0.05)
        raise RuntimeError(f"{executable()} did not open its debugging port within 60 s")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result; events that arrive meanwhile are kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        wanted = self.number
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == wanted:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def open(self, url: str, limit: float = 180.0) -> None:
        """Load `url` and wait for its load event and the requests it starts."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        end = time.monotonic() + limit
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > end:
                raise RuntimeError(f"{url} did not load within {limit:.0f} s")
            self.evaluate("0")
            time.sleep(0.05)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page; promises are waited for."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"{expression}: {found['exceptionDetails'].get('exception', {}).get('description')}")
        return found["result"].get("value")

    def wait(self, expression: str, limit: float = 180.0) -> Any:
        """Return the value of `expression` as soon as it is true."""
        end = time.monotonic() + limit
        while not (found := self.evaluate(expression)):
            if time.monotonic() > end:
                raise RuntimeError(f"not true within {limit:.0f} s: {expression}")
            time.sleep(0.1)
        return found

    def press(self, key: str) -> None:
        """Press and release a key."""
        code = {"ArrowLeft": 37, "ArrowRight": 39}[key]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, whole: bool = False) -> bytes:
        """Return a PNG of the window, or of the `whole` page."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"])

    def pdf(self) -> bytes:
        """Return the page as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def complaints(self) -> list[str]:
        """Return console errors, exceptions and failed requests since the last `open`."""
        self.evaluate("0")
        found = []
        for event in self.events:
            kind, given = event.get("method"), event.get("params", {})
            if kind == "Runtime.exceptionThrown":
                found.append(str(given["exceptionDetails"].get("exception", {}).get("description", given["exceptionDetails"]["text"])))
            elif kind == "Runtime.consoleAPICalled" and given["type"] == "error":
                found.append(" ".join(str(entry.get("value", entry.get("description"))) for entry in given["args"]))
            elif kind == "Log.entryAdded" and given["entry"]["level"] == "error":
                found.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")
            elif kind == "Network.loadingFailed" and not given.get("canceled"):
                found.append(f"a request failed: {given['errorText']}")
        return found

    def outside(self) -> list[str]:
        """Return requests that left this machine since the last `open`."""
        urls = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(("file:", "data:", "blob:", "about:"))]
