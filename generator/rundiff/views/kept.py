"""Which keys and previews of a comparison a page holds, within its budgets.

Keys are kept whole: a row in its table, its entries under Run details and its column in the page's
data. Those that no compared run has go first, then those that are equal in all of them, then those
that differ; of each the rarest first, which fewest of the selected runs have. By default a section
also has a most of rows: what is beyond stays in the data, where the Runs table can show it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.frozen import dataclass
from rundiff.ranking import metric_rank
from rundiff.views.long_values import (
    LongValues,
    find_long_values,
    shorten_cells,
    shorten_rows,
)
from rundiff.views.previews import image_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Artifact, Comparison, Row
    from rundiff.selected import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The part of a comparison that its page shows, and how much more there is.

    Counts are pairs: (in the page, left out). ``selected`` and the comparisons have long values
    shortened, ``data`` has them whole.
    """

    comparison: Comparison
    tabled: Comparison  # with the rows of the tables alone
    spoken: Comparison  # with all rows: what the Overview speaks of
    selected: Selected
    data: Selected
    long: LongValues
    keys: tuple[int, int]
    cells: tuple[int, int]
    rows: tuple[int, int]  # of keys that are in the data: those in a table, and those that are not
    left_rows: Mapping[Section, int]  # of each table, for whatever reason
    previews: tuple[int, int]


def keep_within(comparison: Comparison, selected: Selected) -> Kept:
    """Return what fits the comparison's budgets."""
    places = _kept_keys(comparison, selected)
    kept = {at: cells for at, cells in selected.items() if at in places}
    cells = sum(map(len, kept.values()))
    every = find_long_values(selected, comparison.budgets.shrink.values)
    long = replace(every, places={at: every.places[at] for at in every.places if at in places})
    sections = shorten_rows(
        {
            section: tuple(row for row in rows if (section.value, row.key) in places)
            for section, rows in comparison.sections.items()
        },
        long,
    )
    tables = {
        section: _first_rows(rows, comparison.budgets.most_rows)
        for section, rows in sections.items()
    }
    shown = sum(map(len, tables.values()))
    artifacts, previews = _kept_previews(comparison)
    whole = replace(comparison, sections=sections, artifacts=artifacts)
    return Kept(
        comparison=whole,
        tabled=replace(whole, sections=tables),
        spoken=replace(comparison, sections=shorten_rows(comparison.sections, every)),
        selected=shorten_cells(kept, long),
        data=kept,
        long=long,
        keys=(len(kept), len(selected) - len(kept)),
        cells=(cells, sum(map(len, selected.values())) - cells),
        rows=(shown, sum(map(len, sections.values())) - shown),
        left_rows={
            section: len(rows) - len(tables[section])
            for section, rows in comparison.sections.items()
        },
        previews=previews,
    )


def drop_order(comparison: Comparison, selected: Selected) -> list[tuple[str, str]]:
    """Return all keys, those that a page can do without first."""
    rows = {
        (section.value, row.key): row
        for section, found in comparison.sections.items()
        for row in found
    }
    order = {section.value: place for place, section in enumerate(Section)}
    places = {at: place for place, at in enumerate(selected)}

    def worth(at: tuple[str, str]) -> tuple[int, int, int, int]:
        row = rows.get(at)
        level = 0 if row is None else 2 if row.differs else 1
        return level, len(selected[at]), -order[at[0]], -places[at]

    return sorted(selected, key=worth)


def _kept_keys(comparison: Comparison, selected: Selected) -> set[tuple[str, str]]:
    room = comparison.budgets.most_cells
    excess = sum(map(len, selected.values())) - room
    if excess <= 0:
        return set(selected)
    kept = set(selected)
    for at in drop_order(comparison, selected):
        if excess <= 0:
            break
        kept.discard(at)
        excess -= len(selected[at])
    return kept


def _first_rows(rows: Sequence[Row], most: int | None) -> tuple[Row, ...]:
    """Return the rows of a section's table in their order, those that differ before others."""
    if most is None or len(rows) <= most:
        return tuple(rows)
    ranked = sorted(rows, key=metric_rank) if rows[0].section is Section.METRICS else rows
    kept = {row.key for row in sorted(ranked, key=lambda row: not row.differs)[:most]}
    return tuple(row for row in rows if row.key in kept)


def _kept_previews(
    comparison: Comparison,
) -> tuple[Mapping[str, tuple[Artifact, ...]], tuple[int, int]]:
    """Return the artifacts, without the contents for which there is no room."""
    budgets = comparison.budgets
    # Each run has its share of the images, so that the first does not take it all.
    share = budgets.image_room // max(len(comparison.compared), 1)
    room = budgets.preview_room
    found: dict[str, tuple[Artifact, ...]] = {}
    shown = left = 0
    for run_id, artifacts in comparison.artifacts.items():
        images = share if budgets.bytes is None else budgets.image_room
        kept = []
        for place, artifact in enumerate(artifacts):
            size = len(artifact.content or b"")
            is_image = image_type(artifact.content or b"") != ""
            is_kept = artifact.content is not None and (
                (budgets.most_previews is None or place < budgets.most_previews)
                and (not is_image or size <= images)
                and (room is None or size <= room)
            )
            is_left = artifact.is_unread or (artifact.content is not None and not is_kept)
            if is_kept:
                images -= size if is_image else 0
                room = None if room is None else room - size
            shown, left = shown + is_kept, left + is_left
            kept.append(replace(artifact, content=None, is_unread=True) if is_left else artifact)
        found[run_id] = tuple(kept)
    return found, (shown, left)
