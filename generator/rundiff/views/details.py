"""Run details: everything one run logged, in a block of its own that its name links to."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from rundiff.budgets import MOST_PREVIEWS
from rundiff.comparison import Section
from rundiff.format import (
    MISSING,
    format_bytes,
    format_count,
    format_duration,
    format_numbers,
    format_time,
    format_typed,
    show_key,
    show_text,
)
from rundiff.frozen import dataclass
from rundiff.views.marks import LONGEST_NAME, RunMark, build_mark, counted
from rundiff.views.notes import render_note
from rundiff.views.previews import Preview, build_preview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from rundiff.comparison import Artifact, Comparison, Dataset, Run
    from rundiff.selected import SelectedCell

MOST_ENTRIES = 12  # of one list; the rest is folded
LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key and value."""

    key: str
    shown: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list of a run: its first entries, the folded rest, and how many are the baseline's.

    Tags and environment of candidates are told by what differs: forty packages that ten runs share
    would be most of the page.
    """

    title: str
    count: str
    entries: tuple[Entry, ...]
    more: tuple[Entry, ...]
    left_out: int
    same: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One run."""

    mark: RunMark
    element_id: str
    summary: str
    is_open: bool
    note: Markup | None
    lists: tuple[Listing, ...]
    artifacts: tuple[Preview, ...]
    artifacts_summary: str
    more_artifacts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The section: a block for each compared run."""

    summary: str
    baseline: str  # where the baseline's block is, which holds what candidates share with it
    blocks: tuple[Block, ...]
    entries: int
    left_out: int  # entries


def build_details(
    comparison: Comparison, selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]]
) -> Details:
    """Return the blocks of the compared runs."""
    metrics = _metric_texts(comparison)
    blocks = [
        _block(comparison, run, selected, metrics[place])
        for place, run in enumerate(comparison.compared)
    ]
    lists = [listing for block in blocks for listing in block.lists]
    return Details(
        summary=counted(len(blocks), "run"),
        baseline=build_mark(comparison.baseline).href,
        blocks=tuple(blocks),
        entries=sum(len(listing.entries) + len(listing.more) for listing in lists),
        left_out=sum(listing.left_out for listing in lists),
    )


def _block(
    comparison: Comparison,
    run: Run,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    metrics: Mapping[str, tuple[str, str]],
) -> Block:
    artifacts = comparison.artifacts.get(run.run_id, ())
    lists = _listings(comparison, run, selected, metrics)
    return Block(
        mark=build_mark(run),
        element_id=f"run-{run.position}",
        summary=_summary(run, lists, artifacts),
        is_open=run.color == 0,
        note=render_note(run.note) if run.note.strip() else None,
        lists=tuple(lists),
        artifacts=_previews(artifacts),
        artifacts_summary=_artifacts_summary(artifacts),
        more_artifacts=len(artifacts) - len(_listed(artifacts)),
    )


def _summary(run: Run, lists: Sequence[Listing], artifacts: Sequence[Artifact]) -> str:
    parts = [show_text(run.status)] if run.status else []
    if run.start_time is not None:
        parts.append(format_time(run.start_time))
    if run.start_time is not None and run.end_time is not None:
        parts.append(format_duration(run.end_time - run.start_time))
    counts = {
        listing.title: len(listing.entries) + len(listing.more) + listing.left_out
        for listing in lists
    }
    words = [
        counted(counts[title], noun)
        for title, noun in (("Parameters", "param"), ("Metrics", "metric"))
        if counts.get(title)
    ]
    if artifacts:
        words.append(counted(len(artifacts), "artifact"))
    if words:
        parts.append(", ".join(words))
    return " · ".join(parts)


def _metric_texts(comparison: Comparison) -> list[dict[str, tuple[str, str]]]:
    """Return number and unit of each metric as they are shown, for each compared run."""
    found: list[dict[str, tuple[str, str]]] = [{} for _ in comparison.compared]
    for row in comparison.sections.get(Section.METRICS, ()):
        numbers = [cell.number if cell.is_present else None for cell in row.cells]
        unit = show_text(row.meaning.unit) if row.meaning else ""
        for texts, shown in zip(found, format_numbers(numbers, baseline=0).shown, strict=True):
            texts[row.key] = shown, unit
    return found


def _listings(
    comparison: Comparison,
    run: Run,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    metrics: Mapping[str, tuple[str, str]],
) -> list[Listing]:
    found: dict[Section, list[Entry]] = {section: [] for section in Section}
    base = comparison.baseline.run_id
    same = Counter[str]()
    for (section, key), cells in selected.items():
        cell = cells.get(run.run_id)
        if cell is None or section in (Section.DATASETS.value, Section.ARTIFACTS.value):
            continue
        is_same = run.run_id != base and cells.get(base) == cell
        if is_same and section in (Section.ENVIRONMENT.value, Section.TAGS.value):
            same[section] += 1
            continue
        if section == Section.METRICS.value:
            shown, detail = metrics.get(key, (MISSING, ""))
        else:
            shown, detail = format_typed(cell.type, cell.value), ""
        found[Section(section)].append(_entry(key, shown, detail=detail))
    listing = partial(_listing, most_more=comparison.budgets.most_entries)
    listings = [
        listing("Parameters", found[Section.PARAMS]),
        listing("Metrics", found[Section.METRICS]),
        listing("Tags", found[Section.TAGS], same=same["tags"]),
        listing("Datasets", [_dataset(one) for one in comparison.datasets.get(run.run_id, ())]),
        listing("Environment", found[Section.ENVIRONMENT], same=same["environment"]),
        listing("Run", _identity(run)),
    ]
    return [one for one in listings if one.entries or one.same]


def _listing(
    title: str, entries: Sequence[Entry], *, most_more: int | None = None, same: int = 0
) -> Listing:
    most = MOST_ENTRIES if len(entries) > MOST_ENTRIES + 2 else len(entries)
    rest = entries[most:]
    beyond = max(len(rest) - most_more, 0) if most_more is not None else 0
    return Listing(
        title=title,
        count=format_count(len(entries) + same),
        same=f"{counted(same, 'entry')} as in" if same else "",
        entries=tuple(entries[:most]),
        more=tuple(rest[: len(rest) - beyond]),
        left_out=beyond,
    )


def _entry(key: str, shown: str, *, detail: str = "") -> Entry:
    is_long = len(shown) > LONGEST
    return Entry(
        key=show_key(key),
        shown=f"{shown[:LONGEST]}… ({len(shown):,} characters)" if is_long else shown,
        title="",
        detail=detail,
    )


def _dataset(dataset: Dataset) -> Entry:
    rows = "" if dataset.rows is None else counted(dataset.rows, "row")
    name = show_text(dataset.name)
    return Entry(
        key=show_key(dataset.context or dataset.name),
        shown=show_text(dataset.digest) or name,
        title=" ".join(part for part in (name, show_text(dataset.source)) if part),
        detail=rows,
    )


def _identity(run: Run) -> list[Entry]:
    pairs = (
        ("id", run.run_id),
        ("name", run.name if len(run.name) > LONGEST_NAME else ""),
        ("experiment", run.experiment),
        ("user", run.user),
        ("parent", run.parent_run_id),
        ("state", run.state),
        ("source", run.source),
        ("location", run.location),
    )
    return [_entry(key, show_text(value)) for key, value in pairs if value]


def _listed(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return the files that stand here: the first ones, and every one with a preview."""
    return [
        artifact
        for place, artifact in enumerate(artifacts)
        if place < MOST_PREVIEWS or artifact.content is not None
    ]


def _previews(artifacts: Sequence[Artifact]) -> tuple[Preview, ...]:
    previews = [build_preview(artifact) for artifact in _listed(artifacts)]
    return tuple(sorted(previews, key=lambda one: ("image", "table", "text", "").index(one.kind)))


def _artifacts_summary(artifacts: Sequence[Artifact]) -> str:
    sizes = [artifact.size for artifact in artifacts if artifact.size is not None]
    total = f", {format_bytes(sum(sizes))}" if sizes else ""
    return f"{counted(len(artifacts), 'file')}{total}" if artifacts else ""
