"""axe-core finds nothing: light and dark, with and without script, with dialogs and menus open."""

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.watch import Watch, wait_until

READY = "document.documentElement.dataset.ready !== undefined"


def violations(page: Page, axe_script: str) -> list[Any]:
    """Run axe-core; each finding with the nodes that it is about."""
    page.evaluate(axe_script)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in found["violations"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_with_script(
    theme: Literal["light", "dark"], watch: Watch, small_report: Path, axe_script: str
) -> None:
    page = watch.open(small_report, theme=theme, bypass_csp=True)
    wait_until(page, READY)
    for figure in page.locator("figure[data-chart]").all():
        figure.scroll_into_view_if_needed()
    wait_until(page, "!document.querySelector('figure[data-chart]:not([data-drawn])')")
    page.get_by_role("switch", name="Differences only").click()
    assert violations(page, axe_script) == []


def test_other_views_dialogs_and_faults(watch: Watch, small_report: Path, axe_script: str) -> None:
    page = watch.open(small_report, fragment="b=2&t=1&o=0&s=c-", bypass_csp=True)
    wait_until(page, READY)
    page.get_by_role("searchbox", name="Filter runs").fill("metrics.auc >")
    page.get_by_role("button", name="Export").click()
    assert violations(page, axe_script) == []
    page.get_by_role("button", name="Columns", exact=True).click()
    assert violations(page, axe_script) == []


def test_a_long_table_and_a_phone(watch: Watch, many_report: Path, axe_script: str) -> None:
    page = watch.open(many_report, fragment="c=0-6.c-g", width=390, height=800, bypass_csp=True)
    wait_until(page, READY)
    page.get_by_role("button", name="Menu").click()
    assert violations(page, axe_script) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_without_script(
    theme: Literal["light", "dark"],
    watch: Watch,
    small_report: Path,
    axe_script: str,
    tmp_path: Path,
) -> None:
    # axe itself needs script, so the page's own is taken out instead of all being turned off.
    text = small_report.read_text(encoding="utf-8")
    file = tmp_path / "bare.html"
    file.write_text(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    page = watch.open(file, theme=theme, bypass_csp=True)
    assert not page.evaluate("document.documentElement.classList.contains('js')")
    assert violations(page, axe_script) == []
