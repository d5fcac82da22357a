"""Reads the sources as far as a selection needs it, and chooses the runs.

A source of many runs may leave out what the selection does not ask about; the chosen runs are read
whole once they are known. Where something goes wrong on the way (a key that no run has, a table
that cannot be read) or runs share an id, which only all of their rows can settle, everything is
read: what is said then is said of all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import RecordError, RundiffError
from rundiff.selection.asked import asked_rows
from rundiff.selection.choose import Chosen, choose_runs
from rundiff.sources.discover import ProblemRow, load_sources
from rundiff.sources.merge import MergedRuns, merge_batches, merge_more

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.relation import LoadedRuns
    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions
    from rundiff.sources.discover import Loaded


class ChosenRuns(NamedTuple):
    """The runs that were chosen, among all those read; whoever gets it closes the engine."""

    merged: MergedRuns
    store: LoadedRuns
    chosen: Chosen


class _Choice(NamedTuple):
    merged: MergedRuns
    chosen: Chosen


def read_chosen(
    sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions
) -> ChosenRuns:
    """Read the sources and choose; all rows of the chosen runs are there and in the engine.

    Raises SourceError when there is nothing to read, SelectionError when nothing is left.
    """
    return _with_engine(*read_rows(sources, reading, selection))


def read_rows(
    sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions
) -> tuple[MergedRuns, Chosen]:
    """Read the sources and choose; all rows of the chosen runs are there."""
    is_choosing = (
        selection.where or selection.experiments or selection.names or selection.limit is not None
    )
    found = _of_few(sources, reading, selection) if is_choosing else None
    if found is None:
        return _of_all(sources, reading, selection)
    loaded, few = found
    if not any(batch.load_rest for batch in loaded.batches):
        return few
    try:
        return merge_more(few.merged, _with_rest(loaded, few)), few.chosen
    except RecordError as error:
        merged, chosen = _of_all(sources, reading, selection)
        message = f"{error.message}; the tables of its pack are read instead"
        notice = ProblemRow(error.location, error.line, "notice", message)
        return replace(merged, problems=(*merged.problems, notice)), chosen


def read_list(
    sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions
) -> tuple[MergedRuns, Chosen]:
    """Read the sources and choose; more than the table of runs need not be there."""
    found = _of_few(sources, reading, selection)
    return _of_all(sources, reading, selection) if found is None else found[1]


def choose_of(merged: MergedRuns, selection: SelectionOptions) -> ChosenRuns:
    """Choose among runs that were read."""
    return _with_engine(merged, choose_runs(merged.tables, selection))


def _with_engine(merged: MergedRuns, chosen: Chosen) -> ChosenRuns:
    from rundiff.relation import load_runs  # imports the engine, which a list does without

    run_ids = [run.run_id for run in chosen.runs]
    return ChosenRuns(merged, load_runs(merged.tables, run_ids), chosen)


def _of_all(sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions) -> _Choice:
    merged = merge_batches(load_sources(sources, _all_of(reading)))
    return _Choice(merged, choose_runs(merged.tables, selection))


def _of_few(
    sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions
) -> tuple[Loaded, _Choice] | None:
    """Choose among rows that the selection asks about; None where that is not enough."""
    loaded = load_sources(sources, replace(_all_of(reading), asked=asked_rows(selection)))
    is_whole = not any(batch.load_rest for batch in loaded.batches)
    merged = merge_batches(loaded)
    if not is_whole and not merged.has_unique_ids:
        return None
    try:
        return loaded, _Choice(merged, choose_runs(merged.tables, selection))
    except RundiffError:
        if is_whole:
            raise
        return None


def _with_rest(loaded: Loaded, few: _Choice) -> Loaded:
    """Return what was loaded with all rows of the chosen runs. Raises RecordError."""
    chosen: list[list[str]] = [[] for _ in loaded.batches]
    for run in few.chosen.runs:
        place = few.merged.origin[run.run_id]
        chosen[place.batch].append(place.run_id)
    batches = tuple(
        batch if batch.load_rest is None else batch.load_rest(run_ids)
        for batch, run_ids in zip(loaded.batches, chosen, strict=True)
    )
    return replace(loaded, batches=batches)


def _all_of(reading: ReadOptions) -> ReadOptions:
    """Have deleted runs read, too: the selection leaves them out and says how many."""
    return replace(reading, include_deleted=True)
