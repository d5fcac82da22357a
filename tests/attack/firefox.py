"""A real Firefox, driven over WebDriver BiDi, with what the attacks ask of Playwright's page.

Playwright drives a Firefox of its own build only; Debian's speaks BiDi by itself over a WebSocket.
Here is as much of it as the attacks need: open, evaluate, move the mouse; and everything that a
report must never do is noted. Requests are seen before they are sent, `data:` addresses and
Firefox's own (`chrome:`, `resource:`) are inside the browser.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

_INSIDE = ("data:", "blob:", "about:", "chrome:", "resource:", "moz-")
_FUNCTION = re.compile(r"(?:async )?(?:\([^()]*\)|\w+) =>")
_PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_open_during_load": False,  # popups are to be seen, not blocked
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "security.csp.reporting.enabled": True,
}
_EVENTS = (
    "log.entryAdded",
    "network.beforeRequestSent",
    "browsingContext.userPromptOpened",
    "browsingContext.contextCreated",
    "browsingContext.load",
)


def find_firefox() -> str | None:
    """Return the path of Debian's Firefox."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def running_firefox(folder: Path) -> Iterator[Firefox]:
    """Start one with a fresh profile in the folder, and end it afterwards."""
    from websockets.sync.client import connect

    binary = find_firefox()
    assert binary is not None
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in _PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    words = ("--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port=0")
    process = subprocess.Popen(
        [binary, *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    try:
        says = (re.search(r"BiDi listening on (ws://\S+)", line) for line in process.stderr)
        address = next(found[1] for found in says if found)
        with connect(f"{address}/session", max_size=None) as socket:
            firefox = Firefox(socket=socket)
            firefox.send("session.new", capabilities={})
            firefox.context = firefox.send("browsingContext.getTree")["contexts"][0]["context"]
            firefox.send("session.subscribe", events=list(_EVENTS))
            yield firefox
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@dataclass(kw_only=True)
class Firefox:
    """One browser with one page; `complaints` is what it did wrong."""

    socket: ClientConnection
    complaints: list[str] = field(default_factory=list)
    context: str = ""
    address: str = ""
    _number: int = 0

    def send(self, method: str, **arguments: object) -> dict[str, Any]:
        """Send a command and return its result; events on the way are looked at."""
        self._number += 1
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": arguments}))
        while True:
            message = json.loads(self.socket.recv(timeout=180))
            if message.get("id") != self._number:
                self._look_at(message)
            elif message["type"] == "success":
                result: dict[str, Any] = message["result"]
                return result
            else:
                raise AssertionError(f"{method}: {message['error']}: {message['message']}")

    def _look_at(self, message: dict[str, Any]) -> None:
        name, event = message.get("method"), message.get("params", {})
        if name == "log.entryAdded" and event["level"] in ("error", "warn"):
            self.complaints.append(f"{event['type']} {event['level']}: {event['text']}")
        elif name == "network.beforeRequestSent":
            url = event["request"]["url"]
            if not url.startswith(_INSIDE) and url.split("#")[0] != self.address:
                self.complaints.append(f"request: {url}")
        elif name == "browsingContext.userPromptOpened":
            self.complaints.append(f"dialog: {event['message']}")
        elif name == "browsingContext.contextCreated" and event["context"] != self.context:
            self.complaints.append(f"popup or frame: {event['url']}")

    def open(self, path: Path, *, width: int = 1440, height: int = 300, fragment: str = "") -> None:
        """Open a file, from nothing: a change of the fragment alone would load nothing."""
        size = {"width": width, "height": height}
        self.send("browsingContext.setViewport", context=self.context, viewport=size)
        for url in ("about:blank", path.resolve().as_uri() + (f"#{fragment}" if fragment else "")):
            self.address = url.split("#")[0]
            self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, expression: str, argument: object = None) -> Any:
        """Return what a JavaScript expression, or a function of the argument, gives; as JSON."""
        body = expression if _FUNCTION.match(expression) else f"() => ({expression})"
        result = self.send(
            "script.callFunction",
            functionDeclaration=f"async (text) => JSON.stringify(await ({body})(JSON.parse(text)))",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise AssertionError(result["exceptionDetails"]["text"])
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    def wait_for_timeout(self, milliseconds: float) -> None:
        """Let the page go on."""
        time.sleep(milliseconds / 1000)

    def screenshot(self, path: Path) -> None:
        """Write what is seen of the page."""
        import base64

        found = self.send("browsingContext.captureScreenshot", context=self.context)
        path.write_bytes(base64.b64decode(found["data"]))

    @property
    def mouse(self) -> Mouse:
        """The pointer."""
        return Mouse(self)


@dataclass(frozen=True, slots=True)
class Mouse:
    """What Playwright's mouse is to the attacks."""

    firefox: Firefox

    def move(self, x: float, y: float) -> None:
        """Move to a place of the viewport."""
        self._act({"type": "pointerMove", "x": round(x), "y": round(y)})

    def down(self) -> None:
        """Press."""
        self._act({"type": "pointerDown", "button": 0})

    def up(self) -> None:
        """Let go."""
        self._act({"type": "pointerUp", "button": 0})

    def _act(self, action: dict[str, object]) -> None:
        source = {"type": "pointer", "id": "mouse", "actions": [action]}
        self.firefox.send("input.performActions", context=self.firefox.context, actions=[source])
