"""A headless Firefox driven over WebDriver BiDi, which it speaks by itself: the same methods as the Chromium of `browser`."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import websocket

NAMES = ("firefox", "firefox-esr")
PREFERENCES = {
    "security.fileuri.strict_origin_policy": False,  # the tests look into the frames of pages opened as files
    "webgl.force-enabled": True,
    "webgl.disabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "app.update.auto": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.aboutwelcome.enabled": False,
}
KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014"}
QUIET = ("file:", "data:", "blob:", "about:", "resource:", "chrome:", "moz-extension:")


def executable() -> str | None:
    """Return the path of an installed Firefox, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Firefox:
    """One page of a headless Firefox; use as a context manager."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self.size = (width, height)
        self.events: list[dict[str, Any]] = []
        self.number = 0

    def __enter__(self) -> Firefox:
        self.folder = tempfile.mkdtemp(prefix="renderfit-firefox-")
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(set_to)});" for name, set_to in PREFERENCES.items()]
        (Path(self.folder) / "user.js").write_text("\n".join(lines) + "\n")
        command = [str(executable()), "--headless", "--no-remote", "--profile", self.folder, "--remote-debugging-port=0", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"ws://127.0.0.1:{self._port()}/session"
        self.socket = websocket.create_connection(url, timeout=240, suppress_origin=True)
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent", "network.fetchError"])
        self.page = self.call("browsingContext.getTree")["contexts"][0]["context"]
        width, height = self.size
        self.call("browsingContext.setViewport", context=self.page, viewport={"width": width, "height": height})
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.call("browser.close")
        self.socket.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _port(self) -> int:
        path = Path(self.folder) / "WebDriverBiDiServer.json"
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                return int(json.loads(path.read_text())["ws_port"])
            time.sleep(0.1)
        raise RuntimeError(f"{executable()} did not open its debugging port within 120 s")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result; events that arrive meanwhile are kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        wanted = self.number
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == wanted:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['message']}")
                return message["result"]
            self.events.append(message)

    def open(self, url: str) -> None:
        """Load `url` and wait for its load event."""
        self.events.clear()
        self.call("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page; promises are waited for."""
        where = {"context": self.page}
        # in JSON, so that lists and objects come back as they are; statements with `const` stay local to this call
        text = f"(async () => JSON.stringify((await eval({json.dumps(expression)})) ?? null))()"
        found = self.call("script.evaluate", expression=text, target=where, awaitPromise=True, resultOwnership="none")
        if found["type"] == "exception":
            raise RuntimeError(f"{expression}: {found['exceptionDetails']['text']}")
        return json.loads(found["result"]["value"])

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
        steps = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
        self.call("input.performActions", context=self.page, actions=[{"type": "key", "id": "keyboard", "actions": steps}])

    def screenshot(self) -> bytes:
        """Return a PNG of the window."""
        return base64.b64decode(self.call("browsingContext.captureScreenshot", context=self.page)["data"])

    def pdf(self) -> bytes:
        """Return the page as PDF."""
        return base64.b64decode(self.call("browsingContext.print", context=self.page, background=True)["data"])

    def complaints(self) -> list[str]:
        """Return errors of the console and of scripts, and failed requests, since the last `open`."""
        self.evaluate("0")
        said = [e["params"] for e in self.events if e.get("method") == "log.entryAdded" and e["params"]["level"] == "error"]
        lost = [e["params"] for e in self.events if e.get("method") == "network.fetchError"]
        return [entry["text"] for entry in said] + [f"a request failed: {e['request']['url']} {e['errorText']}" for e in lost]

    def outside(self) -> list[str]:
        """Return requests that left this machine since the last `open`."""
        urls = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "network.beforeRequestSent"]
        return [url for url in urls if not url.startswith(QUIET)]
