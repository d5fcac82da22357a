"""Which keys make no recipe: those that replicates differ in, or that say where a run was put.

One rule for the verdicts, which pool replicates, and for the columns, which show each recipe once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_SEED_KEYS = ("seed", "random_state", "rng", "fold", "repeat", "replicate", "trial")
_BOOKKEEPING = re.compile(
    r"(?:^|[._/-])(?:output|log|logging|save|checkpoint|ckpt|work|run|results?|cache|tensorboard)"
    r"[._-]?(?:dir|path|folder|root)$"
    r"|(?:^|[._/-])(?:run|exp|experiment|job|wandb)[._-]?(?:id|name|index|num(?:ber)?|tag)$"
    r"|(?:^|[._/-])(?:timestamp|datetime|date|time|host|hostname|user|pid|port|local_rank|note)$",
    re.IGNORECASE,
)


def is_bookkeeping(key: str) -> bool:
    """Tell whether a param or tag says where a run was put rather than what it was."""
    return _BOOKKEEPING.search(key) is not None


def seed_pattern(seed_keys: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern for keys one of whose words (or dotted parts) is a seed key."""
    if not seed_keys:
        return None
    words = "|".join(re.escape(key) for key in seed_keys)
    return re.compile(rf"(?:^|[._/-])(?:{words})(?:$|[._/-])", re.IGNORECASE)
