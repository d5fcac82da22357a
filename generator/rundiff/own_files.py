"""By what a file that rundiff wrote is known: it may be replaced, and it holds no runs to compare.

Each mark stands among a file's first bytes, that of Parquet among its last. Marks inside the file
were chosen over a list of written files beside it: they survive a download, a copy and a checkout.
"""

from __future__ import annotations

LOOK = 4096  # bytes at the beginning; of Parquet four times as many at the end

# What the beginning of a file of each suffix holds if rundiff wrote it.
MARKS: dict[str, bytes] = {
    ".html": b'<meta name="generator" content="rundiff',
    ".md": b"<!-- rundiff:",
    ".json": b'"format": "rundiff-',
    ".csv": b'"section","key","run_id","run_name","position","role"',
    ".tex": b"% rundiff ",
    ".xml": b'<testsuites name="rundiff"',
    ".txt": b"# TYPE rundiff_",
    ".parquet": b"rundiff.relation",  # in the footer
}


def is_marked(suffix: str, shown: bytes) -> bool:
    """Tell whether a file's first bytes, or a Parquet file's last, carry the mark of its suffix."""
    mark = MARKS.get(suffix)
    return mark is not None and mark in (shown if suffix == ".parquet" else shown[:LOOK])
