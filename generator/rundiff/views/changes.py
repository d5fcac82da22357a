"""Change by change: what the leading metrics did where recipes differ in one thing only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rundiff.budgets import LONGEST_VALUE, OPEN_LINES
from rundiff.comparison import Section, VerdictKind
from rundiff.format import format_delta, format_typed_row, show_key, show_text
from rundiff.frozen import dataclass
from rundiff.stats.case import ENOUGH_RUNS
from rundiff.stats.effects import leading_metrics
from rundiff.views.long_values import shorten
from rundiff.views.marks import counted, differing, shortened
from rundiff.views.moves import arrow_of

if TYPE_CHECKING:
    from rundiff.comparison import Comparison
    from rundiff.judgement import Change, Effect, KeyChange

MOST_KEYS = 4
_LONGEST_VALUE = 24
_SECTIONS = {Section.DATASETS: "data", Section.ENVIRONMENT: "", Section.TAGS: "tag"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One key of a change, old and new value; ``section`` is a word where it is no param.

    Both values are "" where the key is a number that was raised, by as much as it was.
    """

    section: str
    key: str
    old: str
    new: str

    @property
    def text(self) -> str:
        """The key and its values in one line."""
        change = f"{self.old} → {self.new}" if self.new else "raised"
        return f"{f'{self.section} ' if self.section else ''}{self.key} {change}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCell:
    """What one metric did; ``tone`` is better, worse or ""."""

    delta: str
    arrow: str
    word: str
    tone: str
    reason: str

    @property
    def text(self) -> str:
        """Delta, arrow and word in one line."""
        return " ".join(part for part in (self.delta, self.arrow, self.word) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One change. ``evidence`` says which recipes show it, and where no test could be made."""

    keys: tuple[KeyLine, ...]
    together: str  # said of several keys: nobody can tell which of them did it
    evidence: str
    effects: tuple[EffectCell, ...]

    @property
    def text(self) -> str:
        """All keys in one line."""
        keys = ", ".join(key.text for key in self.keys)
        return f"{keys} {self.together}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The table; the first ``shown`` lines stand open. ``note`` says what is not in it, or ""."""

    metrics: tuple[str, ...]
    lines: tuple[ChangeLine, ...]
    note: str
    shown: int = OPEN_LINES


def build_changes(comparison: Comparison) -> Changes | None:
    """Return the changes, or None where no two recipes differ in little enough."""
    changes = comparison.judgement.changes
    if not changes:
        return None
    tested = [_is_tested(change) for change in changes]
    is_mixed = len(set(tested)) > 1  # otherwise the headline speaks for all
    how = ["" if is_tested or not is_mixed else ", by tolerance" for is_tested in tested]
    listed = zip(changes[: comparison.budgets.most_lines], how, strict=False)
    return Changes(
        metrics=tuple(shortened(show_text(effect.key)) for effect in changes[0].effects),
        lines=tuple(_line(*each) for each in listed),
        note=joined_notes(_notes(comparison), leading_note(comparison)),
    )


def joined_notes(*notes: str) -> str:
    """Return the notes as one sentence; "" where there is none."""
    text = "; ".join(note for note in notes if note)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def leading_note(comparison: Comparison) -> str:
    """Return how many metrics are spoken of, "" where it is all that differ."""
    differing = sum(row.differs for row in comparison.sections.get(Section.METRICS, ()))
    told = len(leading_metrics(comparison))
    if told == differing:
        return ""
    total = counted(differing, "metric")
    return f"looked at in {told} of {total} that differ, those with a declared goal first"


def _notes(comparison: Comparison) -> str:
    changes, unjudged = comparison.judgement.changes, comparison.judgement.unjudged
    listed = min(len(changes), comparison.budgets.most_lines)
    notes = []
    if listed < len(changes) + unjudged.changes:
        notes.append(f"{listed:,} of {counted(len(changes) + unjudged.changes, 'change')} are here")
    if unjudged.pairs:
        judged = sum(len(change.pairs) for change in changes)
        total = judged + unjudged.pairs
        notes.append(f"{judged:,} of {counted(total, 'pair')} are judged, evenly over the changes")
    return "; ".join(notes)


def _is_tested(change: Change) -> bool:
    """Tell whether each pair has runs enough for a test on both sides."""
    return all(min(map(len, pair)) >= ENOUGH_RUNS for pair in change.pairs)


def _line(change: Change, how: str) -> ChangeLine:
    # Of a dataset, the digest says that it is another one; its rows and schema follow from that.
    digests = [key for key in change.keys if key.key.endswith("digest")]
    rest = [key for key in change.keys if key.section != Section.DATASETS]
    keys = [*rest, *(digests or [key for key in change.keys if key not in rest])]
    more = len(keys) - MOST_KEYS
    return ChangeLine(
        keys=tuple(_key_line(key) for key in keys[:MOST_KEYS]),
        together=f"and {more} more, together" if more > 0 else "together" if keys[1:] else "",
        evidence=f"{_evidence(change)}{how}",
        effects=tuple(_cell(effect) for effect in change.effects),
    )


def _key_line(key: KeyChange) -> KeyLine:
    before, after = format_typed_row([_side(key.before), _side(key.after)])
    old, new = shortened(before, _LONGEST_VALUE), shortened(after, _LONGEST_VALUE)
    if old == new:
        old, new = differing(before, after)
    section = _SECTIONS.get(Section(key.section), "") if key.section in set(Section) else ""
    if key.is_raised:
        old = new = ""
    return KeyLine(section=section, key=shortened(show_key(key.key), 64), old=old, new=new)


def _side(side: tuple[str, str] | None) -> tuple[str, str]:
    kind, value = side or ("missing", "")
    return kind, shorten(value) if len(value) > LONGEST_VALUE else value


def _evidence(change: Change) -> str:
    if change.more_pairs:
        total = len(change.pairs) + change.more_pairs
        return f"{len(change.pairs):,} of {counted(total, 'pair')}"
    if len(change.pairs) > 1:
        return counted(len(change.pairs), "pair")
    before, after = map(len, change.pairs[0])
    if after == 1:
        return "one run each" if before == 1 else f"{before:,} runs and 1"
    return f"{before:,} and {after:,} runs"


def _cell(effect: Effect) -> EffectCell:
    counts = Counter(effect.kinds)
    if not counts:
        return EffectCell(delta="–", arrow="", word="", tone="", reason="")
    kind, count = max(counts.items(), key=lambda one: (one[1], one[0] in _TONES))
    total = len(effect.kinds)
    if total == 1:
        word = kind.value
    else:
        word = f"{kind.value} in all" if count == total else f"{kind.value} in {count} of {total}"
    tone = kind.value if kind in _TONES and count == total else ""
    return EffectCell(
        delta="" if kind is VerdictKind.INCOMPARABLE else format_delta(effect.delta, None),
        arrow=arrow_of(effect.delta) if tone else "",
        word=word,
        tone=tone,
        reason=show_text(effect.reason),
    )


_TONES = (VerdictKind.BETTER, VerdictKind.WORSE)
