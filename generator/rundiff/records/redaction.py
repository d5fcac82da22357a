"""Keeping secrets out of records and reports: what looks like one is replaced.

Twice, with rules of their own. What rundiff itself captures (command lines, remotes, tracebacks) is
redacted before it is written; captured facts come from allow-lists (``tracking.environment``), so
this is the second line, and it may be greedy. What others recorded is masked when it is read
(``sources.masking``): that is data, so only what is unmistakable is touched, a password in a URL, a
token of a known make, an option or key that is named as a secret (``max_tokens`` and ``pad_token``
are not), and the mask stays visible. Those patterns are bounded everywhere: the text is hostile and
may be megabytes long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

MASK = "***"

_SENSITIVE = r"(?:token|secret|passw(?:or)?d|api[-_]?key|credential|auth|(?<![a-z])key)"
# Texts, not patterns: ``re`` compiles and keeps them when they are first needed, which few runs do.
_OPTION = rf"(?is)^(-{{1,2}}[\w.-]*{_SENSITIVE}[\w.-]*)(=.*)?$"
_ASSIGNED = rf"(?i)([\w.-]*{_SENSITIVE}[\w.-]*\s*[=:]\s*)([^\s,;&'\"]+|'[^']*'|\"[^\"]*\")"
_USERINFO = r"(?<=://)[^/@\s'\"]+@"
_WELL_KNOWN = (
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|hf_[A-Za-z0-9]{20,}|glpat-[\w-]{16,}"
    r"|sk-[\w-]{20,}|xox[baprs]-[\w-]{10,}|A[KS]IA[A-Z0-9]{16}"
    r"|(?<![\w-])eyJ[\w-]{10,4000}\.[\w-]{10,4000}\.[\w-]*)"
)

_NAMED_SO = (
    r"(?:passw(?:or)?d|passphrase|secret|credentials?|(?:secret|api|access|private|account)[-_]?key"
    r"|(?:access|api|auth|bearer|refresh|session|secret|hf|hub|huggingface|github|gitlab|wandb|neptune"
    r"|comet|dagshub|mlflow|slack)[-_]?token)"
)
_SECRET_KEY = re.compile(rf"(?:^|[._\s:-]){_NAMED_SO}$", re.IGNORECASE)
_SECRET_OPTION = (
    rf"(?i)((?<![\w-])-{{1,2}}(?:[\w.]{{1,60}}[-_.])?(?:{_NAMED_SO}|token)(?:=|\s{{1,9}}))"
    r"('[^']*'|\"[^\"]*\"|[^\s'\"-][^\s'\"]*)"
)
_URL_CREDENTIAL = r"(://[^/@:\s'\"]{0,200}:)[^/@\s'\"]{1,2000}@"
_URL_USER = r"(?i)(https?://)[^/@:\s'\"]{1,2000}@"
_URL_QUERY = (
    rf"(?i)([?&](?:{_NAMED_SO}|token|sig|signature|x-amz-signature|x-goog-signature)=)[^\s&#'\"]+"
)
# What any of these needs to be there: found by plain search, before a pattern looks.
MASKABLE_SIGNS = (
    *(b"://", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_", b"hf_", b"glpat-"),
    *(b"sk-", b"xox", b"AKIA", b"ASIA", b"eyJ"),
)
# What the name of a secret option holds, in small letters.
OPTION_SIGNS = (b"passw", b"passphrase", b"secret", b"credential", b"key", b"token")


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
        found = re.match(_OPTION, argument)
        is_secret = found is not None and found[2] is None
        shown.append(f"{found[1]}={MASK}" if found and found[2] else redact_text(argument))
    return shown


def redact_text(text: str) -> str:
    """Return a text without URL user names and passwords, assigned secrets and well-known tokens.

    The home folder as ``~``.
    """
    text = re.sub(_USERINFO, "", text)
    text = re.sub(_WELL_KNOWN, MASK, text)
    text = re.sub(_ASSIGNED, rf"\1{MASK}", text)
    return hide_home(text).encode("utf-8", "backslashreplace").decode()


def mask_text(text: str, *, is_command: bool = False) -> str:
    """Return a foreign text with the credentials of its URLs and its well-known tokens masked.

    In a command the values of options that are named as secrets, too.
    """
    text = re.sub(_URL_CREDENTIAL, rf"\1{MASK}@", text)
    text = re.sub(_URL_USER, rf"\1{MASK}@", text)
    text = re.sub(_URL_QUERY, rf"\1{MASK}", text)
    text = re.sub(_WELL_KNOWN, MASK, text)
    return re.sub(_SECRET_OPTION, rf"\1{MASK}", text) if is_command else text


def names_secret(key: str) -> bool:
    """Tell whether a key says that its value is a secret: ``db.password``, ``wandb_api_key``."""
    return _SECRET_KEY.search(key) is not None


def hide_home(text: str) -> str:
    """Return a text with the path of the home folder replaced by ``~``."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text
