"""The columns of a summary: one for each recipe, so that five seeds are one column and not five.

The page shows every run; a pull request comment, a terminal and a table of a paper have room for
what was compared, and a verdict that was reached over the means stands beside the means.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section, VerdictKind
from rundiff.format import (
    format_delta,
    format_numbers,
    format_relative,
    format_tick,
    format_typed_row,
    show_text,
)
from rundiff.frozen import dataclass
from rundiff.views.shown import ShownCell, ShownRow, show_name, verdict_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Cell, Comparison, Row
    from rundiff.judgement import Estimate, Verdict

WIDEST = 9  # characters of a mean, and of what it may be off, where that is much of it
_MOST_VALUES = 5
_WORD_END = re.compile(r"[-_./,:;| =+]+[^-_./,:;| =+]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeColumn:
    """One recipe: places of its runs among the compared ones, and their means where several.

    ``label`` is what the names of its runs have in common, where that says which recipe it is.
    ``varying`` are the seed-like keys in which the runs differ, as "params.seed".
    """

    run_id: str
    name: str
    label: str
    places: tuple[int, ...]
    estimates: Mapping[str, Estimate]
    varying: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many runs the column stands for, those that are no column of the page included."""
        return max((len(estimate.run_ids) for estimate in self.estimates.values()), default=1)

    @property
    def title(self) -> str:
        """What stands above the column: its label, and of how many runs it is."""
        name = show_text(self.label)
        return f"{name} ({self.count:,} runs)" if self.count > 1 else name


def build_columns(comparison: Comparison) -> tuple[RecipeColumn, ...]:
    """Return the recipes of the compared runs, the baseline's first."""
    groups = {
        run_id: group for group in comparison.judgement.replicates for run_id in group.run_ids
    }
    places = {run.run_id: place for place, run in enumerate(comparison.compared)}
    labels = recipe_labels(comparison)
    columns: dict[object, RecipeColumn] = {}
    for run in comparison.compared:
        group = groups.get(run.run_id)
        members = group.run_ids if group else (run.run_id,)
        columns.setdefault(
            members,
            RecipeColumn(
                run_id=run.run_id,
                name=run.full_name,
                label=labels.get(run.run_id, run.label or run.name),
                places=tuple(places[run_id] for run_id in members if run_id in places),
                estimates=dict(group.estimates) if group else {},
                varying=group.varying if group else (),
            ),
        )
    return tuple(columns.values())


def moving_columns(comparison: Comparison) -> tuple[RecipeColumn, ...]:
    """Return the recipes, or each run on its own where all repeat the baseline's recipe."""
    columns = build_columns(comparison)
    if len(columns) > 1:
        return columns
    return tuple(
        RecipeColumn(
            run_id=run.run_id,
            name=run.full_name,
            label=run.label,
            places=(place,),
            estimates={},
        )
        for place, run in enumerate(comparison.compared)
    )


def recipe_labels(comparison: Comparison) -> Mapping[str, str]:
    """Return what the runs of each recipe of several are called together, by run id.

    That is the beginning that their names share, up to the last whole word; nothing where it is
    empty or does not tell one recipe from another.
    """
    names = {run.run_id: run.name for run in comparison.runs}
    found: dict[str, tuple[str, ...]] = {}
    for group in comparison.judgement.replicates:
        members = [names[run_id] for run_id in group.run_ids if run_id in names]
        label = _WORD_END.sub("", _beginning(members)) if len(set(members)) > 1 else ""
        if label and len(members) > 1:
            found[label] = (*found.get(label, ()), *group.run_ids)
            if any(run_id not in group.run_ids for run_id in found[label]):
                found[label] = (*found[label], "")  # two recipes would be called the same
    taken = set(names.values())
    return {
        run_id: label
        for label, run_ids in found.items()
        if "" not in run_ids and label not in taken
        for run_id in run_ids
    }


def _beginning(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    pairs = zip(first, last, strict=False)
    length = next((place for place, (a, b) in enumerate(pairs) if a != b), len(first))
    return first[:length]


def build_recipe_row(row: Row, columns: Sequence[RecipeColumn], comparison: Comparison) -> ShownRow:
    """Return one row of any section by recipe; it differs where it does over the runs.

    Where it differs between recipes, a cell differs from the first.
    """
    if row.section is Section.METRICS:
        return build_metric_row(row, columns, comparison)
    found = _found_values(row, columns)
    texts = [_values(values, row, one) for values, one in zip(found, columns, strict=True)]
    cells = (
        ShownCell(
            text="varies" if text is None else text,
            half="",
            delta="",
            relative="",
            verdict="",
            is_best=False,
            differs=frozenset(values) != frozenset(found[0]),
        )
        for text, values in zip(texts, found, strict=True)
    )
    return ShownRow(key=show_name(row.key), cells=tuple(cells), differs=row.differs)


def build_metric_row(row: Row, columns: Sequence[RecipeColumn], comparison: Comparison) -> ShownRow:
    """Return a metric by recipe: the mean of the runs, and its delta from the baseline's."""
    numbers = [recipe_number(row, column) for column in columns]
    shown = format_numbers(numbers, baseline=0)
    verdicts = [comparison.verdicts.get((row.key, column.run_id)) for column in columns]
    best = _best_number(row, numbers, verdicts)
    cells = []
    for index, (column, number) in enumerate(zip(columns, numbers, strict=True)):
        delta = delta_of(numbers[0], number) if index else None
        relative = delta / abs(numbers[0]) if delta is not None and numbers[0] else None
        half = half_width(column.estimates.get(row.key)) if column.count > 1 else None
        cells.append(
            ShownCell(
                text=shown.shown[index],
                half="" if half is None else format_half(half, shown.decimals),
                delta=format_delta(delta, shown.decimals),
                relative=format_relative(relative),
                verdict=verdict_words(verdicts[index] if index else None),
                is_best=best is not None and number == best and _counts(verdicts[index]),
                differs=any(row.cells[place].differs for place in column.places),
            )
        )
    return ShownRow(key=show_name(row.key), cells=tuple(cells), differs=row.differs)


def _best_number(
    row: Row, numbers: Sequence[float | None], verdicts: Sequence[Verdict | None]
) -> float | None:
    """Return the best of what may be set side by side; None where all are equal."""
    direction = row.meaning.direction if row.meaning else Direction.UNKNOWN
    found = [
        number
        for number, verdict in zip(numbers, verdicts, strict=True)
        if number is not None and math.isfinite(number) and _counts(verdict)
    ]
    if direction is Direction.UNKNOWN or len(set(found)) < 2:
        return None
    return max(found) if direction is Direction.HIGHER else min(found)


def _counts(verdict: Verdict | None) -> bool:
    return verdict is None or verdict.kind is not VerdictKind.INCOMPARABLE


def half_width(estimate: Estimate | None) -> float | None:
    """Return half the width of a mean's interval; None where there is none."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return None
    half = (estimate.high - estimate.low) / 2
    return half if math.isfinite(half) else None


def format_half(half: float, decimals: int | None = None) -> str:
    """Return a number that has two significant digits with both, be the second a zero.

    ``decimals``: with as many as its mean has, where that leaves it a digit.
    """
    if decimals is not None and half >= 10.0**-decimals:
        return format_tick(half, decimals)
    half = float(f"{half:.2g}")
    if not 1e-4 <= half < 10:
        return format_numbers((half,), widest=WIDEST).shown[0]
    return format_tick(half, 1 - math.floor(math.log10(half)))


def build_value_row(row: Row, columns: Sequence[RecipeColumn]) -> tuple[str | None, ...] | None:
    """Return the values of a param, tag, … by recipe; None where the recipes do not differ.

    None for one recipe: it is a seed of runs of which not all stand here.
    """
    found = _found_values(row, columns)
    if not _is_apart(found):
        return None
    return tuple(
        _values(values, row, column) for values, column in zip(found, columns, strict=True)
    )


def _found_values(row: Row, columns: Sequence[RecipeColumn]) -> list[list[str]]:
    texts = format_typed_row([(c.type if c.is_present else "missing", c.value) for c in row.cells])
    return [list(dict.fromkeys(texts[place] for place in column.places)) for column in columns]


def _is_apart(found: Sequence[Sequence[str]]) -> bool:
    return len({frozenset(values) for values in found}) > 1


def _values(values: Sequence[str], row: Row, column: RecipeColumn) -> str | None:
    is_partial = len(column.places) < column.count
    if is_partial and f"{row.section.value}.{row.key}" in column.varying:
        return None
    if len(values) > _MOST_VALUES:
        return f"{len(values):,} values"
    # What replicates share is one value; each has artifacts and an environment of its own.
    may_vary = len(values) > 1 or row.section in (Section.ARTIFACTS, Section.ENVIRONMENT)
    return ", ".join([*values, *(["…"] if is_partial and may_vary else [])])


def recipe_number(row: Row, column: RecipeColumn) -> float | None:
    """Return the mean of those of a recipe's runs that have one, or the number of its only run."""
    estimate = column.estimates.get(row.key)
    if estimate is not None:
        return estimate.mean
    cell: Cell = row.cells[column.places[0]]
    return cell.number if cell.is_present else None


def delta_of(before: float | None, after: float | None) -> float | None:
    """Return the difference; None where either side is missing or it is not finite."""
    if before is None or after is None:
        return None
    delta = after - before
    return delta if math.isfinite(delta) else None
