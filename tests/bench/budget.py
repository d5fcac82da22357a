"""How budgets are measured: CPU seconds against a floor timed in the same run.

Wall time on a shared machine measures the neighbours. The best of several rounds is what the code
costs; the others are what disturbed it. Floor and candidate take turns, so that a slow minute hits
both.
"""

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRow:
    """One line of the table: ``ratio`` is candidate / floor; ``unit`` is what it is counted in.

    A speed-up (``at_least``) is met from the bar up, a cost up to the bar.
    """

    name: str
    ratio: float
    bar: float
    note: str = ""
    unit: str = "×"
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    @property
    def measured(self) -> str:
        return f"{self.ratio:.3g} {self.unit}"

    @property
    def budget(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bar:g} {self.unit}"


def rows_of(name: str) -> list[BenchRow]:
    """Return what ``bench_<name>.py`` measures."""
    found: list[BenchRow] = importlib.import_module(f"tests.bench.bench_{name}").rows()
    return found


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process (all threads) that one call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def best_of_turns(
    floor: Callable[[], object], candidate: Callable[[], object], *, rounds: int = 7
) -> tuple[float, float]:
    """Return the best CPU seconds of each, measured in turns."""
    pairs = [(cpu_seconds(floor), cpu_seconds(candidate)) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
