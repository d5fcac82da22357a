"""The only place where numbers, durations, bytes, times and texts become what a reader sees.

``assets/src/format.js`` is the port of this package; both are tested on
``tests/golden/format_cases.json``, so every rule here is written in terms that both languages have.
Exactness comes before beauty (design.md): within one row no two unequal values look the same.
"""

from rundiff.format.numbers import (
    NumberRow,
    align_decimals,
    format_delta,
    format_exact,
    format_number,
    format_numbers,
    format_relative,
    format_tick,
)
from rundiff.format.quantities import (
    format_bytes,
    format_count,
    format_duration,
    format_time,
    format_time_short,
)
from rundiff.format.text import MISSING, format_typed, format_typed_row, show_key, show_text

__all__ = [
    "MISSING",
    "NumberRow",
    "align_decimals",
    "format_bytes",
    "format_count",
    "format_delta",
    "format_duration",
    "format_exact",
    "format_number",
    "format_numbers",
    "format_relative",
    "format_tick",
    "format_time",
    "format_time_short",
    "format_typed",
    "format_typed_row",
    "show_key",
    "show_text",
]
