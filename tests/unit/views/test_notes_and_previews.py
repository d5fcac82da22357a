"""Notes and artifacts come from strangers: what they may become, and what not."""

from __future__ import annotations

import re

import pytest
from rundiff.comparison import Artifact
from rundiff.views.notes import MOST_CHARACTERS, render_note
from rundiff.views.previews import Preview, build_preview

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    "note",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![beacon](https://example.org/x.png)",
        "[go](javascript:alert(1))",
        "[go](JaVaScRiPt&colon;alert(1))",
        "[go](data:text/html,x)",
        "[go]()",
        "[go](/relative)",
        "<https://ok.example>\n<javascript:alert(1)>",
        "```js onmouseover=x\ncode\n```",
        "| a | b |\n|:-:|--:|\n| 1 | 2 |",
        "# h1\n\n## h2",
        "<svg/onload=alert(1)>",
        '[x](https://a.example "onclick=alert(1)")',
    ],
)
def test_notes_hold_only_harmless_elements(note: str) -> None:
    html = str(render_note(note))
    tags = set(re.findall(r"<([a-zA-Z0-9]+)", html))
    allowed = "p ul ol li em strong code pre a table thead tbody tr th td blockquote hr br s"
    assert tags <= set(allowed.split())
    for attributes in re.findall(r"<\w+((?:\s[^<>]*)?)>", html):
        assert not re.search(r"\s(on\w+|style|src|id|name)\s*=", attributes)
    for address in re.findall(r'href="([^"]*)"', html):
        assert re.match(r"https?://|mailto:", address)
    assert html.count("<a ") == html.count('rel="noopener noreferrer nofollow ugc"')


def test_notes_are_markdown() -> None:
    html = str(render_note("**bold** and a [link](https://a.example)\n\n- one\n- two"))
    assert "<strong>bold</strong>" in html
    assert 'href="https://a.example"' in html
    assert html.count("<li>") == 2


def test_a_long_note_is_text() -> None:
    html = str(render_note("**x** " * MOST_CHARACTERS))
    assert html.startswith("<pre>**x**")
    assert "more characters; too long for Markdown" in html


def test_direction_marks_in_notes_are_seen() -> None:
    assert "\\u{202e}" in str(render_note("abc\u202edef"))


def preview(path: str, content: bytes | None, media_type: str = "image/png") -> Preview:
    return build_preview(
        Artifact(path=path, size=10, sha256="ab" * 32, media_type=media_type, content=content)
    )


def test_an_image_is_shown_only_for_what_its_bytes_are() -> None:
    assert preview("a.png", PNG).image.startswith("data:image/png;base64,")
    assert preview("a.png", b"<svg onload=alert(1)>").kind == "text"
    assert preview("a.svg", b"<svg/>", "image/svg+xml").kind == "text"
    assert preview("a.html", b"<h1>x</h1>", "text/html").kind == "text"
    assert preview("a.gif", b"GIF89a....").image.startswith("data:image/gif;")
    assert preview("a.webp", b"RIFF1234WEBPxxxx").image.startswith("data:image/webp;")


def test_an_image_beyond_the_room_is_only_named() -> None:
    built = build_preview(
        Artifact(path="a.png", size=5, sha256="", media_type="", content=None, is_unread=True)
    )
    assert (built.kind, built.image, built.more) == ("", "", "no room for a preview")


def test_tables_json_and_text() -> None:
    assert preview("a.csv", b"x,y\n1,2\n3,4\n").table == (("x", "y"), ("1", "2"), ("3", "4"))
    assert preview("a.csv", b"x,y\n1,2,3\n").kind == "text"
    assert preview("a.json", b'{"b": [1, 2], "a": 1}').text == '"b": [1, 2]\n"a": 1'
    assert preview("a.json", b"{broken").text == "{broken"
    assert preview("a.txt", "ünï\u202e".encode()).text == "ünï\\u{202e}"
    assert preview("a.bin", b"\xff\xfe\0").more == "binary"
    assert preview("a.txt", b"x\n" * 100).more == "60 more lines"


def test_what_a_table_has_no_room_for_is_said() -> None:
    head, row = ",".join(f"c{place}" for place in range(13)), ",".join(["x" * 90, *"123456789abc"])
    built = preview("a.csv", "\n".join([head, *[row] * 20]).encode())
    assert built.more == "8 more rows, 3 more columns"
    assert built.table[1][0] == f"{'x' * 80}…"
    assert {len(cells) for cells in built.table} == {10}


def test_what_was_not_read_is_only_named() -> None:
    built = preview("models/big.bin", None)
    assert (built.path, built.size, built.kind, built.more) == ("models/big.bin", "10 B", "", "")
