"""Run the benchmarks and print one table: ``scripts/bench [NAME…]``, e.g. ``report relation``.

Each ``bench_<name>.py`` exposes ``rows()``. They run one after the other, so that nothing else of
ours runs beside them, each in a process of its own, whose peak memory is its own, too. The exit
code is 1 when a budget is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.bench.budget import BenchRow, rows_of

HERE = Path(__file__).parent


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure rundiff against its budgets.")
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    wanted = parser.parse_args(argv).names or names
    rows: list[BenchRow] = []
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as processes:
        for name in wanted:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            found = processes.submit(rows_of, name).result()
            rows.extend(found)
            print("\n".join(f"  {row.name}: {row.measured}" for row in found), file=sys.stderr)
    print(render_table(rows))
    return 0 if all(row.is_met for row in rows) else 1


def render_table(rows: Iterable[BenchRow]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | measured | bar | met | how |", "|---|---|---|---|---|"]
    for row in rows:
        met = "yes" if row.is_met else "**no**"
        lines.append(f"| {row.name} | {row.measured} | {row.budget} | {met} | {row.note} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
