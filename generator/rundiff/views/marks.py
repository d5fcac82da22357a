"""How a run is named and marked everywhere on the page, and sentences made of such names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.format import show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison, Run


LONGEST_HEAD = 64  # characters of a name where its tail must not be cut; else its label stands
_ALIKE = 6  # characters that stay on either side of what differs
LONGEST_NAME = 160  # characters of a run's name; in full it stands under Run details


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMark:
    """One run as a marker with its shortest unique name; ``color`` is "" unless compared."""

    run_id: str
    position: int
    color: str
    label: str
    name: str
    full_name: str  # the name; with a piece of the id where another run has the same one
    href: str
    is_baseline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a sentence. ``tone``: "", strong, better, worse, code or quiet."""

    text: str
    tone: str = ""
    mark: RunMark | None = None


Sentence = tuple[Span, ...]


def build_mark(run: Run) -> RunMark:
    """Return how one run stands in tables, chips and charts."""
    return RunMark(
        run_id=run.run_id,
        position=run.position,
        color="" if run.color is None else str(run.color),
        label=show_text(run.label),
        name=shortened(show_text(run.name), LONGEST_NAME),
        full_name=shortened(show_text(run.full_name), LONGEST_NAME),
        href=f"#run-{run.position}",
        is_baseline=run.color == 0,
    )


def head_name(run: Run) -> str:
    """Return a run's name for heads and headlines: whole, or its label where that is too long."""
    name = show_text(run.full_name)
    return name if len(name) <= LONGEST_HEAD else show_text(run.label)


def build_marks(comparison: Comparison) -> tuple[RunMark, ...]:
    """Return the compared runs, baseline first."""
    return tuple(build_mark(run) for run in comparison.compared)


def plain(sentence: Sentence) -> str:
    """Return a sentence without its marks, for titles and labels."""
    return "".join(span.text for span in sentence)


def joined(words: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def counted(count: int, noun: str) -> str:
    """Return "1 metric", "2 metrics", "no metrics"; "2 entries", but "2 keys"."""
    if count == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeo" else f"{noun}s"
    return f"{count:,} {plural}" if count else f"no {plural}"


def in_words(count: int) -> str:
    """Return two … twelve as a word, other counts in digits."""
    words = [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ]
    return words[count - 2] if 2 <= count <= 12 else f"{count:,}"


def shortened(text: str, most: int = 48) -> str:
    """Return a shown text with its middle elided beyond ``most`` characters."""
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def differing(one: str, other: str, most: int = 48) -> tuple[str, str]:
    """Return two different texts without what they begin and end with alike, so much elided."""
    length = min(len(one), len(other))
    head = next((at for at in range(length) if one[at] != other[at]), length)
    tail = next(
        (at for at in range(length - head) if one[-1 - at] != other[-1 - at]), length - head
    )
    left, right = max(head - _ALIKE, 0), max(tail - _ALIKE, 0)
    middles = (f"{text[left : len(text) - right]}{'…' * bool(right)}" for text in (one, other))
    first, second = (shortened(f"{'…' * bool(left)}{middle}", most) for middle in middles)
    return first, second
