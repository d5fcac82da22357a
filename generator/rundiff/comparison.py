"""The comparison: runs side by side as pure values, the only thing that outputs are drawn from.

``Comparison.relation`` is the whole comparison relation, one row per (section, key, run) over *all*
selected runs; ``sections`` holds the same cells as values for the runs that stand as columns
(``compared``: baseline first), because a page of 1,000 runs has 1,000 rows in the runs table but no
1,000 columns. Nothing here knows SQL or HTML.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from rundiff.budgets import DEFAULT_BUDGETS, Budgets
from rundiff.frozen import dataclass
from rundiff.judgement import NOTHING_JUDGED, Direction, Judgement, VerdictKind
from rundiff.records.run import is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from rundiff.judgement import Band, BuildContext, Verdict

__all__ = [
    "RELATION_COLUMNS",
    "Artifact",
    "Cell",
    "Comparison",
    "Dataset",
    "Direction",
    "Listing",
    "MetricMeaning",
    "Problem",
    "Row",
    "Run",
    "Section",
    "Selection",
    "Series",
    "SourceRead",
    "Unread",
    "VerdictKind",
]


class Section(StrEnum):
    """The parts of a run that are compared, in the order of the page."""

    PARAMS = "params"
    METRICS = "metrics"
    TAGS = "tags"
    DATASETS = "datasets"
    ARTIFACTS = "artifacts"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the selection. Times are microseconds since the epoch, UTC."""

    run_id: str
    name: str  # as recorded; the id where none was
    full_name: str  # the name; with a piece of the id where another run has the same one
    # shortest text that tells the run apart from the other compared runs, middle elided with "…"
    label: str
    experiment: str
    status: str
    state: str
    position: int  # place in the selection, from 0
    color: int | None  # place among the compared runs: 0 is the baseline; None when not compared
    start_time: int | None
    end_time: int | None
    user: str
    parent_run_id: str
    note: str
    source: str
    location: str

    @property
    def is_whole(self) -> bool:
        """Whether it came to its end: what was measured there can be set against others."""
        return is_whole(self.status, self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of one run.

    A missing value is a Cell with ``is_present`` False, type and value "".
    """

    type: str
    value: str
    number: float | None
    is_present: bool
    differs: bool  # from the baseline's cell
    delta: float | None
    relative_change: float | None
    is_best: bool
    is_worst: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricMeaning:
    """What is known of a metric.

    ``direction_origin``: gate, option, record, source, name (a guess), or "".
    """

    direction: Direction
    direction_origin: str
    unit: str
    tolerance: str  # "0.005", "1%" or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One key of a section; ``cells`` stand in the order of ``Comparison.compared``."""

    section: Section
    key: str
    cells: tuple[Cell, ...]
    differs: bool  # over the compared runs
    is_numeric_text: bool  # the texts of this row were compared as numbers
    meaning: MetricMeaning | None = None  # metrics only


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric of one run: columns of equal length, ordered by (step, time, seq).

    Times are microseconds since the epoch; -1 where none was recorded.
    """

    run_id: str
    key: str
    steps: Sequence[float]
    times: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Histories of one metric that were not read, of runs that are no columns."""

    curves: int
    points: int
    is_counted: bool  # False where a source does not say how many points it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be read (severity error) or is worth knowing (notice)."""

    location: str
    line: int | None
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset that a run read; ``extra`` is a JSON object of what has no column."""

    name: str
    digest: str
    context: str
    source: str
    rows: int | None
    schema: str
    extra: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that a run wrote.

    ``content`` is there only for previews (small files of compared runs); ``is_unread`` where one
    could be shown but was too large to be read.
    """

    path: str
    size: int | None
    sha256: str
    media_type: str
    content: bytes | None
    is_unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """One source that was read, for "About this report" and `rundiff list`."""

    kind: str
    title: str
    version: str
    location: str
    runs: int
    metrics: int  # of all its runs: a name counts once for each run that has it
    points: int | None
    problems: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What `rundiff list` prints: the sources as they were read, and the runs asked for."""

    sources: tuple[SourceRead, ...]
    runs: tuple[Run, ...]
    left_out: tuple[str, ...]  # sentences about what the selection left out
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How the runs were chosen, in words of the command line.

    ``found`` counts all runs read, before the choice.
    """

    found: int
    where: str
    experiments: tuple[str, ...]
    names: tuple[str, ...]
    order_by: tuple[str, ...]
    limit: int | None
    left_out: tuple[str, ...]  # sentences: deleted runs, runs beyond the columns, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Baseline and candidates side by side, with all that a report says about them."""

    title: str
    runs: tuple[Run, ...]  # the selection, in its order
    compared: tuple[Run, ...]  # columns; the baseline first
    sections: Mapping[Section, tuple[Row, ...]]
    series: Mapping[
        str, tuple[Series, ...]
    ]  # metric key → series of the compared runs with history
    datasets: Mapping[str, tuple[Dataset, ...]]  # run id → …, compared runs
    artifacts: Mapping[str, tuple[Artifact, ...]]  # run id → …, compared runs
    problems: tuple[Problem, ...]
    sources: tuple[SourceRead, ...]
    selection: Selection
    relation: pa.Table  # see RELATION_COLUMNS; its texts are dictionary-encoded
    command: str
    # What is concluded from all that; `stats` and `gates` fill it in once the rest is built.
    # Verdicts by (metric key, run id).
    verdicts: Mapping[tuple[str, str], Verdict] = field(default_factory=dict)
    judgement: Judgement = NOTHING_JUDGED
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)  # metric → its replicates
    build: BuildContext | None = None  # the CI build that made this, where there was one
    # The histories of runs that are no columns: those that were read, best run first, and how many
    # were not. Metric key → ….
    others: Mapping[str, tuple[Series, ...]] = field(default_factory=dict)
    unread: Mapping[str, Unread] = field(default_factory=dict)
    budgets: Budgets = DEFAULT_BUDGETS  # what a page of it may hold

    @property
    def baseline(self) -> Run:
        """The reference run."""
        return self.compared[0]


RELATION_COLUMNS = (
    *("section", "key", "run_id", "run_name", "position", "role", "type", "value", "number"),
    *("is_present", "differs", "delta", "relative_change", "is_best", "is_worst"),
    *("direction", "unit"),
)
