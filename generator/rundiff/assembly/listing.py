"""The runs found, without a comparison, for `rundiff list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.assembly.reading import read_list
from rundiff.assembly.runs import build_runs, sources_read
from rundiff.comparison import Listing, Problem
from rundiff.garbage import no_collection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions


def list_runs(sources: Sequence[str], reading: ReadOptions, selection: SelectionOptions) -> Listing:
    """Return the runs that were asked for, in order, where they come from, and problems met."""
    with no_collection():
        merged, chosen = read_list(sources, reading, selection)
    return Listing(
        sources=tuple(sources_read(merged, is_counting=True)),
        runs=build_runs(chosen.runs, ()),
        left_out=tuple(chosen.left_out),
        problems=tuple(Problem(**row._asdict()) for row in dict.fromkeys(merged.problems)),
    )
