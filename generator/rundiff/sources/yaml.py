"""YAML of other people's tools, read safely and with YAML 1.2 number rules.

Built on the *event* stream (libyaml where the wheel has it), not on a ``SafeLoader``: events come
from a state machine, so that ten thousand nested brackets cannot exhaust the stack; nothing is
ever constructed; and aliases are counted where they are met. A 324-byte "billion laughs" loads in
no time but takes more than 3 GB to write out again (research/security.md), so what a document
*expands to* is limited, not what it spells.

Rules that differ from PyYAML's (YAML 1.1):

- ``1e-3`` is a number, ``on``/``yes`` are text, ``012`` is 12, ``1_000`` is text, dates are text;
- a scalar with an unknown tag is text, a list with one is text too (its tag and its JSON), and an
  object names its class in ``__class__``:
  Lightning's hparams.yaml is full of ``!!python/object/apply:…``, which safe_load refuses;
- of a key that occurs twice the last value counts, as in PyYAML, and a notice says so;
- keys are text.
"""

from __future__ import annotations

import json
import re
from dataclasses import field

import yaml

from rundiff.errors import RecordError
from rundiff.frozen import dataclass

MAX_BYTES = 8 << 20
MAX_NODES = 200_000
TEXT_PER_NODE = 128  # characters that count as one more node, so that aliased texts are bounded too
MAX_DEPTH = 64

_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BASED = re.compile(r"0(?:o[0-7]{1,40}|x[0-9a-fA-F]{1,40})\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-")
       for word in (".inf", ".Inf", ".INF")},
}  # fmt: skip
_LISTS = {"seq", "set", "omap", "pairs", "python/tuple", "python/list"}
_DICTS = {"map", "python/dict"}
_CLASS = "__class__"
_ORDERED = "python/object/apply:collections.OrderedDict"
_PYTHON = re.compile(r"tag:yaml\.org,2002:python/object(?:/new)?:(.+)")
_TEXTS = {"str", "timestamp", "binary", "python/str", "python/unicode"}
_SCALARS = {"int", "float", "bool", "null", "python/int", "python/long", "python/float",
            "python/bool", "python/none"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML document: dicts with text keys, lists, and scalars as JSON has them, plus notices."""

    value: object
    notices: tuple[tuple[int, str], ...] = ()  # (line, message)


def parse_yaml(data: bytes | str, *, limit: int = MAX_BYTES, is_text: bool = False) -> Document:
    """Return the first document of a text; with ``is_text`` unquoted scalars but null stay text.

    Raises RecordError, with the line where there is one, for text that is not YAML, expands to too
    much or refers to itself.
    """
    notices: list[tuple[int, str]] = []
    if len(data) > limit:
        raise RecordError(f"{len(data):,} bytes of YAML; at most {limit:,} are read")
    text = data if isinstance(data, str) else _decode(data, notices)
    builder = _Builder(notices, is_text=is_text)
    loader = _Parser(_CONTROL.sub(_escape, text))
    try:
        while True:
            event = loader.get_event()
            if event is None or isinstance(event, yaml.StreamEndEvent):
                break
            if isinstance(event, yaml.DocumentStartEvent) and builder.is_done:
                notices.append((_line(event), "only the first YAML document is read"))
                break
            builder.take(event)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        if isinstance(error, RecordError):
            raise
        raise _as_record_error(error) from None
    finally:
        loader.dispose()
    return Document(value=builder.root, notices=tuple(notices))


def resolve_plain(text: str) -> object:
    """Return what a plain (unquoted) scalar means by YAML 1.2's core rules."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text) if len(text) <= 4_000 else text
    if _FLOAT.match(text):
        return float(text)
    if _BASED.match(text):
        return int(text, 0)
    return text


@dataclass(slots=True, kw_only=True)
class _Open:
    """A collection that is being read."""

    items: list[object] = field(default_factory=list)
    tag: str | None
    anchor: str | None
    is_mapping: bool
    line: int
    lines: list[int] = field(default_factory=list)
    size: int = 1


class _Merge(str):
    """The key ``<<``, unquoted."""

    __slots__ = ()


class _Builder:
    """Turns events into values, with an explicit stack."""

    def __init__(self, notices: list[tuple[int, str]], *, is_text: bool) -> None:
        self.notices = notices
        self._is_text = is_text
        self.root: object = None
        self.is_done = False
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._count = 0

    def take(self, event: yaml.Event) -> None:
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            size = 1 + len(event.value) // TEXT_PER_NODE
            self._put(self._scalar(event), size, event.anchor, line)
        elif isinstance(event, yaml.AliasEvent):
            self._put(*self._alias(event, line), None, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._stack) >= MAX_DEPTH:
                raise RecordError(f"nested more than {MAX_DEPTH} levels deep", line=line)
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            if event.anchor is not None:
                self._anchors.pop(event.anchor, None)
            self._stack.append(
                _Open(tag=event.tag, anchor=event.anchor, is_mapping=is_mapping, line=line)
            )
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._stack.pop()
            value = self._mapping(done) if done.is_mapping else done.items
            self._put(_tagged(done.tag, value), done.size, done.anchor, done.line)

    def _put(self, value: object, size: int, anchor: str | None, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        if not self._stack:
            self.root, self.is_done = value, True
            return
        here = self._stack[-1]
        here.items.append(value)
        here.lines.append(line)
        here.size += size
        if here.size > MAX_NODES:
            raise RecordError(f"expands to more than {MAX_NODES:,} values", line=line)

    def _alias(self, event: yaml.AliasEvent, line: int) -> tuple[object, int]:
        found = self._anchors.get(event.anchor or "")
        if found is None:
            raise RecordError(f"alias {event.anchor!r} has no value here", line=line)
        return found

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text = event.value
        if event.tag is None or event.tag == "!":
            if not event.implicit[0]:
                return text
            return _Merge(text) if text == "<<" else self._plain(text)
        tag = event.tag.removeprefix(_STANDARD)
        if tag in _TEXTS:
            return text
        if tag in _SCALARS:
            return resolve_plain(text)
        return f"{_spell(event.tag)} {text}".rstrip(" ")

    def _plain(self, text: str) -> object:
        if self._is_text:
            return None if _WORDS.get(text, text) is None else text
        return resolve_plain(text)

    def _mapping(self, done: _Open) -> dict[str, object]:
        merged: dict[str, object] = {}
        own: dict[str, object] = {}
        for key, value, line in zip(done.items[::2], done.items[1::2], done.lines[::2],
                                    strict=True):  # fmt: skip
            if isinstance(key, _Merge) and _is_mergeable(value):
                sources = value if isinstance(value, list) else [value]
                for source in reversed(sources):
                    merged |= source
                continue
            name = _key(key)
            if name in own:
                self.notices.append((line, f"key {name!r} occurs twice; the last value counts"))
            own[name] = value
        return merged | own


def _is_mergeable(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, dict) for each in value)
    return isinstance(value, dict)


def _key(key: object) -> str:
    if isinstance(key, str):
        return str(key)
    return json.dumps(key, ensure_ascii=False)


def _tagged(tag: str | None, value: object) -> object:
    """Return a collection with a tag of its own; nothing is constructed.

    One level is text, the tag and its JSON. A mapping, and what has such texts in it, is an object
    that names its class: text in text would double its backslashes at every level.
    """
    if tag is None or tag == "!":
        return value
    short = tag.removeprefix(_STANDARD)
    if short in _DICTS or short in _LISTS:
        return list(value) if short == "set" and isinstance(value, dict) else value
    if isinstance(value, dict) and value:
        return {_CLASS: _class(tag), **value}
    if short == _ORDERED and isinstance(value, list):
        pairs = value[0] if len(value) == 1 else None
        if isinstance(pairs, list) and all(_is_pair(pair) for pair in pairs):
            return dict(pairs)
    if isinstance(value, list) and any(isinstance(each, dict | list | _Tagged) for each in value):
        return {_CLASS: _class(tag), "args": value}
    return _Tagged(f"{_spell(tag)} {json.dumps(value, ensure_ascii=False)}")


class _Tagged(str):
    """The text of a collection with a tag."""

    __slots__ = ()


def _class(tag: str) -> str:
    """Return what a tag names: ``torch.nn.Linear`` of ``!!python/object:torch.nn.Linear``."""
    found = _PYTHON.match(tag)
    return found.group(1) if found is not None else _spell(tag)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _escape(found: re.Match[str]) -> str:
    """Spell a character that YAML forbids, as control characters in names do occur."""
    return found.group().encode("unicode_escape").decode("ascii")


def _spell(tag: str) -> str:
    return "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag


def _decode(data: bytes, notices: list[tuple[int, str]]) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notices.append((line, "not valid UTF-8; the bytes are shown as \\x.."))
        return data.decode("utf-8", "backslashreplace")


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


def _as_record_error(error: Exception) -> RecordError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line = mark.line + 1 if mark is not None else None
    if "nesting depth" in str(problem):  # the limit of libyaml, since 0.2.6; it looks ahead of ours
        return RecordError(f"nested more than {MAX_DEPTH} levels deep", line=line)
    return RecordError(f"not YAML: {problem}", line=line)
