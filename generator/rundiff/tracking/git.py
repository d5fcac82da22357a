"""What git says about the code of a run: commit, branch, whether it is dirty and by how much.

Never the patch itself.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from rundiff.records.redaction import redact_text

_TIMEOUT_SECONDS = 2.0


def git_facts(folder: Path) -> dict[str, object]:
    """Return commit, branch, remote (without credentials), dirty flag and patch size.

    Empty outside a work tree.
    """
    head = _git(folder, "rev-parse", "--show-toplevel", "HEAD")
    if head is None:
        return {}
    lines = head.split("\n")
    facts: dict[str, object] = {"commit": lines[1] if len(lines) > 1 else ""}
    branch = _git(folder, "symbolic-ref", "--short", "-q", "HEAD")
    if branch:
        facts["branch"] = branch
    remote = _git(folder, "config", "--get", "remote.origin.url")
    if remote and _is_elsewhere(remote):
        facts["remote"] = redact_text(remote)
    status = _git(folder, "status", "--porcelain", "--untracked-files=no")
    if status is not None:
        facts["dirty"] = bool(status)
    if status:
        patch = _git(folder, "diff", "HEAD", "--no-ext-diff", "--no-color", "--no-textconv")
        if patch is not None:
            facts["patch_bytes"] = len(patch.encode("utf-8", "surrogateescape"))
    return facts


def _is_elsewhere(remote: str) -> bool:
    """Tell whether a remote is on another host; a local path says only where a clone lay."""
    scheme, separator, _ = remote.partition("://")
    if separator:
        return scheme != "file"
    host, colon, _ = remote.partition(":")
    return bool(colon) and "/" not in host


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git printed, or None if it failed, is missing or took too long."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode:
        return None
    return done.stdout.decode("utf-8", "surrogateescape").strip("\n")
