"""`rundiff verify`: what a report can do is what this version's reports do, and nothing else."""

import json
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import rundiff
from rundiff.errors import RecordError
from rundiff.render.html import load_bundle, render_html
from rundiff.render.verification import check_report, published_hashes

from tests.attack.pages import attack_comparison
from tests.attack.payloads import OWN
from tests.browser import reports
from tests.conftest import RunCommand

NASTY = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'-->]]>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A report with hostile text in every field, as bytes."""
    folder = tmp_path_factory.mktemp("report")
    runs = [
        {
            "run_id": f"{NASTY}{number}",
            "name": NASTY,
            "note": f"# {NASTY}\n\n**x** [l](javascript:alert(1)) <b onclick=alert(1)>",
            "params": {NASTY: NASTY, "lr": number},
            "metrics": {NASTY: [number, 2, 3], "loss": [3, 2, number]},
            "tags": {NASTY: NASTY},
            "artifacts": {"x": f"a/{NASTY}"},
        }
        for number in range(3)
    ]
    (folder / "runs.json").write_text(json.dumps({"runs": runs}))
    rundiff.compare(folder / "runs.json").to_html(folder / "report.html")
    return (folder / "report.html").read_bytes()


def check(content: bytes) -> list[str]:
    return check_report(content, rundiff.__version__, location="report.html")


def test_a_report_of_hostile_records_is_what_this_version_writes(report: bytes) -> None:
    assert check(report) == []


@pytest.mark.parametrize(
    "build",
    [
        *(reports.small, reports.hostile, reports.many, reports.replicates, reports.sweep),
        *(reports.extreme, partial(reports.long, 300)),
        lambda: render_html(
            attack_comparison(
                OWN, ["1. a\n\n|x|y|\n|-|:-:|\n|1|2|\n", "> q\n***\n<MAILTO:a@b.example>\n"]
            )
        ),
    ],
)
def test_whatever_a_report_shows_is_what_this_version_writes(build: Callable[[], str]) -> None:
    assert check(build().encode("utf-8", "surrogatepass")) == []


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("loader", "the loader differs"),
        ("style", "the style differs"),
        ("app", "the script differs"),
        ("plotly", "plotly differs"),
    ],
)
def test_one_changed_character_of_any_constant_part_is_found(
    part: str, expected: str, report: bytes
) -> None:
    constant = str(getattr(load_bundle(), part)).encode()
    assert report.count(constant) == 1
    at = report.index(constant) + len(constant) // 2
    changed = report[:at] + bytes([report[at] ^ 1]) + report[at + 1 :]
    assert any(finding.startswith(expected) for finding in check(changed))


@pytest.mark.parametrize(
    "inserted",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=https://example.org/x.js></SCRIPT>",
        '<script type="application/json" id="data">{}</script>',
        "<script>alert(1)",
        "<style>body{background:url(https://example.org)}</style>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<img src=https://example.org/x.png>",
        "<img src=x onerror=alert(1)>",
        "<p onclick='alert(1)'>x</p>",
        "<p style='background:url(https://example.org)'>x</p>",
        "<a href='java&#115;cript:alert(1)'>x</a>",
        "<svg><use href='data:image/svg+xml,x'/></svg>",
        "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<meta http-equiv=refresh content='0;url=https://example.org'>",
        "<link rel=stylesheet href=https://example.org/x.css>",
        "<base href=https://example.org>",
        "<form action=https://example.org><button>x</button></form>",
        "<!-- <script> -->",
        "<object data=x></object>",
        "<math><mi></mi></math>",
        "<img/onerror=alert(1)/src=x>",
        "<p\nonclick\n=\nalert(1)>x</p>",
        # What a browser does not take for white space, or for a quote, hides nothing.
        '<p title=\xa0"x onclick=alert(1) y">x</p>',
        '<p title=\x0b"x onclick=alert(1) y">x</p>',
        '<p title=x"><base href=https://example.org>" >',
        '<p title=x"><img src=https://example.org/x.png>" >',
        '<p title=x"><iframe src=https://example.org>" >',
        "<p title=x'><link rel=stylesheet href=https://example.org/x.css>' >",
        "</style\xa0>",
        # What loads although it is neither href nor src.
        '<input type="image" src="https://example.org/x.png">',
        '<table background="https://example.org/x.png"></table>',
        '<body background="https://example.org/x.png">',
        '<svg><use href="https://example.org/x.svg#a"/></svg>',
        '<svg><rect fill="url(https://example.org/x.svg#a)"/></svg>',
        '<svg><rect fill="u\\72l(https://example.org/x.svg#a)"/></svg>',
        '<svg><rect filter="url(https://example.org/x.svg#a)"/></svg>',
        '<svg><g cursor="url(https://example.org/x.png),auto"></g></svg>',
        '<img src="data:image/png;base64,AA" srcset="https://example.org/x.png">',
        '<video poster="https://example.org/x.png"></video>',
        '<template shadowrootmode="open"></template>',
        '<button popovertarget="x" formaction="https://example.org">x</button>',
        '<html manifest="https://example.org/x">',
        "<",
    ],
)
def test_anything_that_loads_or_runs_is_found(inserted: str, report: bytes) -> None:
    before, main, after = report.partition(b"<main ")
    assert check(before + inserted.encode() + main + after)


@pytest.mark.parametrize(
    "text", ["<script>", "<script ", "<p a", "<p ", '<p a="', "<", "</style>", "<style></script>"]
)
def test_a_report_that_is_made_to_take_long_does_not(text: str, report: bytes) -> None:
    """Each would be read again from every place where something begins: minutes for 1 MB."""
    before, main, after = report.partition(b"<main ")
    start = time.process_time()
    assert check(before + text.encode() * (1_000_000 // len(text)) + main + after)
    assert time.process_time() - start < 5


def test_another_policy_is_found_and_so_is_one_that_comes_too_late(report: bytes) -> None:
    assert check(report.replace(b"default-src &#39;none&#39;", b"default-src *", 1)) == [
        "the policy differs"
    ]
    with pytest.raises(RecordError, match="does not begin as one"):
        check(report.replace(b"<head>", b"<head><script>alert(1)</script>", 1))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"<html></html>", b"{}"])
def test_what_is_no_report_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(RecordError, match="not a report of rundiff"):
        check(content)


def test_a_report_of_another_version_is_to_be_checked_with_that_version(report: bytes) -> None:
    with pytest.raises(RecordError, match=r"made by rundiff '0\.0\.9'"):
        check(report.replace(b'content="rundiff ', b'content="rundiff 0.0.9"', 1).replace(
            f'0.0.9"{rundiff.__version__}'.encode(), b"0.0.9", 1))  # fmt: skip


def test_the_hashes_are_those_that_a_release_publishes(repository: Path) -> None:
    manifest = json.loads((repository / "assets/dist/manifest.json").read_text())
    assert manifest["csp"].items() <= published_hashes().items()


def test_the_command_says_which_file_differs(
    report: bytes, tmp_path: Path, run_command: RunCommand
) -> None:
    (tmp_path / "good.html").write_bytes(report)
    (tmp_path / "bad.html").write_bytes(report.replace(b"<main ", b'<p onclick="x"><main ', 1))
    done = run_command("verify", "good.html", "bad.html")
    assert done.returncode == 1
    assert done.stdout == f"good.html: as rundiff {rundiff.__version__} writes it\n"
    assert "bad.html: line " in done.stderr
    assert """<p> has 'onclick="x"'""" in done.stderr
    shutil.copy(tmp_path / "good.html", tmp_path / "also.html")
    assert run_command("verify", "good.html", "also.html").returncode == 0
    missing = run_command("verify", "none.html")
    assert missing.returncode == 1
    assert "cannot read 'none.html'" in missing.stderr
