"""Each layer alone: the policy without the escaping, the escaping without the policy, and neither.

The third is the control: where nothing protects, the harness must see what the others prevent, or
it is blind. A page of one string each, since one unclosed comment would swallow all others; the
packed scripts are left out, which no payload needs.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from jinja2 import Environment
from markupsafe import Markup
from playwright.sync_api import Browser, BrowserContext
from rundiff.render import html as rendering
from rundiff.render.environment import build_environment
from rundiff.render.page import compose_page

from tests.attack.payloads import load_payloads
from tests.factories import Recorded, make_comparison

_ALARM = """for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  window[name] = () => { window.fired = (window.fired ?? 0) + 1; };"""
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_TRY = """() => {
  for (const node of document.querySelectorAll('body *'))
    for (const name of ['mouseover', 'focus', 'click', 'pointerover', 'input'])
      try { node.dispatchEvent(new Event(name, { bubbles: true })); } catch {}
}"""
# What runs by itself or when clicked in a browser of today; others would prove nothing here.
_ACTIVE = re.compile(
    r"(?i)<script[^>]{0,20}>\W{0,4}(alert|prompt|confirm)\(|<(img|image|video|audio|svg|input|iframe|body|a|b|x)\b"
    r"[^<>]*\bon(error|load|click|focus|mouseover|input)\s*=\W?(alert|prompt|confirm)\("
)


@pytest.fixture(scope="session")
def payloads(repository: Path) -> list[str]:
    found = load_payloads(repository.parent / "shared" / "corpus" / "hostile")
    active = [text for text in found if _ACTIVE.search(text)]
    return active or ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(offline=True)
    context.add_init_script(_ALARM)
    yield context
    context.close()


def unescaped() -> Environment:
    """Return the environment of the templates with every escape taken out."""
    environment = build_environment()
    environment.autoescape = False
    environment.bytecode_cache = None
    environment.filters["exact"] = environment.filters["flags"] = environment.filters[
        "breakable"
    ] = Markup
    environment.filters["e"] = environment.filters["escape"] = Markup
    return environment


def render(text: str, environment: Environment, *, has_policy: bool) -> str:
    comparison = make_comparison(
        Recorded(name=text, run_id="a", params={text: text, "k": text}, tags={"t": text}),
        Recorded(name="other", run_id="b", params={text: "x", "k": "y"}, tags={"t": "u"}),
    )
    bundle = dataclasses.replace(rendering.load_bundle(), app=Markup(""), plotly=Markup(""))
    template = environment.get_template("report.html.jinja")
    page = template.render(page=compose_page(comparison).page, bundle=bundle)
    return page if has_policy else _POLICY.sub("", page)


def count_fires(
    context: BrowserContext, folder: Path, pages: Sequence[str]
) -> tuple[int, list[int]]:
    """Return how many pages ran something that is not ours, and which."""
    fired = []
    file = folder / "page.html"
    for number, text in enumerate(pages):
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.goto(file.as_uri(), wait_until="commit")
        try:
            page.wait_for_load_state("load", timeout=2_000)
            page.evaluate(_TRY)
            if page.evaluate("window.fired ?? 0"):
                fired.append(number)
        except Exception:  # noqa: BLE001  # a payload that navigates or hangs the page has run
            fired.append(number)
        page.close()
    return len(fired), fired


@pytest.mark.parametrize("most", [20, pytest.param(300, marks=pytest.mark.all)])
def test_each_layer_holds_alone_and_the_harness_sees(
    most: int, context: BrowserContext, tmp_path: Path, payloads: list[str]
) -> None:
    sample = payloads[:: max(len(payloads) // most, 1)][:most]
    raw = unescaped()
    bare = [render(text, raw, has_policy=False) for text in sample]
    seen, which = count_fires(context, tmp_path, bare)
    assert seen >= len(sample) * 0.5
    # What ran there does not run behind either layer.
    active = [sample[number] for number in which]
    behind_policy = [render(text, raw, has_policy=True) for text in active]
    assert count_fires(context, tmp_path, behind_policy) == (0, [])
    behind_escapes = [render(text, build_environment(), has_policy=False) for text in active]
    assert count_fires(context, tmp_path, behind_escapes) == (0, [])
