"""Keeping secrets out of records: what looks like one is replaced before it is written.

Captured facts come from allow-lists (``environment``); this is the second line, for command lines,
remotes and tracebacks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

MASK = "***"

_SENSITIVE = r"(?:token|secret|passw(?:or)?d|api[-_]?key|credential|auth|(?<![a-z])key)"
_OPTION = re.compile(rf"^(-{{1,2}}[\w.-]*{_SENSITIVE}[\w.-]*)(=.*)?$", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(
    rf"([\w.-]*{_SENSITIVE}[\w.-]*\s*[=:]\s*)([^\s,;&'\"]+|'[^']*'|\"[^\"]*\")", re.IGNORECASE
)
_USERINFO = re.compile(r"(?<=://)[^/@\s'\"]+@")
_WELL_KNOWN = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|hf_[A-Za-z0-9]{20,}|glpat-[\w-]{16,}"
    r"|sk-[\w-]{20,}|xox[baprs]-[\w-]{10,}|A[KS]IA[A-Z0-9]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)


def redact_arguments(arguments: Sequence[str]) -> list[str]:
    """Return a command line with the values of ``--*token``, ``*key``, ``*secret``.

    ``*password`` masked.
    """
    shown: list[str] = []
    is_secret = False
    for argument in arguments:
        if is_secret and not argument.startswith("-"):
            shown.append(MASK)
            is_secret = False
            continue
        found = _OPTION.match(argument)
        is_secret = found is not None and found[2] is None
        shown.append(f"{found[1]}={MASK}" if found and found[2] else redact_text(argument))
    return shown


def redact_text(text: str) -> str:
    """Return a text without URL user names and passwords, assigned secrets and well-known tokens.

    The home folder as ``~``.
    """
    text = _USERINFO.sub("", text)
    text = _WELL_KNOWN.sub(MASK, text)
    text = _ASSIGNED.sub(rf"\1{MASK}", text)
    return hide_home(text).encode("utf-8", "backslashreplace").decode()


def hide_home(text: str) -> str:
    """Return a text with the path of the home folder replaced by ``~``."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text
