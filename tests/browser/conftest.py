"""Reports that several tests of the page look at, each written once a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import reports
from tests.browser.watch import Watch, go, wait_until

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that `-m "not browser"` needs no care in the tests."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


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


@pytest.fixture(scope="session")
def sweep_report(report_folder: Path) -> Path:
    """100 runs with histories; see ``reports.sweep``."""
    return reports.write(report_folder, "sweep", reports.sweep())


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
