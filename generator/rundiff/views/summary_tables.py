"""The tables of a summary: gates, metrics, and what else differs."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rundiff.comparison import Section, VerdictKind
from rundiff.judgement import GateStatus
from rundiff.views.changes import build_changes
from rundiff.views.recipes import build_metric_row, build_value_row, moving_columns
from rundiff.views.shown import SECTION_TITLES, ShownCell, elide_apart
from rundiff.views.sparkline import build_sparklines
from rundiff.views.summary_parts import Detail, Line, Piece, Table, named, plain
from rundiff.views.trends import build_trends

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.comparison import Comparison, Row
    from rundiff.judgement import GateResult
    from rundiff.views.changes import ChangeLine
    from rundiff.views.recipes import RecipeColumn


def build_gate_tables(comparison: Comparison, detail: Detail) -> Iterator[Table]:
    """Yield the gates that did not pass, and those that did."""
    gates = comparison.judgement.gates
    broken = [gate for gate in gates if gate.status is not GateStatus.PASSED]
    passed = [gate for gate in gates if gate.status is GateStatus.PASSED]
    head = ((plain(""),), (plain("rule"),), (plain("run"),), (plain("why"),))
    names = {
        comparison.compared[place].run_id: named(column)
        for column in moving_columns(comparison)
        for place in column.places
    }
    for title, noun, chosen, most in (
        ("Gates that did not pass", "gate", broken, detail.failed),
        ("Gates that passed", "passed gate", passed, detail.passed),
    ):
        yield Table(
            title=title,
            noun=noun,
            head=head,
            rows=tuple(_gate_row(gate, names) for gate in chosen[:most]),
            left_out=max(len(chosen) - most, 0),
            is_folded=chosen is passed,
        )


def _gate_row(gate: GateResult, names: Mapping[str, Line]) -> tuple[Line, ...]:
    sign = {GateStatus.PASSED: "✅ passed", GateStatus.WAIVED: "⚠️ waived"}
    return (
        (plain(sign.get(gate.status, "❌ failed")),),
        (Piece(gate.name, "code"),),
        names.get(gate.run_id, (Piece(gate.run_name, "code"),)),
        (Piece(gate.reason, "sentence"),),
    )


_ORDER = {
    VerdictKind.WORSE: 0,
    VerdictKind.BETTER: 1,
    VerdictKind.INCONCLUSIVE: 2,
    VerdictKind.INCOMPARABLE: 3,
    VerdictKind.EQUIVALENT: 4,
}


def build_metric_tables(comparison: Comparison, detail: Detail) -> Iterator[Table]:
    """Yield the metrics that moved, what got worse first, and those that did not."""
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
    columns = moving_columns(comparison)[1:]
    verdicts = [comparison.verdicts.get((row.key, column.run_id)) for column in columns]
    ranks = [_ORDER[verdict.kind] for verdict in verdicts if verdict is not None]
    return min(ranks, default=2 if row.differs else 4)


def _columns(comparison: Comparison, detail: Detail) -> tuple[RecipeColumn, ...]:
    return moving_columns(comparison)[: detail.candidates + 1]


def _head(comparison: Comparison, detail: Detail, first: str) -> tuple[Line, ...]:
    columns = _columns(comparison, detail)
    labels = elide_apart([column.label for column in columns], max(detail.text // 2, 12))
    head: list[Line] = [(plain(first),)]
    for index, (column, label) in enumerate(zip(columns, labels, strict=True)):
        notes = ["baseline"] if index == 0 else []
        notes += [f"mean of {column.count:,}"] if column.count > 1 else []
        tail = (plain(f" ({', '.join(notes)})"),) if notes else ()
        head.append((Piece(label, "code"), *tail))
    return tuple(head)


def _metric_row(row: Row, comparison: Comparison, detail: Detail) -> tuple[Line, ...]:
    columns = _columns(comparison, detail)
    shown = build_metric_row(row, columns, comparison)
    curves = _curves(row, comparison, columns if detail.curves else ())
    cells = (
        _metric_cell(cell, curve)
        for cell, curve in zip_longest(shown.cells, curves, fillvalue="")
        if isinstance(cell, ShownCell)
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


def _curves(row: Row, comparison: Comparison, columns: Sequence[RecipeColumn]) -> tuple[str, ...]:
    """Return the curve of each recipe's first run."""
    by_run = {series.run_id: series.values for series in comparison.series.get(row.key, ())}
    return build_sparklines([by_run.get(column.run_id, ()) for column in columns])


def build_change_table(comparison: Comparison, detail: Detail) -> Table:
    """Return what the leading metrics did where recipes differ in one thing only."""
    found = build_changes(comparison)
    lines = found.lines if found else ()
    metrics = found.metrics if found else ()
    return Table(
        title="Change by change",
        noun="change",
        head=(
            (plain("change"),),
            (plain("shown by"),),
            *((Piece(metric, "shown"),) for metric in metrics),
        ),
        rows=tuple(_change_row(line, detail) for line in lines[: detail.changes]),
        left_out=max(len(lines) - detail.changes, 0),
        is_folded=True,
    )


def _change_row(line: ChangeLine, detail: Detail) -> tuple[Line, ...]:
    (text,) = elide_apart([line.text], 2 * detail.text)
    cells = (
        (
            plain(f"{effect.delta} " if effect.delta else ""),
            Piece(effect.word, "bold" if effect.tone else "plain"),
        )
        for effect in line.effects
    )
    return ((Piece(text, "shown"),), (plain(line.evidence),), *cells)


def build_trend_table(comparison: Comparison, detail: Detail) -> Table:
    """Return which params go with the leading metrics over many recipes."""
    found = build_trends(comparison)
    lines = found.lines if found else ()
    metrics = found.metrics if found else ()
    return Table(
        title="Trends by rank over all recipes",
        noun="trend",
        head=((plain("param"),), (plain("over"),), *((Piece(key, "shown"),) for key in metrics)),
        rows=tuple(
            (
                (Piece(line.key, "shown"),),
                (plain(line.evidence),),
                *((Piece(cell.text if cell else "no trend", "sentence"),) for cell in line.cells),
            )
            for line in lines[: detail.changes]
        ),
        left_out=max(len(lines) - detail.changes, 0),
        is_folded=True,
    )


def build_difference_tables(comparison: Comparison, detail: Detail) -> Iterator[Table]:
    """Yield what differs besides the metrics, section by section."""
    left = detail.differing
    columns = _columns(comparison, detail)
    for section in Section:
        if section is Section.METRICS:
            continue
        found = [
            (row.key, texts)
            for row in comparison.sections.get(section, ())
            if row.differs and (texts := build_value_row(row, columns)) is not None
        ]
        shown, left = found[:left], max(left - len(found), 0)
        title = SECTION_TITLES[section]
        yield Table(
            title=f"{title} that differ" if section is not Section.ENVIRONMENT else "Environment",
            noun=f"difference in {title.lower()}",
            head=_head(comparison, detail, "key"),
            rows=tuple(_difference_row(key, texts, detail) for key, texts in shown),
            left_out=len(found) - len(shown),
            is_folded=section is not Section.PARAMS or len(found) > 10,
        )


def _difference_row(key: str, texts: Sequence[str | None], detail: Detail) -> tuple[Line, ...]:
    short = iter(elide_apart([text for text in texts if text is not None], detail.text))
    cells = (plain("varies") if text is None else Piece(next(short), "shown") for text in texts)
    return ((Piece(key, "code"),), *((cell,) for cell in cells))
