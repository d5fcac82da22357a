"""The Overview's sentences: who beats the baseline, on what, and whether that can be trusted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Section, VerdictKind
from rundiff.format import format_delta, format_number, format_numbers, format_relative, show_text
from rundiff.ranking import metric_rank
from rundiff.views.gates import gate_sentence
from rundiff.views.lead import Lead, Standing, find_lead, words_of
from rundiff.views.marks import (
    Sentence,
    Span,
    build_mark,
    counted,
    head_name,
    in_words,
    joined,
    shortened,
)
from rundiff.views.moves import plain_word
from rundiff.views.recipes import build_columns, recipe_number
from rundiff.views.unfinished import tell_unfinished, unfinished_word

if TYPE_CHECKING:
    from rundiff.comparison import Comparison
    from rundiff.views.recipes import RecipeColumn

_NOUNS = (
    (Section.PARAMS, "parameter"),
    (Section.DATASETS, "dataset entry"),
    (Section.ENVIRONMENT, "environment entry"),
)
_DOUBTS = {
    VerdictKind.INCONCLUSIVE: "inconclusive",
    VerdictKind.EQUIVALENT: "within tolerance",
}


def build_headline(comparison: Comparison) -> tuple[Sentence, Sentence]:
    """Return the headline and the sentence under it; where there are gates, they come first."""
    head, remark = _told(comparison)
    unfinished = tell_unfinished(comparison)
    if unfinished:
        remark = (*remark, Span(text=f" {unfinished}"))
    return head, remark


def _told(comparison: Comparison) -> tuple[Sentence, Sentence]:
    if len(comparison.compared) == 1:
        return _single(comparison)
    lead = find_lead(comparison)
    if lead is None:
        head, remark = _without_lead(comparison)
    else:
        head = _verdict(comparison, lead)
        remark = (*_how_sure(comparison, lead), *_remark(comparison, lead))
    gates = gate_sentence(comparison)
    return (gates, (*head, Span(text=" "), *remark)) if gates else (head, remark)


def _single(comparison: Comparison) -> tuple[Sentence, Sentence]:
    mark = build_mark(comparison.baseline)
    counts = joined(
        [
            counted(len(comparison.sections.get(section, ())), noun)
            for section, noun in ((Section.PARAMS, "parameter"), (Section.METRICS, "metric"))
        ]
    )
    head = (Span(text=mark.name, tone="strong", mark=mark), Span(text=f" logged {counts}."))
    told = "With a second run there is something to compare: what differs and what moved."
    return head, (Span(text=told),)


def _without_lead(comparison: Comparison) -> tuple[Sentence, Sentence]:
    runs = counted(len(comparison.compared), "run")
    head = (Span(text=f"{runs} side by side: {_counts(comparison)}."),)
    if len(build_columns(comparison)) == 1:
        why = "They repeat one recipe, so none of them is better: what moved is chance."
    else:
        why = f"{_no_lead(comparison)}, so none is called better."
    return head, (Span(text=why),)


def _no_lead(comparison: Comparison) -> str:
    """Say why no metric can lead."""
    rows = comparison.sections.get(Section.METRICS, ())
    if not rows:
        return "No metric was logged"
    known = [row for row in rows if row.meaning is not None and row.meaning.direction]
    if not known:
        return "No metric with a known direction was logged"
    numbers = [row.cells[0].number for row in known]
    if not any(number is not None and math.isfinite(number) for number in numbers):
        return "The baseline has no finite value of a metric with a known direction"
    return "No metric with a known direction is common to them"


def _verdict(comparison: Comparison, lead: Lead) -> Sentence:
    best = lead.best
    key = shortened(show_text(best.row.key))
    change = _change(comparison, best)
    winner = _named(comparison, best.column)
    base = build_columns(comparison)[0]
    baseline = f"the baseline{_times(base)}"
    kind = best.verdict.kind if best.verdict is not None else None
    nobody = Span(text=f"No run beats {baseline} on {key}; ")
    if kind is VerdictKind.INCOMPARABLE:
        if plain_word(best.row, best.delta)[0] != "better":
            why = f" comes closest ({change}), but it cannot be set against the baseline's."
            return (nobody, *winner, Span(text=why))
        why = f" has the best {key} ({change}), but it cannot be set against the baseline's."
        return (*winner, Span(text=why))
    if best.word == "equal" or (best.delta == 0 and kind is not None):
        return (nobody, *winner, Span(text=" equals it."))
    if kind in _DOUBTS:
        doubt = f"the difference from {baseline} ({change}) is {_DOUBTS[kind]}."
        return (*winner, Span(text=f" leads on {key}, but {doubt}"))
    if best.word == "worse":
        closest = (Span(text=" comes closest "), Span(text=f"({change})", tone="worse"))
        return (nobody, *winner, *closest, Span(text="."))
    return (
        *winner,
        Span(text=f" beats {baseline} on {key} "),
        Span(text=f"({_delta(comparison, best)})", tone="better"),
        *_losses(comparison, lead),
        Span(text="."),
    )


def _named(comparison: Comparison, column: RecipeColumn) -> Sentence:
    """Name a candidate; the link leads to the first of its runs that stands as a column."""
    run = comparison.compared[column.places[0]]
    mark = build_mark(run)
    name = shortened(show_text(column.label)) if column.count > 1 else head_name(run)
    word = unfinished_word(run)
    doubt = f" ({word})" if word else ""
    return (Span(text=name, tone="strong", mark=mark), *_quietly(_times(column) or doubt))


def _quietly(text: str) -> Sentence:
    return (Span(text=text),) if text else ()


def _times(column: RecipeColumn) -> str:
    return f" ({counted(column.count, 'run')})" if column.count > 1 else ""


def _losses(comparison: Comparison, lead: Lead) -> Sentence:
    words = words_of(comparison, lead.best.column)
    worse = words.get("worse", [])
    if not worse:
        is_clear = not any(kind.value in words for kind in _DOUBTS)
        is_all = is_clear and len(words.get("better", ())) > 1
        return (Span(text=" and loses on nothing"),) if is_all else ()
    shown = format_relative(worse[0].relative) or _delta(comparison, worse[0])
    spans = [
        Span(text=f" and loses on {shortened(show_text(worse[0].row.key))} "),
        Span(text=f"({shown})", tone="worse"),
    ]
    if len(worse) > 1:
        spans.append(Span(text=f" and {len(worse) - 1} more"))
    return tuple(spans)


def _delta(comparison: Comparison, standing: Standing) -> str:
    return format_delta(standing.delta, _decimals(comparison, standing))


def _change(comparison: Comparison, standing: Standing) -> str:
    """Return the delta, with its interval where one was computed."""
    delta, interval = _delta(comparison, standing), _interval(comparison, standing)
    return f"{delta}, {interval}" if interval else delta


def _interval(comparison: Comparison, standing: Standing) -> str:
    verdict = standing.verdict
    if verdict is None or verdict.statistics is None:
        return ""
    found, decimals = verdict.statistics, _decimals(comparison, standing)
    low, high = format_delta(found.low, decimals), format_delta(found.high, decimals)
    return f"{format_number(round(100 * found.confidence, 6))} % CI {low} … {high}"


def _how_sure(comparison: Comparison, lead: Lead) -> Sentence:
    """Say how sure a winner's delta is: beside it, the headline would be two lines of digits."""
    interval = _interval(comparison, lead.best) if lead.best.word == "better" else ""
    return _quietly(f"{interval}. " if interval else "")


def _decimals(comparison: Comparison, standing: Standing) -> int | None:
    columns = build_columns(comparison)
    numbers = [recipe_number(standing.row, column) for column in columns]
    return format_numbers(numbers, baseline=0).decimals


def _remark(comparison: Comparison, lead: Lead) -> Sentence:
    """Return what must be known beside the headline: other data first, otherwise what differs."""
    if not lead.other_data:
        runs = counted(len(comparison.compared), "run")
        sure, undecided = _certainty(comparison, lead), _undecided(comparison, lead)
        told = f"{sure}{undecided}{runs} compared: {_counts(comparison)}."
        return (Span(text=told),)
    key, winners, baselines = min(lead.other_data, key=lambda found: "train" in found[0].lower())
    name = show_text(key).removesuffix("digest").rstrip(" ·.")
    spans = [
        Span(text=f"Its {name} data differ: digest " if name else "Its data differ: digest "),
        Span(text=shortened(show_text(winners), 20), tone="code"),
        Span(text=", baseline "),
        Span(text=shortened(show_text(baselines), 20), tone="code"),
        Span(text=". "),
    ]
    same = lead.same_data
    if same is None:
        return (*spans, Span(text="No candidate was measured on the baseline's data."))
    spans += [Span(text="On the same data "), *_named(comparison, same.column)]
    return (*spans, *_on_same_data(comparison, same))


def _certainty(comparison: Comparison, lead: Lead) -> str:
    """Say why a winner is none for sure, or why it cannot be set against the baseline."""
    verdict = lead.best.verdict
    if verdict is not None and verdict.kind is VerdictKind.INCOMPARABLE:
        return f"{show_text(verdict.reason)} "
    if verdict is None or not verdict.by_tolerance or lead.best.word != "better":
        return ""
    base = build_columns(comparison)[0]
    winner, other = (
        counted(column.count, "run") if column.count > 1 else "one run"
        for column in (lead.best.column, base)
    )
    return f"Judged without statistics, {winner} against {other}. "


def _undecided(comparison: Comparison, lead: Lead) -> str:
    """Say on how many metrics the winner is better, where it is not on nearly all."""
    words = words_of(comparison, lead.best.column)
    open_ones = words.get(VerdictKind.INCONCLUSIVE.value, [])
    better, worse = len(words.get("better", ())), len(words.get("worse", ()))
    is_mixed = worse > 1 and lead.best.word == VerdictKind.BETTER
    if not better or not (open_ones or is_mixed):
        return ""
    told = f"Better on {better:,} of {counted(sum(map(len, words.values())), 'metric')}"
    if not open_ones:
        return f"{told}, worse on {worse:,}. "
    first = shortened(show_text(open_ones[0].row.key))
    more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
    return f"{told}, inconclusive on {first}{more}. "


def _on_same_data(comparison: Comparison, same: Standing) -> Sentence:
    words = words_of(comparison, same.column)
    better = words.get("better", [])
    delta = _delta(comparison, same)
    key = shortened(show_text(same.row.key))
    total = sum(map(len, words.values()))
    if len(better) == total and total > 1:
        cost = max(better, key=lambda one: metric_rank(one.row))
        change = format_relative(cost.relative)
        is_other = cost.row is not same.row and bool(change)
        beside = f", {shortened(show_text(cost.row.key))} {change}" if is_other else ""
        all_of = f"all {in_words(total)} metrics"
        return (Span(text=f" leads, better on {all_of}: {key} {delta}{beside}."),)
    word = "leads" if same.word == "better" else "comes closest"
    return (Span(text=f" {word}: {key} {delta}."),)


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
