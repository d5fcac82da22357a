"""The whole page: nothing of a record is markup, every link leads somewhere, same bytes."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes
from rundiff.budgets import LONGEST_VALUE
from rundiff.render import page as page_module
from rundiff.render.environment import build_environment
from rundiff.render.html import Bundle, render_html
from rundiff.views.long_values import shorten

from tests.factories import Recorded, make_comparison

SENTINEL = "zqx"
HOSTILE = (
    f"<script>{SENTINEL}()</script>",
    f'"><img src=x onerror={SENTINEL}()>',
    f"' onmouseover='{SENTINEL}()",
    f"</script><!--{SENTINEL}",
    f"{{{{ {SENTINEL} }}}} {{% raw %}}",
    f"&lt;{SENTINEL}&#60;",
    f"javascript:{SENTINEL}()",
    f"\u202e{SENTINEL}\u2066\u200b\ufeff\x00\x1b[31m\r\n\ud800",
    f"__proto__{SENTINEL}",
    f"{SENTINEL}" + "x" * 5_000,
)
VOID = {"meta", "img", "input", "link", "br", "hr", "wbr"}
TEXT_ATTRIBUTES = re.compile(r"(?:title|aria-label|alt|data-[a-z-]+)\Z")
CELLS, ROWS = ("td", "th"), ("td", "th", "tr")
ENDED_BY_START = {"td": CELLS, "th": CELLS, "tr": ROWS}
ENDED_BY_END = {"tr": CELLS, "tbody": ROWS, "thead": ROWS, "table": ROWS}


class Page(HTMLParser):
    """Collects what a test asks for."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: dict[str, int] = {}
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.sentinel_in: set[str] = set()
        self.unbalanced: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")
            if SENTINEL in (value or ""):
                self.sentinel_in.add(f"@{name}")
            if SENTINEL in name:
                self.sentinel_in.add("attribute name")
        if SENTINEL in tag:
            self.sentinel_in.add("tag name")
        if tag not in VOID and tag not in ("dt", "dd"):
            self._imply_ends(tag, ENDED_BY_START)
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("dt", "dd"):
            return
        self._imply_ends(tag, ENDED_BY_END)
        if not self.open or self.open[-1] != tag:
            self.unbalanced.append(f"</{tag}> in {'/'.join(self.open[-4:])}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def _imply_ends(self, tag: str, ended: dict[str, tuple[str, ...]]) -> None:
        """Close the cells and rows whose end tags HTML lets out before this tag."""
        while self.open and self.open[-1] in ended.get(tag, ()):
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if SENTINEL in data:
            self.sentinel_in.add(f"in {self.open[-1]}")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        self.sentinel_in.add("comment")


def hostile_runs() -> list[Recorded]:
    runs = []
    for index, text in enumerate(HOSTILE):
        key = text[:300].replace("\ud800", "")  # keys stand in Arrow tables, which are UTF-8
        clean = text.replace("\ud800", "")
        runs.append(
            Recorded(
                name=clean,
                run_id=f"{index}{key[:40]}",
                params={key: clean, "shared": clean, f"nested{index}": {key: [clean]}},
                metrics={f"{key[:60]}": [1.0, 2.0, 0.5], "loss": index / 7},
                tags={key: clean},
                environment={key: clean, "command": f"{clean} --flag {clean}"},
                datasets=[{"name": clean, "digest": clean, "context": clean, "source": clean}],
                artifacts=[{"path": key[:80], "size": 3, "sha256": "ab", "media_type": clean}],
                contents={key[:80]: clean.encode()},
                run={"note": clean, "user": clean, "status": "failed"},
            )
        )
    return runs


@pytest.fixture(scope="module")
def hostile() -> str:
    comparison = make_comparison(
        *hostile_runs(),
        problems=[
            (text[:50].replace("\ud800", ""), text.replace("\ud800", "")) for text in HOSTILE
        ],
    )
    return render_html(comparison)


@pytest.fixture(scope="module")
def ordinary() -> str:
    runs = [
        Recorded(
            name=f"run-{index}",
            params={"lr": index / 10, "data": "x"},
            metrics={"train/loss": [3.0, 2.0, 1.0 - index / 10], "accuracy": 0.5 + index / 10},
            environment={
                "python": "3.11",
                "command": f"python train.py --lr {index / 10} --long yes",
            },
            run={"note": "**bold** [link](https://a.example)"},
        )
        for index in range(3)
    ]
    return render_html(make_comparison(*runs, problems=[("somewhere", "something")]))


def test_record_text_is_only_text_or_a_quoted_text_attribute(hostile: str) -> None:
    page = Page(hostile)
    for place in page.sentinel_in:
        if place.startswith("@"):
            assert TEXT_ATTRIBUTES.match(place[1:]), place
        else:
            assert place.startswith("in "), place
            assert place != "in style"
    assert "in script" in page.sentinel_in  # the island, and only there: see below
    assert page.unbalanced == []


def test_hostile_text_adds_no_element_that_the_templates_do_not_make(hostile: str) -> None:
    page = Page(hostile)
    assert page.tags["script"] == 4
    assert page.tags["style"] == 1
    assert "img" not in page.tags
    assert "iframe" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"]
    addresses = [v for _, name, v in page.attributes if name in ("href", "src", "action")]
    assert all(address.startswith("#") for address in addresses)


def test_ids_and_classes_never_come_from_records(hostile: str) -> None:
    page = Page(hostile)
    for _, name, value in page.attributes:
        if name in ("id", "class", "name", "for"):
            assert re.fullmatch(r"[a-z0-9 -]*", value), value
    assert len(page.ids) == len(set(page.ids))


def test_nothing_invisible_is_left_in_what_is_shown(hostile: str) -> None:
    shown = re.sub(
        r"<script.*?</script>|data-[a-z]+=\"[^\"]*\"|<style.*?</style>",
        "",
        hostile,
        flags=re.DOTALL,
    )
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\x00\x1b]", shown)
    assert "\\u{202e}" in shown


def test_exact_values_survive_in_attributes(hostile: str) -> None:
    page = Page(hostile)
    values = {value for tag, name, value in page.attributes if (tag, name) == ("td", "data-value")}
    for text in HOSTILE:
        exact = text.replace("\ud800", "").replace("\x00", "\ufffd")
        assert (shorten(exact) if len(exact) > LONGEST_VALUE else exact) in values


def test_the_island_is_strict_ascii_json_with_all_cells(hostile: str) -> None:
    text = island(hostile)
    assert text.isascii()
    assert not set("<>&") & set(text)
    data = json.loads(text, parse_constant=pytest.fail)
    assert [run["name"] for run in data["runs"]] == [t.replace("\ud800", "") for t in HOSTILE]
    (shared,) = [c for c in data["columns"] if (c["section"], c["key"]) == ("params", "shared")]
    assert [shared["v"][i] for i in shared["i"]] == [t.replace("\ud800", "") for t in HOSTILE]


def island(html: str) -> str:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return found[1]


def test_every_link_leads_somewhere(ordinary: str, hostile: str) -> None:
    for html in (ordinary, hostile):
        page = Page(html)
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids, link
            else:
                assert re.match(r"https?://|mailto:", link)
        for _, name, value in page.attributes:
            if name in ("aria-labelledby", "aria-controls", "for"):
                assert value in page.ids
        assert page.unbalanced == []


def test_the_policy_names_exactly_what_can_run(ordinary: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', ordinary)
    assert found
    policy = dict(part.split(" ", 1) for part in found[1].replace("&#39;", "'").split("; "))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in found[1]
    (script,) = re.findall(r"<script>(.*?)</script>", ordinary, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", ordinary, re.DOTALL)
    for directive, text in (("script-src", script), ("style-src", style), ("style-src", "")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[directive].split()


def test_the_mark_of_our_files_comes_first(ordinary: str) -> None:
    assert '<meta name="generator" content="rundiff' in ordinary[:4096]


def test_sections_have_the_headings_of_the_contract(ordinary: str) -> None:
    headings = re.findall(r'<h2 id="[a-z]+-title"[^>]*>([^<]*)</h2>', ordinary)
    assert headings == [
        "Overview",
        "Runs",
        "Parameters",
        "Metrics",
        "Environment",
        "Charts",
        "Run details",
        "About this report",
    ]


def test_without_script_every_row_is_there_and_no_control(ordinary: str) -> None:
    rows = re.findall(
        r'<tr data-section="([a-z]+)" data-key="([^"]*)" data-differs="(\w+)"', ordinary
    )
    assert ("params", "lr", "true") in rows
    assert ("params", "data", "false") in rows
    for control in re.findall(r"<(?:button|input|select)\b[^>]*>", ordinary):
        assert " hidden" in control, control


def test_same_input_same_bytes_whatever_the_machine() -> None:
    program = (
        "from tests.unit.render.test_html import hostile_runs, make_comparison, render_html;"
        "import hashlib;"
        "html = render_html(make_comparison(*hostile_runs()));"
        "print(hashlib.sha256(html.encode()).hexdigest())"
    )
    digests = set()
    root = Path(__file__).parents[3]
    for seed, zone, language in (
        ("0", "UTC", "C"),
        ("1", "Asia/Tokyo", "C.UTF-8"),
        ("77", "America/New_York", "de_DE.UTF-8"),
    ):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language}
        result = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=root,
        )
        digests.add(result.stdout)
    assert len(digests) == 1


def test_an_empty_comparison_is_a_small_page() -> None:
    html = render_html(make_comparison(Recorded(name="only")))
    assert len(html.encode()) <= 750_000
    assert "log_param" in html


def view_classes() -> dict[str, set[str]]:
    """Return the fields of every dataclass that is reachable from Page."""
    found: dict[str, set[str]] = {}

    def visit(module_name: str) -> None:
        module = sys.modules[module_name]
        for value in vars(module).values():
            if dataclasses.is_dataclass(value) and isinstance(value, type):
                found[value.__name__] = {field.name for field in dataclasses.fields(value)}

    for name in [name for name in sys.modules if re.match(r"rundiff\.(views|charts)\.", name)]:
        visit(name)
    visit(page_module.__name__)
    found[Bundle.__name__] = {field.name for field in dataclasses.fields(Bundle)}
    return found


def template_attributes() -> Iterator[tuple[str, str]]:
    environment = build_environment()
    for name in environment.list_templates(extensions=["jinja"]):
        if not name.endswith(".html.jinja"):
            continue
        source = environment.loader.get_source(environment, name)[0]  # type: ignore[union-attr]
        for node in environment.parse(source).find_all(nodes.Getattr):
            if not (isinstance(node.node, nodes.Name) and node.node.name == "loop"):
                yield name, node.attr


def test_templates_use_only_fields_that_views_have() -> None:
    fields = set().union(*view_classes().values())
    unknown = {(name, field) for name, field in template_attributes() if field not in fields}
    assert unknown == set()


def test_views_have_no_field_that_no_template_uses() -> None:
    used = {field for _, field in template_attributes()}
    drawn = "Page Link Overview Changed ChangedTo ChangedGroup Moved MovedPanel Runs RunRow"
    drawn += " RunCell Column Table TableRow TableCell Head Move Piece Chart Group Charts Details"
    drawn += " Block Listing Entry Preview About FactList Fact ProblemLine Gates GateLine"
    drawn += " ReplicateLine RunMark"
    classes = view_classes()
    unused = {
        f"{name}.{field}" for name in drawn.split() for field in classes[name] if field not in used
    }
    assert unused == set()
