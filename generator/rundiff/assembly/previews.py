"""The contents of small artifacts, for previews in "Run details".

Only kinds that a page can show safely: pictures by their first bytes (never SVG, which is a
document that runs script), and text. Sizes are capped for one file and for all, so that a report
stays a file one can mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundiff.budgets import Budgets

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF")
_TEXTS = (".txt", ".log", ".md", ".json", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".ini", ".cfg")


class Previews:
    """Hands out contents until the total is used up."""

    def __init__(self, load: Callable[[str, str, int], bytes | None], budgets: Budgets) -> None:
        self._load = load
        self._most, self._left = budgets.preview_bytes, budgets.read_previews

    def of(self, run_id: str, path: str, size: int | None) -> tuple[bytes | None, bool]:
        """Return the content of an artifact that can be shown, or whether only room is missing."""
        limit = min(self._most, self._left)
        name = path.lower()
        if not name.endswith((*_PICTURES, *_TEXTS)):
            return None, False
        if (size or 0) > limit:
            return None, True
        content = self._load(run_id, path, limit)
        if content is None or len(content) > limit:
            return None, content is not None
        is_shown = (
            content.startswith(_SIGNATURES) if name.endswith(_PICTURES) else _is_text(content)
        )
        if not is_shown:
            return None, False
        self._left -= len(content)
        return content, False


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
