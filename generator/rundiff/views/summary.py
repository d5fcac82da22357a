"""What a summary says, at one level of detail: tables of pieces of text, without any Markdown.

A summary stands on a pull request, where a host limits its length. ``Detail`` says how much is
shown and ``DETAILS`` is the declared order in which detail is given up; ``render.markdown`` takes
the first level that fits. Each table counts what it left out, so the last line can say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Section, VerdictKind
from rundiff.judgement import GateStatus
from rundiff.views.shown import SECTION_TITLES, build_shown_row, elide_apart
from rundiff.views.sparkline import build_sparklines
from rundiff.views.summary_headline import Piece, build_headline, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.comparison import Comparison, Row
    from rundiff.judgement import GateResult, Verdict
    from rundiff.views.shown import ShownCell

Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How many rows of each kind are shown, how many candidates, and how long a text may be."""

    curves: bool = True
    unmoved: int = 500
    differing: int = 500
    reasons: int = 200
    problems: int = 50
    passed: int = 200
    moved: int = 500
    failed: int = 500
    candidates: int = 8
    text: int = 120


_D = Detail()
DETAILS: tuple[Detail, ...] = (
    _D,
    _D := replace(_D, unmoved=50),
    _D := replace(_D, unmoved=0),
    _D := replace(_D, curves=False),
    _D := replace(_D, differing=50, problems=10),
    _D := replace(_D, passed=20, reasons=20),
    _D := replace(_D, differing=15, candidates=4, text=60),
    _D := replace(_D, moved=100, failed=100),
    _D := replace(_D, moved=30, failed=30, problems=3, passed=0),
    _D := replace(_D, differing=5, reasons=5, candidates=2, text=40),
    _D := replace(_D, moved=10, failed=10, differing=0, reasons=0),
    _D := replace(_D, moved=3, failed=3, problems=0, candidates=1),
    replace(_D, moved=0, failed=0, candidates=0, text=24),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its title. ``left_out`` counts the rows that are not in it."""

    title: str
    noun: str
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    left_out: int
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A folded list of sentences."""

    title: str
    noun: str
    lines: tuple[Line, ...]
    left_out: int


class LeftOut(NamedTuple):
    """How many of what are not shown."""

    number: int
    noun: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole summary at one level of detail."""

    headline: Line
    about: tuple[Line, ...]
    warnings: tuple[Line, ...]
    tables: tuple[Table, ...]
    listings: tuple[Listing, ...]
    left_out: tuple[LeftOut, ...]


def build_summary(comparison: Comparison, detail: Detail) -> Summary:
    """Return the summary with as much as ``detail`` allows."""
    tables = [
        *_gate_tables(comparison, detail),
        *_metric_tables(comparison, detail),
        *_difference_tables(comparison, detail),
    ]
    listings = _listings(comparison, detail)
    candidates = max(len(comparison.compared) - 1, 0)
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
    if len(comparison.compared) > 1:
        baseline, *candidates = comparison.compared
        names: list[Piece] = []
        for run in candidates[: max(detail.candidates, 1)]:
            names += [plain(", "), Piece(run.name, "code")]
        more = len(candidates) - max(detail.candidates, 1)
        tail = [plain(f" and {more:,} more")] if more > 0 else []
        yield (*names[1:], *tail, plain(" against the baseline "), Piece(baseline.name, "code"))
    build = comparison.build
    if build is not None:
        parts: list[Piece] = []
        for word, text in (("branch ", build.branch), ("commit ", build.commit[:12])):
            if text:
                parts += [plain(f"{' · ' if parts else ''}{word}"), Piece(text, "code")]
        if parts:
            yield tuple(parts)


def _gate_tables(comparison: Comparison, detail: Detail) -> Iterator[Table]:
    gates = comparison.judgement.gates
    broken = [gate for gate in gates if gate.status is not GateStatus.PASSED]
    passed = [gate for gate in gates if gate.status is GateStatus.PASSED]
    head = ((plain(""),), (plain("rule"),), (plain("run"),), (plain("why"),))
    for title, noun, chosen, most in (
        ("Gates that did not pass", "gate", broken, detail.failed),
        ("Gates that passed", "passed gate", passed, detail.passed),
    ):
        yield Table(
            title=title,
            noun=noun,
            head=head,
            rows=tuple(_gate_row(gate) for gate in chosen[:most]),
            left_out=max(len(chosen) - most, 0),
            is_folded=chosen is passed,
        )


def _gate_row(gate: GateResult) -> tuple[Line, ...]:
    sign = {GateStatus.PASSED: "✅ passed", GateStatus.WAIVED: "⚠️ waived"}
    return (
        (plain(sign.get(gate.status, "❌ failed")),),
        (Piece(gate.name, "code"),),
        (Piece(gate.run_name, "code"),),
        (Piece(gate.reason, "sentence"),),
    )


_ORDER = {
    VerdictKind.WORSE: 0,
    VerdictKind.BETTER: 1,
    VerdictKind.INCONCLUSIVE: 2,
    VerdictKind.INCOMPARABLE: 3,
    VerdictKind.EQUIVALENT: 4,
}


def _metric_tables(comparison: Comparison, detail: Detail) -> Iterator[Table]:
    rows = comparison.sections.get(Section.METRICS, ())
    ranked = sorted(((_rank(row, comparison), row) for row in rows), key=lambda pair: pair[0])
    moved = [row for rank, row in ranked if rank < 4]
    unmoved = [row for rank, row in ranked if rank >= 4]
    head = _head(comparison, detail, "metric")
    for title, noun, chosen, most in (
        ("What moved", "metric", moved, detail.moved),
        ("What did not move", "metric that did not move", unmoved, detail.unmoved),
    ):
        yield Table(
            title=title,
            noun=noun,
            head=head,
            rows=tuple(_metric_row(row, comparison, detail) for row in chosen[:most]),
            left_out=max(len(chosen) - most, 0),
            is_folded=chosen is unmoved,
        )


def _rank(row: Row, comparison: Comparison) -> int:
    """Return 0 for a metric that got worse in any candidate, … 4 for one that did not move."""
    verdicts = [comparison.verdicts.get((row.key, run.run_id)) for run in comparison.compared[1:]]
    ranks = [_ORDER[verdict.kind] for verdict in verdicts if verdict is not None]
    return min(ranks, default=2 if row.differs else 4)


def _head(comparison: Comparison, detail: Detail, first: str) -> tuple[Line, ...]:
    runs = comparison.compared[: detail.candidates + 1]
    labels = elide_apart([run.label or run.name for run in runs], max(detail.text // 2, 12))
    return (
        (plain(first),),
        *(
            (Piece(label, "code"), *((plain(" (baseline)"),) if index == 0 else ()))
            for index, label in enumerate(labels)
        ),
    )


def _metric_row(row: Row, comparison: Comparison, detail: Detail) -> tuple[Line, ...]:
    shown = build_shown_row(row, comparison)
    curves = _curves(row, comparison, detail)
    cells = tuple(
        _metric_cell(cell, curve)
        for cell, curve in zip(shown.cells[: detail.candidates + 1], curves, strict=False)
    )
    return ((Piece(row.key, "code"),), *cells)


def _metric_cell(cell: ShownCell, curve: str) -> Line:
    pieces = [plain(cell.text)]
    change = ", ".join(part for part in (cell.delta, cell.relative) if part)
    if change:
        style = "struck" if cell.verdict == "incomparable" else "plain"
        pieces += [plain(" "), Piece(f"({change})", style)]
    if cell.verdict:
        is_loud = cell.verdict.startswith(("better", "worse"))
        pieces += [plain(" "), Piece(cell.verdict, "bold" if is_loud else "plain")]
    if curve:
        pieces += [plain(f" {curve}")]
    return tuple(pieces)


def _curves(row: Row, comparison: Comparison, detail: Detail) -> tuple[str, ...]:
    runs = comparison.compared[: detail.candidates + 1]
    if not detail.curves or row.key not in comparison.series:
        return ("",) * len(runs)
    by_run = {series.run_id: series.values for series in comparison.series[row.key]}
    return build_sparklines([by_run.get(run.run_id, ()) for run in runs])


def _difference_tables(comparison: Comparison, detail: Detail) -> Iterator[Table]:
    left = detail.differing
    for section in Section:
        if section is Section.METRICS:
            continue
        rows = [row for row in comparison.sections.get(section, ()) if row.differs]
        shown, left = rows[:left], max(left - len(rows), 0)
        title = SECTION_TITLES[section]
        yield Table(
            title=f"{title} that differ" if section is not Section.ENVIRONMENT else "Environment",
            noun=f"difference in {title.lower()}",
            head=_head(comparison, detail, "key"),
            rows=tuple(_difference_row(row, comparison, detail) for row in shown),
            left_out=len(rows) - len(shown),
            is_folded=section is not Section.PARAMS or len(rows) > 10,
        )


def _difference_row(row: Row, comparison: Comparison, detail: Detail) -> tuple[Line, ...]:
    cells = build_shown_row(row, comparison).cells[: detail.candidates + 1]
    texts = elide_apart([cell.text for cell in cells], detail.text)
    return ((Piece(row.key, "code"),), *((Piece(text, "shown"),) for text in texts))


def _reasons(comparison: Comparison) -> list[Line]:
    """Return why each statistical verdict is what it is, once for all runs of one recipe."""
    names = {run.run_id: run.name for run in comparison.compared}
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


def _listings(comparison: Comparison, detail: Detail) -> tuple[Listing, ...]:
    reasons = _reasons(comparison)
    problems = [
        (Piece(f"{p.location}:{p.line}" if p.line is not None else p.location, "code"),
         plain(" "), Piece(p.message, "sentence"))
        for p in comparison.problems
    ]  # fmt: skip
    return tuple(
        Listing(
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
