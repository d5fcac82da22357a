"""Jinja, set up once: autoescape, strict names, and compiled templates kept in the user's cache.

Compiling the templates takes about 60 ms, a tenth of a whole report; so the byte code is kept in
the user's cache folder. Byte code from a folder that someone else can write to is code from someone
else: the folder must belong to the user and be closed to others, otherwise nothing is kept.
Jinja's own file name holds a hash of template name and place, its first bytes one of the
source, so a changed template is compiled anew.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from rundiff.charts.moved import build_moved_bar
from rundiff.resources import template_folder

if TYPE_CHECKING:
    from jinja2 import BytecodeCache

_FLAG = re.compile(r"(?<![^ ])(--?[A-Za-z][\w.-]{0,20}(?:[ =][\w.][\w./:-]{0,15}(?![^ ]))?)")
_UNHOLDABLE = re.compile("[\\0\ud800-\udfff]")


def build_environment() -> Environment:
    """Return the environment that every template of a page is rendered in."""
    environment = Environment(
        loader=FileSystemLoader(template_folder(), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_bytecode_cache(),
        auto_reload=False,
    )
    environment.globals.clear()
    environment.globals["moved_bar"] = build_moved_bar
    environment.filters["exact"] = exact_attribute
    environment.filters["flags"] = unbroken_flags
    environment.filters["breakable"] = breakable_key
    return environment


def exact_attribute(text: str) -> Markup:
    """Return a text for a quoted attribute from which the browser reads back the very same text.

    A parser turns a carriage return into a line feed unless it is a character reference. What no
    HTML can hold (NUL, lone surrogates) becomes U+FFFD; the data island has it.
    """
    return Markup(_UNHOLDABLE.sub("\ufffd", str(escape(text))).replace("\r", "&#13;"))  # noqa: S704


def _bytecode_cache() -> BytecodeCache | None:
    """Return the cache in the user's cache folder, or None where there is no safe one."""
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(base) / "rundiff" / f"templates-{sys.implementation.cache_tag}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except (OSError, RuntimeError):
        return None
    is_ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if not stat.S_ISDIR(found.st_mode) or not is_ours or found.st_mode & 0o022:
        return None
    if not os.access(folder, os.W_OK | os.X_OK):
        return None
    return _Cache(str(folder))


def unbroken_flags(text: str) -> Markup:
    """Return a text whose lines do not break inside ``--flag value``; browsers do after "-"."""
    if "-" not in text or len(text) > 2_000:
        return escape(text)
    return Markup(_FLAG.sub(r'<span class="w">\1</span>', str(escape(text))))  # noqa: S704


def breakable_key(key: str) -> Markup:
    """Return a long key that may break after ``_ . / -`` before it breaks inside a word."""
    if len(key) <= 10:
        return escape(key)
    parts = re.split(r"(?<=[_./-])(?=[^_./-])", key)
    return Markup("<wbr>").join(escape(part) for part in parts)


class _Cache(FileSystemBytecodeCache):
    """A cache that cannot be written (a full disk) or read is no cache, not an error."""

    def load_bytecode(self, bucket: object) -> None:
        try:
            super().load_bytecode(bucket)  # type: ignore[arg-type]
        except (OSError, EOFError, ValueError, TypeError):
            bucket.reset()  # type: ignore[attr-defined]

    def dump_bytecode(self, bucket: object) -> None:
        try:
            super().dump_bytecode(bucket)  # type: ignore[arg-type]
        except OSError:
            return
