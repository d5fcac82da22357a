"""One chromium for a whole session, and a watch for each test that uses one.

A plugin of the tests rather than a conftest: Playwright allows one synchronous session a process,
and a fixture that two folders import would be two.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.watch import Watch, launch_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for the whole session."""
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def lenient_watch(browser: Browser) -> Iterator[Watch]:
    """A watch whose complaints the test itself looks at."""
    watch = Watch(browser=browser)
    yield watch
    watch.close()


@pytest.fixture
def watch(lenient_watch: Watch) -> Iterator[Watch]:
    """A watch that fails the test if a page did what a report must never do."""
    yield lenient_watch
    assert lenient_watch.complaints == []
