"""A chromium for each worker, and a watch for each test that uses one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import reports
from tests.browser.watch import Watch, go, launch_chromium, wait_until

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


@pytest.fixture(scope="session")
def report_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's reports lie."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def small_report(report_folder: Path) -> Path:
    """Six runs; see ``reports.small``."""
    return reports.write(report_folder, "small", reports.small())


@pytest.fixture(scope="session")
def hostile_report(report_folder: Path) -> Path:
    """Names and keys that attack; see ``reports.hostile``."""
    return reports.write(report_folder, "hostile", reports.hostile())


@pytest.fixture(scope="session")
def many_report(report_folder: Path) -> Path:
    """1,500 runs; see ``reports.many``."""
    return reports.write(report_folder, "many", reports.many())


@pytest.fixture(scope="module")
def module_watch(browser: Browser) -> Iterator[Watch]:
    """A watch that lasts for the tests of a module; ``page`` looks at it after each of them."""
    watch = Watch(browser=browser)
    yield watch
    watch.close()


@pytest.fixture(scope="module")
def small_page(module_watch: Watch, small_report: Path) -> Page:
    """The small report, opened once for a module."""
    page = module_watch.open(small_report)
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    return page


@pytest.fixture
def page(small_page: Page, module_watch: Watch) -> Iterator[Page]:
    """The small report as it is when opened: an empty fragment resets every choice."""
    go(small_page, "")
    small_page.evaluate("window.scrollTo(0, 0)")
    small_page.evaluate("document.activeElement?.blur()")
    yield small_page
    complaints = [*module_watch.complaints]
    module_watch.complaints.clear()
    assert complaints == []
