"""The runs found, without a comparison, for `rundiff list`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.assembly.runs import build_runs, sources_read
from rundiff.comparison import Listing, Problem
from rundiff.relation import load_runs
from rundiff.selection.choose import choose_runs
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions


def list_runs(sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions) -> Listing:
    """Return the runs that were asked for, in order, where they come from, and problems met."""
    merged = merge_batches(load_sources(sources, replace(reading, include_deleted=True)))
    with closing(load_runs(merged.tables)) as store:
        chosen = choose_runs(merged.tables, store, selection)
    return Listing(
        sources=tuple(sources_read(merged, is_counting=True)),
        runs=build_runs(chosen.runs, ()),
        left_out=tuple(chosen.left_out),
        problems=tuple(Problem(**row._asdict()) for row in dict.fromkeys(merged.problems)),
    )
