"""A headless Chromium driven over its DevTools protocol: what a reader's browser would do, without a driver package."""

from __future__ import annotations

import base64
import json
import shutil
import time
import urllib.request
from typing import Any

import websocket
from renderfit_test_driven import Driven

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


class Browser(Driven):
    """One page of a headless Chromium; use as a context manager."""

    CLOSE, REQUEST = "Browser.close", "Network.requestWillBeSent"

    def _command(self, profile: str) -> list[str]:
        size = f"--window-size={self.size[0]},{self.size[1]}"
        return [str(executable()), *FLAGS, size, f"--user-data-dir={profile}", "about:blank"]

    def __enter__(self) -> Browser:
        port = self.start(self._command, "DevToolsActivePort", lambda text: int(text.splitlines()[0]))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            page = next(entry for entry in json.load(answer) if entry["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=240)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Target.setAutoAttach", autoAttach=False, waitForDebuggerOnStart=False)
        self.call("Emulation.setDeviceMetricsOverride", width=self.size[0], height=self.size[1], deviceScaleFactor=1, mobile=False)
        return self

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
