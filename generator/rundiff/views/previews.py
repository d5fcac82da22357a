"""What an artifact looks like: an image, text, JSON or a table, or only its name and size.

An image becomes a ``data:`` address only if its first bytes are those of a PNG, JPEG, GIF or WebP:
the name and the media type come from the record and prove nothing; SVG is never an image here, as
it can hold script. Everything else is text, cut where it gets long.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import TYPE_CHECKING

from rundiff.format import format_bytes, show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Artifact

MOST_LINES, MOST_LINE = 40, 400
MOST_TABLE_ROWS, MOST_TABLE_COLUMNS, MOST_CELL = 12, 10, 80
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One artifact. ``kind``: image, text, table or "" (nothing to show)."""

    path: str
    size: str
    kind: str
    image: str  # a data: address
    text: str
    table: tuple[tuple[str, ...], ...]  # first row is the head
    more: str


def build_preview(artifact: Artifact) -> Preview:
    """Return the preview of one file."""
    kind, image, text = "", "", ""
    more = "no room for a preview" if artifact.is_unread else ""
    table: Sequence[tuple[str, ...]] = ()
    content = artifact.content
    if content is not None:
        media = image_type(content)
        if media:
            kind = "image"
            image = f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"
        else:
            kind, text, table, more = _textual(artifact.path, content)
    return Preview(
        path=show_text(artifact.path),
        size="" if artifact.size is None else format_bytes(artifact.size),
        kind=kind,
        image=image,
        text=text,
        table=tuple(table),
        more=more,
    )


def image_type(content: bytes) -> str:
    """Return the media type of an image that browsers draw, by its first bytes; "" otherwise."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((media for magic, media in _MAGIC if content.startswith(magic)), "")


def _textual(path: str, content: bytes) -> tuple[str, str, Sequence[tuple[str, ...]], str]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return "", "", (), "binary"
    if "\0" in text:
        return "", "", (), "binary"
    name = path.lower()
    if name.endswith(".json"):
        text = _pretty(text)
    if name.endswith((".csv", ".tsv")):
        table = _table(text, "\t" if name.endswith(".tsv") else ",")
        if len(table) > 1:
            cut = tuple(row[:MOST_TABLE_COLUMNS] for row in table[: MOST_TABLE_ROWS + 1])
            beyond = (
                _beyond(len(table) - len(cut), "row"),
                _beyond(len(table[0]) - MOST_TABLE_COLUMNS, "column"),
            )
            return "table", "", cut, ", ".join(filter(None, beyond))
    lines = [show_text(line.rstrip("\r").expandtabs(4)) for line in text.rstrip("\n").split("\n")]
    shown = [_clipped(line, MOST_LINE) for line in lines]
    more = _beyond(len(lines) - MOST_LINES, "line")
    return "text", "\n".join(shown[:MOST_LINES]), (), more


def _beyond(count: int, noun: str) -> str:
    if count <= 0:
        return ""
    return f"{count:,} more {noun}{'' if count == 1 else 's'}"


def _pretty(text: str) -> str:
    """Indent JSON, short lists on one line; text that is not JSON stays as it is."""
    try:
        return _indented(json.loads(text))
    except (ValueError, RecursionError):  # what can be read may be nested too deep to be written
        return text


def _indented(parsed: object) -> str:
    if not isinstance(parsed, dict):
        return json.dumps(parsed, ensure_ascii=False, indent=1)
    lines = []
    for key, value in parsed.items():
        body = json.dumps(value, ensure_ascii=False)
        if len(body) > 90:
            body = json.dumps(value, ensure_ascii=False, indent=1)
        lines.append(f"{json.dumps(key, ensure_ascii=False)}: {body}")
    return "\n".join(lines)


def _table(text: str, delimiter: str) -> list[tuple[str, ...]]:
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    rows = [row for row in rows if row]
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return []
    return [tuple(_clipped(show_text(cell), MOST_CELL) for cell in row) for row in rows]


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
