"""How long a summary may be, by host.

As measured and looked up (2026-11): GitHub comments 65,536 characters and 262,144 bytes, GitHub job
summaries 1,024 KiB, GitLab notes 1,000,000 characters. The budgets stay below, since an action or a
bot puts a link in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BUDGETS: Mapping[str, int] = {
    "github-comment": 60_000,
    "github-summary": 250_000,  # characters, of at most four bytes each
    "gitlab-note": 990_000,
}
SMALLEST_BUDGET = 1_000
