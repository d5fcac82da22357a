"""Counts, sizes, durations and moments (UTC)."""

from __future__ import annotations

from rundiff.format.numbers import format_fixed
from rundiff.format.text import MINUS


def format_count(count: int) -> str:
    """Return a count with thousands separated: 1,234."""
    return f"{count:,}"


def format_bytes(size: int) -> str:
    """Return a size in decimal units: 198 B, 5.4 kB, 533 kB, 1.2 MB."""
    if size < 1_000:
        return f"{size} B"
    scaled, unit = float(size), "B"
    for unit in ("kB", "MB", "GB", "TB", "PB"):  # noqa: B007
        scaled /= 1_000
        if scaled < 999.5:
            break
    return f"{format_fixed(scaled, 1 if scaled < 9.95 else 0)} {unit}"


def format_duration(microseconds: int) -> str:
    """Return a duration: 85 ms, 2.2 s, 12 min 05 s, 3 h 05 min, 2 d 4 h."""
    if microseconds < 0:
        return MINUS + format_duration(-microseconds)
    if microseconds < 50_000:
        decimals = 0 if microseconds >= 9_950 or not microseconds else 1
        return f"{format_fixed(microseconds / 1_000, decimals)} ms"
    if microseconds < 59_950_000:
        return f"{format_fixed(microseconds / 1_000_000, 1)} s"
    seconds = (microseconds + 500_000) // 1_000_000
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    if seconds < 86_400:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60:02d} min"
    return f"{format_count(seconds // 86_400)} d {seconds % 86_400 // 3_600} h"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_time(microseconds: int) -> str:
    """Return a moment (µs since the epoch) in UTC: 22 Nov 2026, 23:03:19 UTC."""
    year, month, day, hour, minute, second = _calendar(microseconds)
    return f"{day} {_MONTHS[month - 1]} {year}, {hour:02d}:{minute:02d}:{second:02d} UTC"


def format_time_short(microseconds: int) -> str:
    """Return a moment without year and seconds: 22 Nov, 23:03."""
    _, month, day, hour, minute, _ = _calendar(microseconds)
    return f"{day} {_MONTHS[month - 1]}, {hour:02d}:{minute:02d}"


def _calendar(microseconds: int) -> tuple[int, int, int, int, int, int]:
    """Return the civil UTC time (Hinnant's days-to-civil): datetime stops at the year 9999."""
    days, rest = divmod(microseconds // 1_000_000, 86_400)
    shifted = days + 719_468
    era, of_era = divmod(shifted, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * of_year + 2) // 153
    day = of_year - (153 * month_index + 2) // 5 + 1
    month = month_index + 3 if month_index < 10 else month_index - 9
    year = year_of_era + era * 400 + (month <= 2)
    return year, month, day, rest // 3_600, rest % 3_600 // 60, rest % 60
