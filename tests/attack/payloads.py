"""The hostile strings: those of the shared corpus, and our own for what no public list has."""

import json
import re
import tarfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

OWN = (
    "__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "valueOf",
    "__defineGetter__", "__lookupSetter__", "isPrototypeOf", "then", "length", "nodeName",
    "<b>bold</b>", "<i>i</i><sup>2</sup><br>x", "<a href='https://a.example'>link</a>", "%{x}",
    "%{customdata[0]}", "%{y:.3f}<extra></extra>", "$\\alpha$", "$\\href{javascript:1}{x}$",
    "\u202egnp.exe", "a\u2066b\u2069c", "\u200b", "\ufeffbom", "\xad", "\u2028", "\U000e0041",
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://a.example\x07x", "\x9b2J", "\x00", "\x08", "\x7f",
    "a\r\nb", "##[error]x", "::error::x", "::stop-commands::t", "::set-output name=a::b",
    "::add-mask::e", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("https://a.example")',
    " =1", "<!-- rundiff:summary -->", "<!--", "-->", "]]>", "</script>",
    "</style><script>alert(1)</script>", "{{ 7*7 }}", "{% raw %}", "${alert(1)}", "#{7*7}",
    "<%= 1 %>", "{{constructor.constructor('alert(1)')()}}", "2024-01-01", "1e3", "NaN",
    "Infinity", "null", "true", "0x10", "", " ", "–", '"quoted"', "\\u{202e}", "\\u202e", "\\",
    "↵", "⇥", "e\u0301", "\xe9", "\u1100\u1161", "a" + "\u0301" * 30, "x" * 4000, "<" * 500,
    "\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e",
    "W" * 200, "a b " * 500, "&" * 300, "../../etc/passwd", "/etc/passwd", "C:\\x", "a/b/c",
    "%2e%2e%2f", "file:///etc/passwd", "\ufffe", "\U0010ffff", "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\u115f", "\u3164", "\u2800", "runs", "params", "id", "name", "data", "plotly", "app", "main",
    "about", "PLOTLYENV",
)  # fmt: skip
_ARCHIVES = ("xss", "naughty-strings", "commonmark")
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def load_payloads(hostile: Path) -> list[str]:
    """Return every string once, our own first, then the corpus in its order."""
    return list(dict.fromkeys((*OWN, *_corpus(hostile))))


def load_notes(hostile: Path) -> list[str]:
    """Return the texts that are Markdown: CommonMark's examples and markdown-it's own attacks."""
    with tarfile.open(hostile / "commonmark.tar.gz") as archive:
        examples = json.loads(_member(archive, "commonmark/commonmark-spec.json"))
        names = ("fixture-xss", "fixture-fatal", "fixture-proto", "fixture-linkify")
        fixtures = [_member(archive, f"commonmark/{name}.md") for name in names]
    return [example["markdown"] for example in examples] + fixtures


def _corpus(hostile: Path) -> Iterable[str]:
    if not all((hostile / f"{name}.tar.gz").is_file() for name in _ARCHIVES):
        return
    with tarfile.open(hostile / "xss.tar.gz") as archive:
        yield from json.loads(_member(archive, "xss/DOMPurify-payloads.json"))
        for item in json.loads(_member(archive, "xss/H5SC-vectors.json")):
            yield item["html"]
        yield from _member(archive, "xss/payloadbox-xss-payload-list.txt").splitlines()
        sheet = _member(archive, "xss/OWASP-XSS_Filter_Evasion_Cheat_Sheet.md")
        yield from (block.rstrip("\n") for block in _FENCE.findall(sheet))
    with tarfile.open(hostile / "naughty-strings.tar.gz") as archive:
        yield from json.loads(_member(archive, "naughty-strings/blns.json"))
    yield from load_notes(hostile)


def _member(archive: tarfile.TarFile, name: str) -> str:
    member = archive.extractfile(name)
    assert member is not None
    return member.read().decode("utf-8", "surrogateescape")


_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|[↵⇥]")


def read_back(shown: str) -> str:
    r"""Return the text that was recorded, from what a page shows of it.

    Not the inverse of the product's code but of its promise: what cannot be seen stands there as
    ``\u{hex}``, a line feed as ↵ and a tab as ⇥.
    """
    signs = {"↵": "\n", "⇥": "\t"}
    return _ESCAPE.sub(lambda found: signs.get(found[0]) or chr(int(found[1], 16)), shown)


# Formats by their category, but signs that are seen: Unicode's Prepended_Concatenation_Mark.
_SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"


def hidden_characters(shown: str) -> Sequence[str]:
    """Return the characters that a reader could not see, or that turn text about."""
    return [
        sign
        for sign in shown
        if (unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"))
        and sign not in (" ", *_SEEN)
    ]
