"""One axis of parallel coordinates or of a scatter: the values of a key over all selected runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.format import format_number, format_numbers, format_typed, show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rundiff.comparison import MetricMeaning
    from rundiff.selected import SelectedCell

MOST_WORDS = 8  # a param with more different texts is no axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Where each run stands, 0 (bottom) … 1 (top, better); runs without a value are not in it."""

    key: str
    title: str
    hint: str
    shares: Mapping[str, float]
    ticks: tuple[tuple[float, str], ...]


def build_axis(
    section: Section,
    key: str,
    cells: Mapping[str, SelectedCell],
    *,
    meaning: MetricMeaning | None = None,
) -> Axis | None:
    """Return the axis of a key, or None where its values make none."""
    numbers = {
        run: cell.number
        for run, cell in cells.items()
        if cell.number is not None and math.isfinite(cell.number)
    }
    if len(numbers) == len(cells) or section is Section.METRICS:
        return _numeric(key, numbers, meaning) if numbers else None
    texts = sorted({format_typed(cell.type, cell.value) for cell in cells.values()}, reverse=True)
    if len(texts) > MOST_WORDS:
        return None
    places = {text: index / max(len(texts) - 1, 1) for index, text in enumerate(texts)}
    return Axis(
        key=key,
        title=show_text(key),
        hint="",
        shares={run: places[format_typed(cell.type, cell.value)] for run, cell in cells.items()},
        ticks=tuple((place, text) for text, place in places.items()),
    )


def _numeric(key: str, numbers: Mapping[str, float], meaning: MetricMeaning | None) -> Axis:
    low, high = min(numbers.values()), max(numbers.values())
    is_log = low > 0 and high / low >= 15
    is_turned = meaning is not None and meaning.direction is Direction.LOWER

    half = high / 2 - low / 2  # halves: the whole may be beyond a double

    def share(number: float) -> float:
        if not half:
            return 0.5
        if is_log:  # no quotients: they may be beyond a double
            place = (math.log(number) - math.log(low)) / (math.log(high) - math.log(low))
        else:
            place = (number / 2 - low / 2) / half
        return 1 - place if is_turned else place

    different = sorted(set(numbers.values()))
    shown = different if len(different) <= 4 and meaning is None else [low, high]
    texts = tuple(map(format_number, shown)) if is_log else format_numbers(shown, widest=9).shown
    words = {Direction.HIGHER: "higher is better ↑", Direction.LOWER: "lower is better ↑"}
    hint = words.get(meaning.direction, "") if meaning else "log" if is_log else ""
    return Axis(
        key=key,
        title=show_text(key),
        hint=hint,
        shares={run: share(number) for run, number in numbers.items()},
        ticks=tuple(
            dict.fromkeys((share(one), text) for one, text in zip(shown, texts, strict=True))
        ),
    )
