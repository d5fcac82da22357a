"""The Overview's sentences: who beats the baseline, on what, and whether that can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import Section, VerdictKind
from rundiff.format import format_delta, format_numbers, format_relative, show_text
from rundiff.ranking import metric_rank
from rundiff.views.lead import Lead, find_lead, words_of
from rundiff.views.marks import Sentence, Span, build_mark, counted, in_words, joined, shortened

if TYPE_CHECKING:
    from rundiff.comparison import Comparison, Row

_NOUNS = (
    (Section.PARAMS, "parameter"),
    (Section.DATASETS, "dataset entry"),
    (Section.ENVIRONMENT, "environment entry"),
)


def build_headline(comparison: Comparison) -> tuple[Sentence, Sentence]:
    """Return the headline and the sentence under it."""
    if len(comparison.compared) == 1:
        return _single(comparison)
    lead = find_lead(comparison)
    if lead is None:
        head = (
            Span(text=f"{counted(len(comparison.compared), 'run')} side by side: "),
            Span(text=_counts(comparison)),
            Span(text="."),
        )
        why = "No metric with a known direction is common to them, so none is called better."
        return head, (Span(text=why),)
    return _verdict(comparison, lead), _remark(comparison, lead)


def _single(comparison: Comparison) -> tuple[Sentence, Sentence]:
    mark = build_mark(comparison.baseline)
    counts = joined(
        [
            counted(len(comparison.sections.get(section, ())), noun)
            for section, noun in ((Section.PARAMS, "parameter"), (Section.METRICS, "metric"))
        ]
    )
    head = (Span(text=mark.name, tone="strong", mark=mark), Span(text=f" logged {counts}."))
    return head, (Span(text="With a second run, this page says what differs and what moved."),)


def _verdict(comparison: Comparison, lead: Lead) -> Sentence:
    row = lead.row
    run = comparison.compared[lead.column]
    mark = build_mark(run)
    key, delta = shortened(show_text(row.key)), _delta(row, lead.column)
    winner = Span(text=mark.name, tone="strong", mark=mark)
    verdict = comparison.verdicts.get((row.key, run.run_id))
    if lead.word == "equal":
        return (
            Span(text=f"No run beats the baseline on {key}; "),
            winner,
            Span(text=" equals it."),
        )
    if lead.word == "worse":
        return (
            Span(text=f"No run beats the baseline on {key}; "),
            winner,
            Span(text=" comes closest "),
            Span(text=f"({delta})", tone="worse"),
            Span(text="."),
        )
    if verdict is not None and verdict.kind is VerdictKind.INCOMPARABLE:
        return (
            winner,
            Span(
                text=f" has the best {key} ({delta}), but it cannot be set against the baseline's."
            ),
        )
    if verdict is not None and verdict.kind in (VerdictKind.INCONCLUSIVE, VerdictKind.EQUIVALENT):
        word = "inconclusive" if verdict.kind is VerdictKind.INCONCLUSIVE else "within tolerance"
        return (
            winner,
            Span(text=f" leads on {key}, but the difference ({delta}) is {word}."),
        )
    return (
        winner,
        Span(text=f" beats the baseline on {key} "),
        Span(text=f"({delta})", tone="better"),
        *_losses(comparison, lead),
        Span(text="."),
    )


def _losses(comparison: Comparison, lead: Lead) -> Sentence:
    worse = sorted(words_of(comparison, lead.column)["worse"], key=metric_rank)
    if not worse:
        better = words_of(comparison, lead.column)["better"]
        return (Span(text=" and loses on nothing"),) if len(better) > 1 else ()
    row = worse[0]
    shown = format_relative(row.cells[lead.column].relative_change) or _delta(row, lead.column)
    spans = [
        Span(text=f" and loses on {shortened(show_text(row.key))} "),
        Span(text=f"({shown})", tone="worse"),
    ]
    if len(worse) > 1:
        spans.append(Span(text=f" and {len(worse) - 1} more"))
    return tuple(spans)


def _delta(row: Row, column: int) -> str:
    numbers = [cell.number if cell.is_present else None for cell in row.cells]
    decimals = format_numbers(numbers, baseline=0).decimals
    return format_delta(row.cells[column].delta, decimals)


def _remark(comparison: Comparison, lead: Lead) -> Sentence:
    """Return what must be known beside the headline: other data first, otherwise what differs."""
    if not lead.other_data:
        return (
            Span(text=f"{counted(len(comparison.compared), 'run')} compared: "),
            Span(text=_counts(comparison)),
            Span(text="."),
        )
    key, winners, baselines = min(lead.other_data, key=lambda found: "train" in found[0].lower())
    name = show_text(key).removesuffix("digest").rstrip(" ·.")
    spans = [
        Span(text=f"Its {name} data differ: digest " if name else "Its data differ: digest "),
        Span(text=shortened(show_text(winners), 20), tone="code"),
        Span(text=", baseline "),
        Span(text=shortened(show_text(baselines), 20), tone="code"),
        Span(text=". "),
    ]
    column = lead.same_data_column
    if column is None:
        return (*spans, Span(text="No candidate was measured on the baseline's data."))
    mark = build_mark(comparison.compared[column])
    spans += [Span(text="On the same data "), Span(text=mark.name, mark=mark)]
    return (*spans, *_on_same_data(comparison, lead.row, column))


def _on_same_data(comparison: Comparison, row: Row, column: int) -> Sentence:
    words = words_of(comparison, column)
    delta = _delta(row, column)
    key = shortened(show_text(row.key))
    total = sum(map(len, words.values()))
    if len(words["better"]) == total and total > 1:
        cost = max(words["better"], key=metric_rank)
        change = format_relative(cost.cells[column].relative_change)
        beside = (
            f", {shortened(show_text(cost.key))} {change}" if cost is not row and change else ""
        )
        all_of = f"all {in_words(total)} metrics"
        return (Span(text=f" leads, better on {all_of}: {key} {delta}{beside}."),)
    if row in words["better"]:
        return (Span(text=f" leads: {key} {delta}."),)
    return (Span(text=f" comes closest: {key} {delta}."),)


def _counts(comparison: Comparison) -> str:
    found = []
    for section, noun in _NOUNS:
        count = sum(row.differs for row in comparison.sections.get(section, ()))
        if count:
            found.append(counted(count, noun))
    metrics = sum(row.differs for row in comparison.sections.get(Section.METRICS, ()))
    moved = f"{counted(metrics, 'metric')} moved"
    differing = sum(
        row.differs for section, _ in _NOUNS for row in comparison.sections.get(section, ())
    )
    if not found:
        return f"nothing they were given differs; {moved}"
    return f"{joined(found)} {'differs' if differing == 1 else 'differ'}; {moved}"
