"""Comparisons as plain values, without an engine: for property tests that need hundreds of them.

What the relation computes is computed here in Python; ``tests/sql`` holds the relation itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from rundiff.comparison import (
    RELATION_COLUMNS,
    Cell,
    Comparison,
    Direction,
    MetricMeaning,
    Problem,
    Row,
    Run,
    Section,
    Selection,
    Series,
)
from rundiff.records.values import Value, value_of

Recorded = Mapping[str, Mapping[str, object]]  # section → key → value
NO_VALUE = Value("", "")


def plain_comparison(
    runs: Mapping[str, Recorded],
    *,
    directions: Mapping[str, str] | None = None,
    series: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    problems: Sequence[Problem] = (),
) -> Comparison:
    """Compare runs by name; the first is the baseline, and a run's id is its place ("id0", …)."""
    found = tuple(_run(place, name) for place, name in enumerate(runs))
    sections = {
        section: tuple(_rows(section, list(runs.values()), directions or {})) for section in Section
    }
    ids = {run.name: run.run_id for run in found}
    return Comparison(
        title="plain",
        runs=found,
        compared=found,
        sections=sections,
        series={
            key: tuple(_series(key, ids[name], values) for name, values in by_run.items())
            for key, by_run in (series or {}).items()
        },
        datasets={},
        artifacts={},
        problems=tuple(problems),
        sources=(),
        selection=Selection(found=len(found), where="", experiments=(), names=(), order_by=(),
                            limit=None, left_out=()),
        relation=_relation(found, sections),
        command="rundiff report runs",
    )  # fmt: skip


def _run(place: int, name: str) -> Run:
    return Run(
        run_id=f"id{place}", name=name, full_name=name, label=name, experiment="test",
        status="finished", state="complete", position=place, color=place, start_time=None,
        end_time=None, user="", parent_run_id="", note="", source="plain", location=f"runs/{place}",
    )  # fmt: skip


def _series(key: str, run_id: str, values: Sequence[float]) -> Series:
    steps = list(range(len(values)))
    return Series(run_id=run_id, key=key, steps=steps, times=[-1] * len(values), values=values)


def _rows(
    section: Section, runs: Sequence[Recorded], directions: Mapping[str, str]
) -> Iterator[Row]:
    columns = [run.get(section.value, {}) for run in runs]
    for key in dict.fromkeys(key for column in columns for key in column):
        values = [value_of(column[key]) if key in column else None for column in columns]
        cells = tuple(_cell(value, values[0], place) for place, value in enumerate(values))
        meaning = MetricMeaning(
            direction=Direction(directions.get(key, "")),
            direction_origin="record" if key in directions else "",
            unit="",
            tolerance="",
        )
        yield Row(
            section=section,
            key=key,
            cells=cells,
            differs=any(cell.differs for cell in cells),
            is_numeric_text=False,
            meaning=meaning if section is Section.METRICS else None,
        )


def _cell(value: Value | None, baseline: Value | None, place: int) -> Cell:
    delta = relative = None
    after, before = (value or NO_VALUE).number, (baseline or NO_VALUE).number
    if place and after is not None and before is not None:
        delta = after - before
        relative = delta / abs(before) if before else None
    return Cell(
        type=(value or NO_VALUE).type,
        value=(value or NO_VALUE).value,
        number=after,
        is_present=value is not None,
        differs=value != baseline,
        delta=delta,
        relative_change=relative,
        is_best=False,
        is_worst=False,
    )


def _relation(runs: Sequence[Run], sections: Mapping[Section, Sequence[Row]]) -> pa.Table:
    columns: dict[str, list[object]] = {name: [] for name in RELATION_COLUMNS}
    for section, rows in sections.items():
        for row in rows:
            for run, cell in zip(runs, row.cells, strict=True):
                direction = row.meaning.direction.value if row.meaning else ""
                record = (
                    section.value, row.key, run.run_id, run.name, run.position,
                    "candidate" if run.position else "baseline", cell.type, cell.value, cell.number,
                    cell.is_present, cell.differs, cell.delta, cell.relative_change, cell.is_best,
                    cell.is_worst, direction, "",
                )  # fmt: skip
                for column, value in zip(columns.values(), record, strict=True):
                    column.append(value)
    return pa.table(columns)
