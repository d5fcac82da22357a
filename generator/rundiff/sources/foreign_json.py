"""JSON as other tools really write it.

``records.strict_json`` is for rundiff's own records, where a doubtful text must not pass. Trackers
write bare NaN, byte order marks, UTF-16 and, now and then, a key twice; a reader that refuses
those loses the run. So here of equal keys the last counts, and a notice says so; what is no JSON at
all, nests without end or spells a number of 5,000 digits is still one message with a line.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import RecordError
from rundiff.sources.text import clean_text, decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rundiff.sources.tree import Tree

MAX_JSON_BYTES = 512 << 20
MAX_DEPTH = 200
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONG = 400


class Json(NamedTuple):
    """A JSON value and what is worth knowing about its text: (line or None, message)."""

    value: object
    notices: tuple[tuple[int | None, str], ...] = ()


def load_json(tree: Tree, path: str) -> Json:
    """Return a file's JSON value; raises RecordError naming file and line."""
    return parse_foreign_json(tree.read(path, limit=MAX_JSON_BYTES), location=tree.show(path))


def parse_foreign_json(data: bytes, *, location: str = "", line: int | None = None) -> Json:
    """Return the JSON value of bytes; ``line`` is given where they are one line of a file."""
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise RecordError("empty file" if line is None else "empty line", location=location)
    if data.startswith(b"version https://git-lfs"):
        raise RecordError(
            "a Git LFS pointer, not the file itself; run 'git lfs pull'", location=location
        )
    text = decode_text(data)
    repeated: list[str] = []

    def last_wins(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            repeated.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return found

    try:
        value = json.loads(text, object_pairs_hook=last_wins, parse_int=_integer)
        if _SURROGATE.search(text) or not _is_shallow(text):
            value = _cleaned(value, 0)
    except json.JSONDecodeError as error:
        at = error.lineno if line is None else line
        raise RecordError(
            f"not JSON: {error.msg.removesuffix(' at')} at column {error.colno}",
            location=location,
            line=at,
        ) from None
    except (RecursionError, MemoryError):
        raise RecordError("nested too deep to be read", location=location, line=line) from None
    except ValueError as error:
        raise RecordError(f"not JSON: {error}", location=location, line=line) from None
    notices = [(line, f"the key {key!r} occurs twice in one object; the last value counts")
               for key in dict.fromkeys(map(clean_text, repeated))][:5]  # fmt: skip
    return Json(value, tuple(notices))


def iterate_json_lines(data: bytes, *, location: str) -> Iterator[tuple[int, Json | RecordError]]:
    """Yield ``(line number, value or error)`` for each line that is not blank."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = decode_text(data).encode("utf-8", "backslashreplace")
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip(b" \t\r\0"):
            continue
        try:
            yield number, parse_foreign_json(line, location=location, line=number)
        except RecordError as error:
            yield number, error


def as_dict(value: object) -> dict[str, object]:
    """Return a JSON object, or an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return a JSON array, or an empty one for any other value."""
    return value if isinstance(value, list) else []


def text_or_none(value: object) -> str | None:
    """Return a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def without_nulls(value: object) -> object:
    """Return an object without its entries that are null; any other value as it is."""
    if isinstance(value, dict):
        return {key: child for key, child in value.items() if child is not None}
    return value


def _integer(text: str) -> int | str:
    """Return an integer; one too long for Python's own limit stays text."""
    return int(text) if len(text) <= _LONG else text


def _is_shallow(text: str) -> bool:
    return text.count("[") + text.count("{") <= MAX_DEPTH


def _cleaned(value: object, depth: int) -> object:
    """Return the value with text that can be written out; raises RecursionError if too deep."""
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _cleaned(child, depth + 1) for key, child in value.items()}
    if isinstance(value, list):
        return [_cleaned(child, depth + 1) for child in value]
    return value


def nested_leaves(value: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield what nested objects hold by names joined with "."; an empty one is a value."""
    for name, child in value.items():
        if isinstance(child, dict) and child:
            yield from nested_leaves(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child
