"""A chromium for each worker, and a watch for each test that uses one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.watch import Watch, launch_chromium

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that `-m "not browser"` needs no care in the tests."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


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


@pytest.fixture(scope="session")
def axe_script(repository: Path) -> str:
    """The source of axe-core, to be evaluated in a page; skips where npm never ran."""
    source = repository / "assets" / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        pytest.skip("axe-core is not installed (npm is missing)")
    return source.read_text(encoding="utf-8")
