"""Opens pages in a real chromium and notes everything that a report must never do.

A watched page is opened from `file://`, offline. It complains about console errors and warnings,
page errors, breaches of the page's own Content-Security-Policy (chromium reports them on the
console), dialogs, popups, and every request but the one for the page itself. `data:` and `blob:`
addresses stay inside the browser and are fine.

Playwright's `wait_for_function` polls with `eval`, which a strict policy forbids; `wait_until` asks
from outside.
"""

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

_INSIDE = ("data:", "blob:", "about:")


def _machine_chromium() -> str | None:
    """Return the path of a chromium that starts; a stub of the name is none (see scripts/setup)."""
    path = shutil.which("chromium")
    if (
        path is None
        or subprocess.run([path, "--version"], capture_output=True, check=False).returncode
    ):
        return None
    return path


def launch_chromium(playwright: Playwright) -> Browser:
    """Start the machine's chromium, or Playwright's own where there is none."""
    return playwright.chromium.launch(
        executable_path=_machine_chromium(),
        args=["--disable-dev-shm-usage", "--font-render-hinting=none"],
    )


@dataclass(kw_only=True)
class Watch:
    """Opens pages and keeps what they did wrong; the fixture `watch` fails the test for it."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _addresses: dict[Page, str] = field(default_factory=dict)

    def open(
        self,
        path: Path,
        *,
        fragment: str = "",
        javascript: bool = True,
        theme: Literal["light", "dark"] = "light",
        width: int = 1440,
        height: int = 900,
        **options: Any,
    ) -> Page:
        """Open a file in a fresh, offline profile; `options` go to Playwright's `new_context`."""
        context = self.browser.new_context(
            offline=True,
            java_script_enabled=javascript,
            color_scheme=theme,
            viewport={"width": width, "height": height},
            locale="en-GB",
            timezone_id="UTC",
            **options,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        self._listen(page)
        self.reopen(page, path, fragment=fragment)
        return page

    def reopen(self, page: Page, path: Path, *, fragment: str = "") -> None:
        """Open another file in a page that was opened: a new profile costs 1.5 s of CPU."""
        address = self._addresses[page] = path.resolve().as_uri()
        page.goto(f"{address}#{fragment}" if fragment else address)

    def close(self) -> None:
        """Close every page that was opened."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        self._addresses.clear()

    def _listen(self, page: Page) -> None:
        complain = self.complaints.append

        def on_request(request: Request) -> None:
            if (
                not request.url.startswith(_INSIDE)
                and request.url.split("#")[0] != self._addresses[page]
            ):
                complain(f"request: {request.method} {request.url}")

        page.on("request", on_request)
        page.on(
            "console",
            lambda message: (
                complain(f"console {message.type}: {message.text}")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        page.on("pageerror", lambda error: complain(f"page error: {error}"))
        page.on("popup", lambda popup: complain(f"popup: {popup.url}"))
        page.on("crash", lambda _: complain("the page crashed"))

        def on_dialog(dialog: Any) -> None:
            complain(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", on_dialog)


def wait_until(page: Page, expression: str, *, seconds: float = 15) -> Any:
    """Ask the page until the JavaScript expression is true, and return its value."""
    end = time.monotonic() + seconds
    while not (value := page.evaluate(expression)):
        if time.monotonic() > end:
            raise AssertionError(f"still not true after {seconds:g} s: {expression}")
        page.wait_for_timeout(20)
    return value


def go(page: Page, fragment: str) -> None:
    """Set the page's fragment, and come back when its script has answered."""
    page.evaluate(
        """(fragment) => new Promise((done) => {
          if (location.hash.replace(/^#/, "") === fragment) return done();
          addEventListener("hashchange", () => setTimeout(done), { once: true });
          location.hash = fragment;
        })""",
        fragment,
    )
