"""What the page leaves out, by kind and count, and the command that brings each back.

For each kind what is in the page and what is listed here is everything there is; a test counts it.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.budgets import (
    LONGEST_VALUE,
    MOST_PROBLEMS,
    NO_SHRINK,
    SHORTENED_VALUE,
    UNCOUNTED_POINTS,
)
from rundiff.charts.curves import histories
from rundiff.charts.section import count_charts
from rundiff.comparison import Section
from rundiff.format import show_text
from rundiff.stats.effects import leading_metrics
from rundiff.views.left_out import LeftOut, command_of, round_up, with_budgets, with_option
from rundiff.views.marks import counted, joined, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.charts.section import Drawn
    from rundiff.comparison import Comparison
    from rundiff.views.details import Details
    from rundiff.views.kept import Kept
    from rundiff.views.tables import Table

BYTES_OF_POINT = 16  # at most, as base64 of gzipped doubles with their times
BYTES_OF_CELL = 400  # in a table, its details and the data
MOST_NAMED = 12  # keys of long values


def build_manifest(
    comparison: Comparison,
    kept: Kept,
    *,
    charts: Drawn | None,
    tables: Sequence[Table],
    details: Details,
) -> tuple[LeftOut, ...]:
    """Return the kinds of which anything is left out; ``comparison`` is the whole one."""
    found = [
        _long_values(comparison, kept),
        *_curves(comparison, charts),
        _previews(comparison, kept),
        *_keys(comparison, kept, details),
        _reasons(comparison, tables),
        *_changes(comparison),
        _trends(comparison),
        _problems(comparison),
    ]
    return tuple(one for one in found if one.left)


def _curves(comparison: Comparison, charts: Drawn | None) -> tuple[LeftOut, ...]:
    drawn = histories(comparison)
    own = [one for many in drawn.values() for one in many if len(one.values)]
    others = [one for many in comparison.others.values() for one in many if len(one.values) > 1]
    every = [*own, *(one for one in others if one.key in drawn)]
    unread = [one for key, one in comparison.unread.items() if key in drawn]
    unread_curves = sum(one.curves for one in unread)
    total = sum(len(one.values) for one in every) + sum(one.points for one in unread)
    shown = [] if charts is None else [*charts.curves.own, *charts.curves.others]
    points = sum(len(curve.kept) for curve in shown)
    uncounted = sum(one.curves for one in comparison.unread.values() if not one.is_counted)
    enough = total + uncounted * UNCOUNTED_POINTS
    command = with_budgets(comparison, points=enough, extra=BYTES_OF_POINT * (enough - points))
    some = "at least " if uncounted else ""
    strays = sum(one.key not in drawn for one in others)
    strays += sum(one.curves for key, one in comparison.unread.items() if key not in drawn)
    unread_words = f"; {unread_curves:,} were not read" if unread_curves else ""
    count = count_charts(comparison)
    pictures = 0 if charts is None else charts.section.drawn
    return (
        LeftOut(
            kind="points",
            shown=points,
            left=total - points,
            text=f"Points of curves: {points:,} of {some}{total:,} are in the page",
            command=command,
        ),
        LeftOut(
            kind="curves",
            shown=len(shown),
            left=len(every) + unread_curves - len(shown),
            text=f"Curves: {len(shown):,} of {len(every) + unread_curves:,} are in the page, those "
            f"of the compared runs first{unread_words}",
            command=command,
        ),
        LeftOut(
            kind="stray curves",
            shown=0,
            left=strays,
            text=f"Curves: {strays:,} of metrics of which no compared run has a history",
            command=f"{command_of(comparison)} --columns {len(comparison.runs)}".strip(),
        ),
        LeftOut(
            kind="charts",
            shown=pictures,
            left=count - pictures,
            text=f"Charts: {pictures:,} of {count:,} metrics are drawn",
            command=command,
        ),
    )


def _long_values(comparison: Comparison, kept: Kept) -> LeftOut:
    cut = kept.long.cut_places
    values = [value for values in cut.values() for value in values]
    total = kept.long.count
    keys = [f"{section}.{show_text(key)}" for section, key in cut]
    names = joined([shortened(name, 64) for name in keys[:MOST_NAMED]])
    more = f" and {counted(len(keys) - MOST_NAMED, 'more key')}" if keys[MOST_NAMED:] else ""
    extra = sum(map(len, values))
    return LeftOut(
        kind="long values",
        shown=total - len(values),
        left=len(values),
        text=f"Values of more than {LONGEST_VALUE:,} characters: {total - len(values):,} of "
        f"{total:,} are in the page whole; of the others, with {extra:,} characters, it has the "
        f"first {SHORTENED_VALUE:,} each, length and digest ({names}{more})",
        command=with_budgets(comparison, bytes=1, extra=0),
    )


def _previews(comparison: Comparison, kept: Kept) -> LeftOut:
    shown, left = kept.previews
    sizes = [
        len(artifact.content) if artifact.content is not None else artifact.size or 0
        for artifacts in comparison.artifacts.values()
        for artifact in artifacts
        if artifact.content is not None or artifact.is_unread
    ]
    enough = 2 * sum(sizes)
    return LeftOut(
        kind="previews",
        shown=shown,
        left=left,
        text=f"Previews of artifacts: {shown:,} of {counted(shown + left, 'file')} are in the page",
        command=with_budgets(
            comparison, bytes=round_up(comparison.budgets.most_bytes + enough), extra=enough
        ),
    )


def _keys(comparison: Comparison, kept: Kept, details: Details) -> tuple[LeftOut, ...]:
    keys, left = kept.keys
    cells, left_cells = kept.cells
    rows, left_rows = kept.rows
    total = cells + left_cells
    # The page that did not fit had as many as the budget allows.
    had = replace(comparison.budgets, shrink=NO_SHRINK).most_cells
    extra = BYTES_OF_CELL * (max(total - had, 0) + left_rows)
    command = with_budgets(comparison, cells=total, extra=extra)
    return (
        LeftOut(
            kind="keys",
            shown=keys,
            left=left,
            text=f"Keys: {keys:,} of {keys + left:,} are in the page; left out are those that no "
            "compared run has, then equal ones, the rarest first",
            command=command,
        ),
        LeftOut(
            kind="cells",
            shown=cells,
            left=left_cells,
            text=f"Values of single runs: {cells:,} of {total:,} are in the page",
            command=command,
        ),
        LeftOut(
            kind="rows",
            shown=rows,
            left=left_rows,
            text=f"Rows of the tables: {rows:,} of {rows + left_rows:,} are in the page; the "
            "others can be chosen as columns of the Runs table",
            command=command,
        ),
        LeftOut(
            kind="entries",
            shown=details.entries,
            left=details.left_out,
            text=f"Entries under Run details: {details.left_out:,} stand in the tables alone",
            command=command,
        ),
    )


def _reasons(comparison: Comparison, tables: Sequence[Table]) -> LeftOut:
    shown = sum(len(table.reasons) for table in tables)
    left = sum(table.more_reasons for table in tables)
    return LeftOut(
        kind="reasons",
        shown=shown,
        left=left,
        text=f"Reasons of verdicts: {shown:,} of {shown + left:,} are listed under Metrics",
        command=with_option(comparison, "-o comparison.json"),
    )


def _changes(comparison: Comparison) -> tuple[LeftOut, ...]:
    changes, unjudged = comparison.judgement.changes, comparison.judgement.unjudged
    listed = min(len(changes), comparison.budgets.most_lines)
    judged = sum(len(change.pairs) for change in changes)
    total = judged + unjudged.pairs
    rows = comparison.sections.get(Section.METRICS, ())
    differing = [row for row in rows if row.differs]
    told = len(leading_metrics(comparison)) if changes or comparison.judgement.trends else 0
    return (
        LeftOut(
            kind="pairs",
            shown=judged,
            left=unjudged.pairs,
            text=f"Pairs of recipes under Change by change: {judged:,} of {total:,} are judged, of "
            f"{len(changes):,} of {counted(len(changes) + unjudged.changes, 'change')}",
            command=with_option(comparison, f"--max-pairs {total}")
            if comparison.command
            else f"rundiff.compare(…, max_pairs={total})",
        ),
        LeftOut(
            kind="changes",
            shown=listed,
            left=len(changes) - listed,
            text=f"Changes: {listed:,} of {len(changes):,} that were judged are listed, the "
            "clearest first",
            command=with_option(comparison, "-o comparison.json"),
        ),
        LeftOut(
            kind="leading metrics",
            shown=told,
            left=len(differing) - told if told else 0,
            text=f"Metrics under Change by change and Trends: {told} of {len(differing):,} that "
            "differ; one with a goal goes before",
            command=with_option(comparison, "--goal METRIC=min"),
        ),
    )


def _trends(comparison: Comparison) -> LeftOut:
    params = len({trend.key for trend in comparison.judgement.trends})
    listed = min(params, comparison.budgets.most_lines)
    return LeftOut(
        kind="trends",
        shown=listed,
        left=params - listed,
        text=f"Params under Trends: {listed:,} of {params:,} are listed, the strongest first",
        command=with_option(comparison, "-o comparison.json"),
    )


def _problems(comparison: Comparison) -> LeftOut:
    count = len(comparison.problems)
    shown = min(count, MOST_PROBLEMS)
    places = [show_text(source.location) for source in comparison.sources]
    return LeftOut(
        kind="problems",
        shown=shown,
        left=count - shown,
        text=f"Problems: {shown:,} of {count:,} are listed below",
        command=shlex.join(["rundiff", "list", *places]),
    )
