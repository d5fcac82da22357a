"""Numbers: the fewest digits that tell the values of a row apart, deltas, relative changes, ticks.

Rounding is half away from zero on the exact binary value, which is what ``toFixed`` does; Python's
``format`` rounds half to even, hence ``Decimal``. The shortest text of a double is taken apart into
digits and exponent because ``repr`` and ``String`` disagree about where exponents begin.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from rundiff.format.text import MINUS, MISSING
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

FIGURE_SPACE, PUNCTUATION_SPACE = "\u2007", "\u2008"
_EXACTLY = Context(prec=800, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """The shown numbers of one row; ``decimals`` is None where it is in scientific notation."""

    shown: tuple[str, ...]
    decimals: int | None


def format_numbers(
    values: Sequence[float | None],
    *,
    baseline: int | None = None,
    widest: int | None = None,
) -> NumberRow:
    """Return the numbers of one row with the fewest digits that tell them apart.

    Starts at three significant digits of the largest and adds decimals until unequal values differ
    and the shown delta from ``values[baseline]`` is the difference of the shown values, at most to
    five significant digits (four decimals for values like 0.93). Beyond that only values that would
    still look the same grow, to their exact text at last. Values below 0.001 that are too small for
    the row's decimals, and rows beyond 1e15 or below 1e-4, are in scientific notation, as are rows
    with a text of more than ``widest`` characters.
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    largest = max(map(abs, finite), default=0.0)
    if largest and not 1e-4 <= largest < 1e15:
        return NumberRow(shown=_apart(values, _scientific_digits(finite), None), decimals=None)
    natural = max(map(_natural_decimals, finite), default=0)
    magnitude = Decimal(largest).adjusted() if largest else 0
    start = max(2 - magnitude, 0)
    most = start + 1 if magnitude < 0 else max(4 - magnitude, 0)
    decimals, most = min(start, natural), min(most, natural)
    reference = values[baseline] if baseline is not None else None
    while decimals < most and not _is_settled(finite, reference, decimals):
        decimals += 1
    shown = _apart(values, decimals, decimals)
    if widest is not None and max(map(len, shown), default=0) > widest:
        return NumberRow(shown=_apart(values, _scientific_digits(finite), None), decimals=None)
    return NumberRow(shown=shown, decimals=decimals)


def _is_settled(finite: Sequence[float], reference: float | None, decimals: int) -> bool:
    rounded = {value: _round(value, decimals) for value in finite}
    if len(set(rounded.values())) < len(rounded):
        return False
    if reference is None or not math.isfinite(reference):
        return True
    base = rounded[reference]
    return all(
        _round(value - reference, decimals) == shown - base for value, shown in rounded.items()
    )


def _apart(values: Sequence[float | None], digits: int, decimals: int | None) -> tuple[str, ...]:
    """Show each value; those that look like an unequal one get more digits, at last all."""
    shown = [_one(value, digits, decimals) for value in values]
    for more in range(1, 14):
        clashing = _clashing(values, shown)
        if not clashing:
            return tuple(shown)
        for index in clashing:
            value = values[index]
            grown = None if decimals is None else decimals + more
            shown[index] = _exact(value) if more == 13 else _one(value, digits + more, grown)
    return tuple(shown)


def _clashing(values: Sequence[float | None], shown: Sequence[str]) -> list[int]:
    first: dict[str, float | None] = {}
    bad = {
        text
        for value, text in zip(values, shown, strict=True)
        if value is not None and not math.isnan(value) and first.setdefault(text, value) != value
    }
    return [index for index, text in enumerate(shown) if text in bad] if bad else []


def _one(value: float | None, digits: int, decimals: int | None) -> str:
    if value is None:
        return MISSING
    if not math.isfinite(value):
        return _special(value)
    if value == 0:
        return format_fixed(0.0, decimals or 0)
    if decimals is None:
        return _scientific(value, digits)
    if abs(value) < 10.0**-decimals and _natural_decimals(value) > decimals:
        return _small(value, 1 + max(digits - decimals, 0))
    return format_fixed(value, decimals)


def format_number(value: float | None) -> str:
    """Return one number by itself, with three to five significant digits."""
    return format_numbers((value,)).shown[0]


def format_delta(delta: float | None, decimals: int | None) -> str:
    """Return candidate − baseline with its sign, in the row's decimals (``NumberRow.decimals``)."""
    if delta is None:
        return ""
    if delta == 0:
        return "±0"
    sign = "+" if delta > 0 or math.isnan(delta) else ""
    if not math.isfinite(delta):
        return sign.replace("+", "" if math.isnan(delta) else "+") + _special(delta)
    if decimals is None:
        return sign + (format_number(delta) if 0.001 <= abs(delta) < 1e6 else _scientific(delta, 2))
    if abs(delta) < 10.0**-decimals and _round(delta, decimals) == 0:
        return sign + _small(delta, 1)
    return sign + format_fixed(delta, decimals)


def format_relative(change: float | None) -> str:
    """Return a relative change as a percentage: two significant digits, no false 0 or −100 %."""
    if change is None or not math.isfinite(change) or change == 0:
        return ""
    percent = change * 100
    size = abs(percent)
    sign = "+" if percent > 0 else ""
    if size >= 1e6 or size < 0.001:
        return f"{sign}{_scientific(percent, 1)} %"
    decimals = 0 if size >= 9.95 else 1 if size >= 0.095 else 2 if size >= 0.0095 else 3
    while decimals < 12 and percent != -100 and _round(percent, decimals) == -100:
        decimals += 1
    return f"{sign}{format_fixed(percent, decimals)} %"


def align_decimals(shown: Sequence[str]) -> tuple[str, ...]:
    """Pad numbers with figure spaces: right-aligned, their decimal points stand in one line."""
    tails = []
    for text in shown:
        match = re.fullmatch(r"[+±\u2212]?[0-9][0-9,]*(\.[0-9]+)?", text)
        tails.append(None if match is None else match[1] or "")
    longest = max((tail for tail in tails if tail is not None), key=len, default="")
    return tuple(
        text
        if tail is None or len(tail) == len(longest)
        else text
        + (PUNCTUATION_SPACE if not tail else "")
        + FIGURE_SPACE * (len(longest) - max(len(tail), 1))
        for text, tail in zip(shown, tails, strict=True)
    )


def format_tick(value: float, decimals: int | None = None) -> str:
    """Return an axis tick: its exact short text, in scientific notation below 0.01 and from 1e5.

    ``decimals``: as many as its neighbours have.
    """
    if decimals is not None:
        return format_fixed(value, decimals)
    if value == 0:
        return "0"
    if 0.00999 <= abs(value) < 99_999.5:
        return _minus(f"{float(f'{value:.10g}'):.10f}".rstrip("0").rstrip("."))
    return _scientific(value, 6)


@lru_cache(maxsize=65_536)
def _round(value: float, decimals: int) -> Decimal:
    return _EXACTLY.quantize(Decimal(value), Decimal((0, (1,), -decimals)))


def format_fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals, thousands separated from five digits on."""
    rounded = _round(value, decimals)
    text = f"{abs(rounded):.{decimals}f}"
    whole, point, fraction = text.partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}"
    return (MINUS if rounded < 0 else "") + whole + point + fraction


def _small(value: float, digits: int) -> str:
    """Return a value that is small beside its row, with ``digits`` + 1 significant digits."""
    if abs(value) < 0.001:
        return _scientific(value, digits)
    return format_fixed(value, min(digits - Decimal(value).adjusted(), _natural_decimals(value)))


def _scientific(value: float, digits: int) -> str:
    """Return d.ddde−n with at most ``digits`` decimals, trailing zeros dropped."""
    rounded = Context(prec=digits + 1, rounding=ROUND_HALF_UP).create_decimal(Decimal(value))
    _, figures, _ = rounded.as_tuple()
    return _mantissa("".join(map(str, figures)), rounded.adjusted(), is_negative=value < 0)


def _mantissa(figures: str, exponent: int, *, is_negative: bool) -> str:
    head, tail = figures[0], figures[1:].rstrip("0")
    sign, power = (MINUS if is_negative else ""), _minus(str(exponent))
    return f"{sign}{head}{'.' + tail if tail else ''}e{power}"


def _scientific_digits(finite: Sequence[float]) -> int:
    return min(2, max(len(_shortest(value)[0]) for value in finite) - 1)


def _shortest(value: float) -> tuple[str, int]:
    """Return the digits of the shortest text that reads back as the value, and their exponent."""
    _, digits, exponent = Decimal(repr(abs(value))).as_tuple()
    figures = "".join(map(str, digits)).lstrip("0")
    power = int(exponent) + len(figures) - 1
    return figures.rstrip("0") or "0", power


@lru_cache(maxsize=65_536)
def _natural_decimals(value: float) -> int:
    figures, power = _shortest(value)
    return max(len(figures) - 1 - power, 0) if value else 0


def _exact(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return MISSING if value is None else _special(value)
    figures, power = _shortest(value)
    if not -5 <= power < 15:
        return _mantissa(figures, power, is_negative=value < 0)
    if power < 0:
        text = "0." + "0" * (-power - 1) + figures
    elif len(figures) <= power + 1:
        text = (
            f"{int(figures.ljust(power + 1, '0')):,}"
            if power > 3
            else figures.ljust(power + 1, "0")
        )
    else:
        whole = figures[: power + 1]
        text = (f"{int(whole):,}" if power > 3 else whole) + "." + figures[power + 1 :]
    return (MINUS if value < 0 else "") + text


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
