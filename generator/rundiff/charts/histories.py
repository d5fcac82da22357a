"""The line charts: one for each metric with a history, grouped by the prefix of their metrics.

``train/loss`` and ``val/loss`` stand under ``train/`` and ``val/``; ``system/`` comes last, folded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.budgets import STATIC_POINTS
from rundiff.charts.curves import histories
from rundiff.charts.envelope import build_envelope
from rundiff.charts.extremes import find_extremes
from rundiff.charts.lines import Drawing, Rest, draw_lines, spread_columns
from rundiff.comparison import Direction, Section
from rundiff.format import format_count, show_key, show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from rundiff.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One figure. ``metric`` is the exact key; ``note`` says what else stands in it."""

    index: int
    kind: str
    metric: str
    title: str
    hint: str
    label: str
    reduction: str  # how the static picture stands for its points; the script writes its own
    note: str
    svg: Markup
    across: str = ""  # the exact key across, of a scatter chart
    across_section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The charts of one prefix."""

    title: str
    charts: tuple[Chart, ...]
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BandKey:
    """What a band behind the lines is; ``whose`` is "own" (of compared runs) or "others"."""

    whose: str
    means: str


def ordered_keys(comparison: Comparison) -> list[str]:
    """Return the metrics with history: prefixes in the order of the records, system last."""
    prefixes: dict[str, list[str]] = {}
    for key in histories(comparison):
        prefixes.setdefault(_prefix(key), []).append(key)
    ordered = sorted(prefixes, key=_is_system)
    return [key for prefix in ordered for key in prefixes[prefix]]


def _prefix(key: str) -> str:
    return key.split("/", 1)[0] + "/" if "/" in key.strip("/") else ""


def _is_system(prefix: str) -> bool:
    return prefix.lower() in ("system/", "sys/", "gpu/", "cpu/", "monitor/")


def build_line_groups(
    comparison: Comparison, keys: Sequence[str], rests: Mapping[str, Rest]
) -> tuple[Group, ...]:
    """Return the charts of the given metrics; ``rests``: what stands behind each."""
    runs = {run.run_id: run for run in comparison.compared}
    lines = sum(len(comparison.series[key]) for key in keys)
    columns = min(max(STATIC_POINTS // (4 * max(lines, 1)), 4), 200)
    groups: dict[str, list[Chart]] = {}
    meanings = {row.key: row.meaning for row in comparison.sections.get(Section.METRICS, ())}
    for index, key in enumerate(keys):
        prefix = _prefix(key)
        bands, rest = comparison.bands.get(key, ()), rests.get(key)
        meaning = meanings.get(key)
        drawing = draw_lines(
            comparison.series[key],
            runs=runs,
            columns=columns,
            bands=bands,
            rest=rest,
            may_be_log=meaning is None or meaning.direction is not Direction.HIGHER,
        )
        unit = show_text(meaning.unit) if meaning else ""
        scale = "log" if drawing.is_log else "linear"
        notes = [
            f"{show_text(runs[each.run_id].label)}: {each.note}" for each in bands if each.note
        ]
        if rest is not None and rest.extremes:
            notes.append(_extremes_note(rest, comparison))
        if drawing.unplotted:
            notes.append(f"{format_count(drawing.unplotted)} not finite")
        groups.setdefault(prefix, []).append(
            Chart(
                index=index,
                kind="line",
                metric=key,
                title=show_key(key[len(prefix) :]),
                hint=f"{unit} · {scale}" if unit else scale,
                label=f"{show_text(key)} by step, one line for each of "
                f"{len(comparison.series[key])} runs",
                reduction=_reduction(drawing, columns),
                note=". ".join(notes),
                svg=drawing.svg,
            )
        )
    return tuple(
        Group(title=show_text(prefix), charts=tuple(charts), is_folded=_is_system(prefix))
        for prefix, charts in groups.items()
    )


def build_rests(comparison: Comparison, keys: Sequence[str]) -> dict[str, Rest]:
    """Return the band, best and worst of the runs that are no columns, for each metric."""
    found = {}
    for key in keys:
        others = {one.run_id: one for one in comparison.others.get(key, ())}
        if others:
            found[key] = Rest(
                envelope=build_envelope(key, tuple(others.values())),
                extremes=tuple(
                    (word, others[run_id])
                    for run_id, word in find_extremes(comparison, key).items()
                ),
            )
    return found


def _reduction(drawing: Drawing, columns: int) -> str:
    """Say how the static picture stands for the points of its lines; "" where all are drawn."""
    if drawing.shown >= drawing.logged:
        return ""
    what = "lowest, highest and mean" if drawing.spreads else "first, last, lowest and highest"
    used = spread_columns(columns) if drawing.spreads else columns
    logged = f"{format_count(drawing.logged)} points drawn as {what} of {used} columns"
    pixels = drawing.width / used
    return f"{logged}, {pixels:.0f} px each" if pixels >= 1.5 else f"{logged}, a pixel each"


def describe_bands(
    comparison: Comparison, keys: Sequence[str], rests: Mapping[str, Rest]
) -> tuple[BandKey, ...]:
    """Return what the bands behind the lines are, once for all charts."""
    found = []
    if any(comparison.bands.get(key) for key in keys):
        level = f"{comparison.judgement.confidence * 100:g} %"
        found.append(BandKey(whose="own", means=f"{level} interval of the mean over replicates"))
    envelopes = [rest.envelope for rest in rests.values() if rest.envelope is not None]
    if envelopes:
        most = max(envelope.runs for envelope in envelopes)
        inner = ", darker their middle half" if any(e.first_quarter for e in envelopes) else ""
        runs = f"{format_count(most)} other runs" if most > 1 else "one other run"
        found.append(BandKey(whose="others", means=f"range of {runs}{inner}"))
    return tuple(found)


def _extremes_note(rest: Rest, comparison: Comparison) -> str:
    """Name the runs that the grey lines are."""
    names = {run.run_id: show_text(run.label) for run in comparison.runs}
    return " · ".join(f"{word} {names[one.run_id]}" for word, one in rest.extremes)
