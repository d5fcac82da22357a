"""The runs of the selection as values, and what is said of where they come from."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from rundiff.assembly.labels import build_labels, elided, tell_apart
from rundiff.comparison import Run, Selection, SourceRead
from rundiff.records.arrays import cells_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.selection.choose import SelectionOptions
    from rundiff.selection.runs import RunRow
    from rundiff.sources.merge import MergedRuns

_RUN_TEXTS = (
    *("experiment", "status", "state", "user", "parent_run_id", "note", "source", "location"),
)
_texts = attrgetter(*_RUN_TEXTS)


def name_of(row: RunRow) -> str:
    """Return what a run is called: its id where it has no name."""
    return row.name or row.run_id


def build_runs(rows: Sequence[RunRow], columns: Sequence[int]) -> tuple[Run, ...]:
    """Return the runs of the selection; ``columns`` are the positions of the compared ones."""
    named = [(name_of(row), row.run_id) for row in rows]
    places = [row.location or "" for row in rows]
    compared = build_labels([named[at] for at in columns], [places[at] for at in columns])
    told = tell_apart(named, places)
    colors = {position: color for color, position in enumerate(columns)}
    labels = dict(zip(columns, compared, strict=True))
    return tuple(
        Run(
            run_id=run_id,
            name=name,
            full_name=told[place],
            label=labels[place] if place in labels else elided(told[place]),
            position=place,
            color=colors.get(place),
            start_time=row.start_time,
            end_time=row.end_time,
            **dict(zip(_RUN_TEXTS, (text or "" for text in _texts(row)), strict=True)),
        )
        for place, (row, (name, run_id)) in enumerate(zip(rows, named, strict=True))
    )


def sources_read(merged: MergedRuns, *, is_counting: bool = False) -> list[SourceRead]:
    """Return what was read, one line for each batch; with all points counted, if asked for."""
    found = []
    for batch in merged.batches:
        counts = cells_of(batch.tables["metric_summary"].column("points"))
        found.append(
            SourceRead(
                kind=batch.kind,
                title=merged.titles.get(batch.kind, batch.kind),
                version=batch.version,
                location=batch.location,
                runs=batch.tables["run"].num_rows,
                metrics=len(counts) + batch.left_out.metrics,
                points=sum(counts) + batch.left_out.points
                if None not in counts and batch.left_out.points is not None
                else batch.count_points()
                if is_counting
                else None,
                problems=batch.tables["problem"].num_rows,
            )
        )
    return found


def selection_of(
    merged: MergedRuns, wanted: SelectionOptions, left_out: tuple[str, ...]
) -> Selection:
    """Return what was asked for, and the sentences about what that left out."""
    return Selection(
        found=merged.tables["run"].num_rows,
        where=wanted.where,
        experiments=wanted.experiments,
        names=wanted.names,
        order_by=wanted.order_by,
        limit=wanted.limit,
        left_out=left_out,
    )


def title_of(runs: Sequence[Run]) -> str:
    """Return the experiments' names and the number of runs."""
    names = list(dict.fromkeys(run.experiment for run in runs if run.experiment))
    count = f"{len(runs):,} run{'' if len(runs) == 1 else 's'}"
    if not names or len(names) > 3:
        return f"{count} of {len(names)} experiments" if names else count
    return f"{', '.join(names)}: {count}"
