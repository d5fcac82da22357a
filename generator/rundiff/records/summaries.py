"""Summary values of series: what a table of runs shows without reading histories.

``last`` is the value at the highest step; of several at that step the one with the latest time,
then the one logged last. ``low`` and ``high`` are over finite values only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rundiff.records.run import Points, Summary


class Singles(Mapping[str, Summary]):
    """Summaries of metrics of which one double each is known and no history, as most are written.

    A ``Summary`` is made when it is asked for: a comparison takes the doubles alone (2026-11: the
    20,000 of 1,000 runs take an eighth of the time to read).
    """

    def __init__(self, numbers: Mapping[str, float]) -> None:
        self.numbers = numbers

    def __getitem__(self, key: str) -> Summary:
        return Summary(self.numbers[key], points=0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


def build_summaries(points: Points, exact: Mapping[int, str]) -> dict[str, Summary]:
    """Return one Summary for each metric, in the order of first appearance.

    ``exact`` holds texts by the point's index.
    """
    if not points.names:
        return {}
    count = len(points.names)
    last = [-1] * count
    low: list[float | None] = [None] * count
    high: list[float | None] = [None] * count
    counts = [0] * count
    steps, times, values = points.steps, points.times, points.values
    for at, key in enumerate(points.keys):
        counts[key] += 1
        before = last[key]
        if before < 0 or (steps[at], times[at]) >= (steps[before], times[before]):
            last[key] = at
        value = values[at]
        if value - value == 0.0:
            least, most = low[key], high[key]
            if least is None or value < least:
                low[key] = value
            if most is None or value > most:
                high[key] = value
    return {
        name: Summary(
            last=values[last[key]],
            last_step=steps[last[key]],
            low=low[key],
            high=high[key],
            points=counts[key],
            exact=exact.get(last[key]),
        )
        for key, name in enumerate(points.names)
        if counts[key]
    }
