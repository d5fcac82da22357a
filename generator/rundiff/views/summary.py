"""What a summary says, at one level of detail: tables of pieces of text, without any Markdown.

A summary stands on a pull request, where a host limits its length. ``Detail`` says how much is
shown and ``DETAILS`` is the declared order in which detail is given up; ``render.markdown`` takes
the first level that fits. Each table counts what it left out, so the last line can say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import VerdictKind
from rundiff.views.recipes import moving_columns
from rundiff.views.summary_headline import build_headline
from rundiff.views.summary_parts import LeftOut, Piece, Shortlist, Summary, named, plain
from rundiff.views.summary_tables import (
    build_change_table,
    build_difference_tables,
    build_gate_tables,
    build_metric_tables,
    build_trend_table,
)
from rundiff.views.unfinished import tell_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.comparison import Comparison
    from rundiff.judgement import Verdict
    from rundiff.views.summary_parts import Detail, Line


def build_summary(comparison: Comparison, detail: Detail) -> Summary:
    """Return the summary with as much as ``detail`` allows."""
    tables = [
        *build_gate_tables(comparison, detail),
        *build_metric_tables(comparison, detail),
        build_change_table(comparison, detail),
        build_trend_table(comparison, detail),
        *build_difference_tables(comparison, detail),
    ]
    listings = _listings(comparison, detail)
    candidates = max(len(moving_columns(comparison)) - 1, 0)
    left_out = [LeftOut(max(candidates - detail.candidates, 0), "candidate")]
    left_out += [LeftOut(table.left_out, table.noun) for table in tables]
    left_out += [LeftOut(listing.left_out, listing.noun) for listing in listings]
    if not detail.curves and any(comparison.series.values()):
        left_out.append(LeftOut(sum(map(len, comparison.series.values())), "curve"))
    return Summary(
        headline=build_headline(comparison),
        about=tuple(_about(comparison, detail)),
        warnings=tuple((plain(w),) for w in _sentences(comparison.judgement.warnings, detail)),
        tables=tuple(table for table in tables if table.rows),
        listings=tuple(listing for listing in listings if listing.lines),
        left_out=tuple(part for part in left_out if part.number),
    )


def _sentences(texts: Sequence[str], detail: Detail) -> Sequence[str]:
    return texts[: 10 if detail.text > 40 else 1]


def _about(comparison: Comparison, detail: Detail) -> Iterator[Line]:
    """Yield who stands against whom, and which build made it."""
    columns = moving_columns(comparison)
    if len(columns) > 1:
        baseline, *candidates = columns
        most = max(detail.candidates, 1)
        names: list[Piece] = []
        for column in candidates[:most]:
            names += [plain(", "), *named(column)]
        more = len(candidates) - most
        tail = [plain(f" and {more:,} more")] if more > 0 else []
        yield (*names[1:], *tail, plain(" against the baseline "), *named(baseline))
    for sentence in filter(None, (tell_unfinished(comparison), *comparison.selection.left_out)):
        yield (Piece(sentence, "sentence"),)
    build = comparison.build
    if build is not None:
        parts: list[Piece] = []
        for word, text in (("branch ", build.branch), ("commit ", build.commit[:12])):
            if text:
                parts += [plain(f"{' · ' if parts else ''}{word}"), Piece(text, "code")]
        if parts:
            yield tuple(parts)


def _reasons(comparison: Comparison) -> list[Line]:
    """Return why each statistical verdict is what it is, once for all runs of one recipe."""
    names = {run.run_id: run.full_name for run in comparison.compared}
    told: dict[tuple[str, tuple[str, ...]], Verdict] = {}
    for verdict in comparison.verdicts.values():
        if not verdict.by_tolerance or verdict.kind is VerdictKind.INCOMPARABLE:
            told.setdefault((verdict.key, verdict.candidate.run_ids), verdict)
    return [
        (
            Piece(verdict.key, "code"),
            plain(f" {verdict.kind} in "),
            Piece(names[verdict.run_id], "code"),
            plain(": "),
            Piece(verdict.reason, "sentence"),
        )
        for verdict in told.values()
    ]


def _listings(comparison: Comparison, detail: Detail) -> tuple[Shortlist, ...]:
    reasons = _reasons(comparison)
    problems = [
        (Piece(f"{p.location}:{p.line}" if p.line is not None else p.location, "code"),
         plain(" "), Piece(p.message, "sentence"))
        for p in comparison.problems
    ]  # fmt: skip
    return tuple(
        Shortlist(
            title=title,
            noun=noun,
            lines=tuple(lines[:most]),
            left_out=max(len(lines) - most, 0),
        )
        for title, noun, lines, most in (
            ("Why", "reason", reasons, detail.reasons),
            ("Problems met while reading", "problem", problems, detail.problems),
        )
    )
