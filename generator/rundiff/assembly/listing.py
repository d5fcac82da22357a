"""The runs found, without a comparison, for `rundiff list`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.assembly.runs import build_runs
from rundiff.comparison import Problem, Run
from rundiff.relation import load_runs
from rundiff.selection.choose import choose_runs
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions


def list_runs(
    sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions
) -> tuple[tuple[Run, ...], tuple[Problem, ...]]:
    """Return the runs that were asked for, in order, and the problems met."""
    merged = merge_batches(load_sources(sources, replace(reading, include_deleted=True)))
    with closing(load_runs(merged.tables)) as store:
        chosen = choose_runs(merged.tables, store, selection)
    problems = tuple(Problem(**row._asdict()) for row in dict.fromkeys(merged.problems))
    return build_runs(chosen.runs, ()), problems
