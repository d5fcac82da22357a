"""An exception's traceback as a record may show it: without the paths of this machine.

A report is published; where a home folder or a virtual environment lay is nobody's business and
would make the same failure of two machines look like two. A file is named by what follows
`site-packages/` or the standard library's folder, else relative to the working directory, else by
what follows an entry of `sys.path`, else by its last two parts.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator

from rundiff.records.redaction import hide_home, redact_text

_FRAME = re.compile(r'^([\s|+-]*File ")([^"\n]+)(?=", line \d+)', re.MULTILINE)
_INSTALLED = re.compile(r".*[/\\](?:site|dist)-packages[/\\]", re.DOTALL)


def render_traceback(error: BaseException, *, limit: int) -> str:
    """Return the last so many characters of an exception's traceback, paths shortened."""
    text = "".join(traceback.format_exception(error))
    text = _FRAME.sub(lambda found: found[1] + short_path(found[2]), text)
    return shorten_paths(redact_text(text))[-limit:]


def short_path(path: str) -> str:
    """Return how a source file is named; names that are no path, as `<stdin>`, stay."""
    installed = _INSTALLED.sub("", path)
    if installed != path or not os.path.isabs(path):
        return installed
    for folder in _folders():
        if path.startswith(folder + os.sep):
            return path[len(folder) + 1 :]
    return "/".join(["…", *path.split(os.sep)[-2:]])


def shorten_paths(text: str) -> str:
    """Return a redacted text with the paths below the working directory relative to it."""
    here = _working_folder()
    for folder in (here, hide_home(here)):
        if len(folder) > 1:
            text = text.replace(folder + os.sep, "")
    return text


def _folders() -> Iterator[str]:
    paths = sysconfig.get_paths()
    yield from dict.fromkeys((paths["stdlib"], paths["platstdlib"]))
    here = _working_folder()
    if len(here) > 1:
        yield here
    yield from sorted((entry for entry in sys.path if len(entry) > 1), key=len, reverse=True)


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
