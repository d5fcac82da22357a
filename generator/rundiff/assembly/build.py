"""Builds the Comparison: every step in its order, none of which knows HTML.

Histories and artifact contents are loaded last and only for the runs that stand as columns: they
are most of the bytes of a store.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import field, replace
from datetime import date
from math import isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

from rundiff.assembly.bands import with_bands
from rundiff.assembly.columns import choose_columns, rank_runs, ranked_runs
from rundiff.assembly.directions import build_meanings
from rundiff.assembly.others import choose_others
from rundiff.assembly.parts import (
    build_artifacts,
    build_datasets,
    build_sections,
    build_series,
    series_of,
)
from rundiff.assembly.reading import choose_of, read_chosen
from rundiff.assembly.runs import build_runs, name_of, selection_of, sources_read, title_of
from rundiff.assembly.values import choose_values, wanted_choices
from rundiff.budgets import DEFAULT_BUDGETS, Budgets
from rundiff.comparison import (
    Comparison,
    Direction,
    MetricMeaning,
    Problem,
    Section,
)
from rundiff.errors import KeyNotFoundError
from rundiff.frozen import dataclass
from rundiff.garbage import no_collection
from rundiff.gates.conclude import conclude
from rundiff.judgement import NOTHING_JUDGED
from rundiff.natural import natural_order
from rundiff.records.arrays import cells_of
from rundiff.relation import (
    LoadedRuns,
    choose_metric_values,
    compare_runs,
    fetch_compared,
    fetch_row_keys,
)
from rundiff.relation.rows import RowKey, RowMeaning, SelectedRun
from rundiff.selection.choose import SelectionOptions
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches
from rundiff.stats.judge import JudgeOptions
from rundiff.stats.value_choice import EVERY_METRIC, choice_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from rundiff.assembly.columns import Ranking
    from rundiff.assembly.reading import ChosenRuns
    from rundiff.gates.file import GateFile
    from rundiff.judgement import BuildContext
    from rundiff.selection.choose import Chosen
    from rundiff.selection.runs import RunRow
    from rundiff.sources.merge import MergedRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """Everything that the user may ask of a comparison."""

    selection: SelectionOptions = field(default_factory=SelectionOptions)
    reading: ReadOptions = field(default_factory=ReadOptions)
    columns: int | None = None  # how many runs stand as columns, at most
    directions: Mapping[str, Direction] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)  # metric, or "" for all → choice
    judging: JudgeOptions = field(default_factory=JudgeOptions)
    gates: GateFile | None = None
    today: date = date.min  # what a waiver's end is held against
    warnings: tuple[str, ...] = ()
    build: BuildContext | None = None
    title: str = ""
    command: str = ""
    budgets: Budgets = DEFAULT_BUDGETS
    has_others: bool = True  # histories of runs that are no columns: only pages draw them

    @property
    def value_choices(self) -> dict[str, str]:
        """Which value stands for a metric, by gate file and options together."""
        rules = self.gates.rules if self.gates else ()
        return {rule.key: rule.at for rule in rules if rule.at} | dict(self.values)


class _Related(NamedTuple):
    """The relation, and what it was made from."""

    chosen: Chosen
    columns: tuple[int, ...]  # the positions of the compared runs, the baseline's first
    keys: Sequence[RowKey]
    meanings: Mapping[str, MetricMeaning]
    value_names: dict[str, str]  # which value stands for a metric where it is not the last
    left_out: tuple[str, ...]
    relation: pa.Table
    selected: Sequence[SelectedRun]
    rows: Sequence[RowMeaning]
    ranked: Sequence[str]  # run ids, the best first


def build_comparison(sources: Sequence[str], options: CompareOptions) -> Comparison:
    """Read the sources and compare the runs that were chosen.

    Raises SourceError when there is nothing to read, SelectionError when nothing is left.
    """
    with no_collection():
        return _compare_chosen(_read(sources, options), options)


def build_relation(sources: Sequence[str], options: CompareOptions) -> pa.Table:
    """Return the comparison relation alone, without histories, artifacts and verdicts."""
    with no_collection():
        merged, store, chosen = _read(sources, options)
        with closing(store):
            return _relate(merged, store, chosen, options).relation


def compare_merged(merged: MergedRuns, options: CompareOptions) -> Comparison:
    """Compare runs that were read."""
    return _compare_chosen(choose_of(merged, options.selection), options)


def _read(sources: Sequence[str], options: CompareOptions) -> ChosenRuns:
    """Read and choose; where values are chosen for metrics, those of all runs are known."""
    if options.values or options.gates:
        reading = replace(options.reading, include_deleted=True)
        return choose_of(merge_batches(load_sources(sources, reading)), options.selection)
    return read_chosen(sources, options.reading, options.selection)


def _compare_chosen(read: ChosenRuns, options: CompareOptions) -> Comparison:
    merged, store, chosen = read
    with closing(store):
        related = _relate(merged, store, chosen, options)
        comparison = _compare(merged, store, options, related)
    judging = replace(options.judging, value_names=related.value_names)
    concluded = conclude(comparison, judging, gates=options.gates, today=options.today)
    return with_bands(concluded, merged)


def _relate(
    merged: MergedRuns, store: LoadedRuns, chosen: Chosen, options: CompareOptions
) -> _Related:
    ids = [run.run_id for run in chosen.runs]
    names = _choose_values(merged, store, ids, options) if options.values or options.gates else {}
    keys = fetch_row_keys(store)
    metrics = _metrics(keys)
    meanings = _meanings(merged, ids, metrics, options)
    ranking = rank_runs(store, keys, meanings, seed_keys=options.judging.seed_keys)
    baseline_id = _baseline(merged, chosen, ranking)
    columns = choose_columns(ids, ids.index(baseline_id), limit=options.columns, ranking=ranking)
    selected, rows = _roles(chosen.runs, columns.positions), _places(keys, meanings)
    return _Related(
        chosen=chosen,
        columns=columns.positions,
        keys=keys,
        meanings=meanings,
        value_names=names,
        left_out=(*chosen.left_out, *([columns.left_out] if columns.left_out else [])),
        relation=compare_runs(store, selected, rows),
        selected=selected,
        rows=rows,
        ranked=ranked_runs(ids, ranking),
    )


def _baseline(merged: MergedRuns, chosen: Chosen, ranking: Ranking) -> str:
    """Return the baseline; where age alone makes it, of two sources one of the first: old, new."""
    elders = chosen.elders
    if not elders:
        return chosen.baseline_id
    if max(merged.given, default=0) == 1:
        elders = tuple(run_id for run_id in elders if merged.source_of(run_id) == 0) or elders
    leading = (run_id for run_id in elders if isfinite(ranking.numbers.get(run_id, nan)))
    return next(leading, None) or _first_measured(merged, elders)


def _first_measured(merged: MergedRuns, run_ids: Sequence[str]) -> str:
    """Return the first of some runs that has a metric; the first where none has."""
    measured = set(cells_of(merged.tables["metric_summary"].column("run_id")))
    return next((run_id for run_id in run_ids if run_id in measured), run_ids[0])


def _compare(
    merged: MergedRuns, store: LoadedRuns, options: CompareOptions, related: _Related
) -> Comparison:
    runs = build_runs(related.chosen.runs, related.columns)
    compared = tuple(runs[position] for position in related.columns)
    ids = [run.run_id for run in compared]
    ranked = related.ranked if options.has_others else ()
    others = choose_others(merged, ranked, ids, options.budgets)
    read = [*ids, *others.run_ids]
    ordered, points, met = merged.load_series(read)
    histories = build_series(store, points, read, ordered=ordered)
    problems = dict.fromkeys((*merged.problems, *met))
    are_all = len(compared) == len(runs)
    cells = related.relation if are_all else fetch_compared(store, related.selected, related.rows)
    return Comparison(
        title=options.title or title_of(runs),
        runs=runs,
        compared=compared,
        sections=build_sections(cells, related.keys, related.meanings, ids),
        series=series_of(histories, ids),
        datasets=build_datasets(merged, ids),
        artifacts=build_artifacts(merged, ids, options.budgets),
        problems=tuple(Problem(**row._asdict()) for row in problems),
        sources=tuple(sources_read(merged)),
        selection=selection_of(merged, options.selection, related.left_out),
        relation=related.relation,
        command=options.command,
        judgement=replace(NOTHING_JUDGED, warnings=options.warnings),
        build=options.build,
        others=series_of(histories, others.run_ids),
        unread=others.unread,
        budgets=options.budgets,
    )


def _choose_values(
    merged: MergedRuns, store: LoadedRuns, ids: Sequence[str], options: CompareOptions
) -> dict[str, str]:
    """Let the values that were asked for stand for series; return their names by metric."""
    choices = options.value_choices
    if not choices:
        return {}
    metrics = _metrics(fetch_row_keys(store))
    for key in options.values:
        if key != EVERY_METRIC and key not in metrics:
            raise KeyNotFoundError("metric", key, metrics)
    meanings = _meanings(merged, ids, metrics, options)
    directions = {key: meaning.direction for key, meaning in meanings.items()}
    wanted = wanted_choices(choices, metrics, directions)
    points, _ = merged.load_points(ids)
    choose_metric_values(store, choose_values(points, wanted, directions))
    return {key: choice_name(choice) for key, choice in wanted.items()}


def _metrics(keys: Sequence[RowKey]) -> list[str]:
    return [row.key for row in keys if row.section == Section.METRICS]


def _meanings(
    merged: MergedRuns, ids: Sequence[str], metrics: Sequence[str], options: CompareOptions
) -> dict[str, MetricMeaning]:
    for wanted in options.directions:
        if wanted not in metrics:
            raise KeyNotFoundError("metric", wanted, metrics)
    order = {run_id: place for place, run_id in enumerate(ids)}
    rows = [row for row in merged.tables["metric_definition"].to_pylist() if row["run_id"] in order]
    rows.sort(key=lambda row: order[row["run_id"]])
    rules = options.gates.rules if options.gates else ()
    gates = {rule.key: rule.direction for rule in rules if rule.direction}
    return build_meanings(metrics, rows, options.directions, gates)


def _roles(runs: Sequence[RunRow], columns: Sequence[int]) -> list[SelectedRun]:
    roles = dict.fromkeys(columns, "candidate") | {columns[0]: "baseline"}
    return [
        SelectedRun(run.run_id, name_of(run), position, roles.get(position, "other"))
        for position, run in enumerate(runs)
    ]


def _places(keys: Sequence[RowKey], meanings: Mapping[str, MetricMeaning]) -> list[RowMeaning]:
    """Return the rows in the order of the page: by section, then keys with numbers in order."""
    section = {name.value: place for place, name in enumerate(Section)}
    ordered = sorted(keys, key=lambda row: (section[row.section], natural_order(row.key)))
    found = []
    for place, row in enumerate(ordered):
        meaning = meanings.get(row.key) if row.section == Section.METRICS else None
        direction, unit = (meaning.direction.value, meaning.unit) if meaning else ("", "")
        found.append(RowMeaning(place, row.section, row.key, direction, unit, *row[-4:]))
    return found
