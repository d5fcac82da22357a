"""Histories that lie in the order of a chart already, as views of the columns they were read into.

metrics.parquet is sorted by key, step, time and seq. Where the steps of each of its series rise,
which is looked at and not taken on trust, the relation `series` would give back what is there: so a
long history is not sorted again (20 million points: 1 s of CPU in all, where loading them into
DuckDB took more memory than it may have), and nothing is copied. A run whose steps repeat or fall
goes through the relation, as every other source does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NO_TIME_MICROS = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedSeries:
    """One metric of one run: doubles, microseconds (-1: not known) and doubles, of equal length."""

    run_id: str
    key: str
    steps: Sequence[float]
    times: Sequence[int]
    values: Sequence[float]


def ordered_series(
    run_id: str, columns: pa.Table, counts: Mapping[str, int]
) -> list[OrderedSeries] | None:
    """Return the series of a run's sorted points (step, time, value), so many of each key in turn.

    None where they must be sorted: a step or value is missing, or steps do not rise.
    """
    import pyarrow.compute as pc

    steps, times, values = (_array(columns.column(name)) for name in ("step", "time", "value"))
    if steps.null_count or values.null_count:
        return None
    if times.null_count:
        times = pc.fill_null(times, NO_TIME_MICROS)
    all_steps, all_values = _bytes(steps).cast("d"), _bytes(values).cast("d")
    all_times = _bytes(times).cast("q")
    found: list[OrderedSeries] = []
    for key, begin, end in _places(counts):
        own = steps.slice(begin, end - begin)
        if len(own) > 1 and not pc.all(pc.less(own[:-1], own[1:])).as_py():
            return None
        found.append(
            OrderedSeries(
                run_id=run_id,
                key=key,
                steps=all_steps[begin:end],
                times=all_times[begin:end],
                values=all_values[begin:end],
            )
        )
    return found


def _places(counts: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    begin = 0
    for key, count in counts.items():
        if count:
            yield key, begin, begin + count
        begin += count


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _bytes(values: pa.Array) -> memoryview:
    first, data = values.offset * 8, memoryview(values.buffers()[1])
    return data[first : first + len(values) * 8]
