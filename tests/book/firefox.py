"""A headless Firefox driven over WebDriver BiDi, which it speaks by itself: the same methods as the Chromium of `browser`."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import websocket
from renderfit_test_driven import Driven

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


def executable() -> str | None:
    """Return the path of an installed Firefox, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _command(profile: str) -> list[str]:
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(set_to)});" for name, set_to in PREFERENCES.items()]
    (Path(profile) / "user.js").write_text("\n".join(lines) + "\n")
    return [str(executable()), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank"]


class Firefox(Driven):
    """One page of a headless Firefox; use as a context manager."""

    CLOSE, REQUEST = "browser.close", "network.beforeRequestSent"
    QUIET = (*Driven.QUIET, "resource:", "chrome:", "moz-extension:")

    def __enter__(self) -> Firefox:
        port = self.start(_command, "WebDriverBiDiServer.json", lambda text: int(json.loads(text)["ws_port"]))
        url = f"ws://127.0.0.1:{port}/session"
        self.socket = websocket.create_connection(url, timeout=240, suppress_origin=True)
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent", "network.fetchError"])
        self.page = self.call("browsingContext.getTree")["contexts"][0]["context"]
        width, height = self.size
        self.call("browsingContext.setViewport", context=self.page, viewport={"width": width, "height": height})
        return self

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
