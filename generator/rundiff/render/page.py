"""The whole page as one value: every part's view, in the order of the page."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from rundiff import __version__
from rundiff.charts.payload import build_payload
from rundiff.charts.section import Charts, build_charts
from rundiff.format import show_text
from rundiff.frozen import dataclass
from rundiff.render.island import render_island
from rundiff.selected import load_selected
from rundiff.views.about import About, build_about
from rundiff.views.changes import Changes, build_changes
from rundiff.views.details import Details, build_details
from rundiff.views.gates import Gates, build_gates
from rundiff.views.kept import Kept, keep_within
from rundiff.views.manifest import build_manifest
from rundiff.views.marks import RunMark, build_marks
from rundiff.views.overview import Overview, build_overview
from rundiff.views.runs import Runs, build_runs
from rundiff.views.tables import Table, build_tables
from rundiff.views.trends import Trends, build_trends

if TYPE_CHECKING:
    from rundiff.charts.curves import Curves
    from rundiff.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One entry of the rail; ``count`` is how many rows differ, "" where that means nothing."""

    section: str
    title: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What ``report.html.jinja`` gets."""

    title: str
    version: str
    marks: tuple[RunMark, ...]
    links: tuple[Link, ...]
    overview: Overview
    gates: Gates | None
    changes: Changes | None
    trends: Trends | None
    runs: Runs
    tables: tuple[Table, ...]
    charts: Charts | None
    details: Details
    about: About
    island: str
    digest: str  # of the island: two prints with one digest show the same data


class Composed(NamedTuple):
    """A page and what it was made of, for finding out what it weighs."""

    page: Page
    kept: Kept
    curves: Curves | None
    payload_size: int  # bytes of the curves in the island

    @property
    def preview_sizes(self) -> list[int]:
        """Bytes of each file that has a preview."""
        return [
            len(artifact.content)
            for artifacts in self.kept.comparison.artifacts.values()
            for artifact in artifacts
            if artifact.content is not None
        ]


def compose_page(comparison: Comparison) -> Composed:
    """Return the page of a comparison and its weights."""
    selected = load_selected(comparison)
    kept = keep_within(comparison, selected)
    tables = build_tables(kept.tabled, kept.left_rows)
    drawn = build_charts(kept.comparison, kept.selected)
    positions = {run.run_id: place for place, run in enumerate(comparison.runs)}
    payload = build_payload(drawn.curves, positions) if drawn else None
    details = build_details(kept.comparison, kept.selected)
    manifest = build_manifest(comparison, kept, charts=drawn, tables=tables, details=details)
    island = render_island(kept, payload, drawn)
    links = [Link(section="overview", title="Overview", count="")]
    links.append(Link(section="runs", title="Runs", count=""))
    links += [
        Link(
            section=table.section,
            title=table.title,
            count=str(len(table.differing)) if table.is_compared else "",
        )
        for table in tables
    ]
    if drawn is not None:
        links.append(Link(section="charts", title="Charts", count=""))
    links.append(Link(section="details", title="Run details", count=""))
    links.append(Link(section="about", title="About this report", count=""))
    page = Page(
        title=show_text(comparison.title) or "Runs",
        version=__version__,
        marks=build_marks(comparison),
        links=tuple(links),
        overview=build_overview(kept.spoken),
        gates=build_gates(comparison),
        changes=build_changes(comparison),
        trends=build_trends(comparison),
        runs=build_runs(kept.comparison, kept.selected),
        tables=tables,
        charts=drawn.section if drawn else None,
        details=details,
        about=build_about(comparison, manifest),
        island=island,
        digest=sha256(island.encode()).hexdigest()[:16],
    )
    size = 0 if payload is None else len(payload["data"]) + len(payload["items"])
    return Composed(page, kept, drawn.curves if drawn else None, size)
