"""What a source is: how a format says "this is mine" and hands over the canonical tables.

Reading has two phases, because selection needs summaries only and histories are most of the bytes:
``read`` returns every run with params, tags, latest metrics, …; the batch it returns then loads
metric points, and artifact bytes, for the runs that were selected.

Discovery walks a given path once. At each folder every format is asked which of the entries it
claims (``Format.find``). A claim names what it consumed, so that two formats do not read the same
file twice; the order in ``registry.FORMATS`` decides who is asked first. Nothing is ever opened by
a path built from a record: all bytes come through ``Tree``, which follows no link out of the given
path.

What a reader owes: a ``metric_summary`` row for every metric of every run (histories are loaded
for the compared runs only), and the id that ``TableBuilder.add_run`` returns for all further rows
of that run, because it differs from the recorded id where two runs carry the same one.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from rundiff.frozen import dataclass
from rundiff.records.tables import Tables, empty_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pyarrow as pa

    from rundiff.records.ordered_series import OrderedSeries
    from rundiff.sources.tree import Folder, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the user asked of reading.

    ``columns`` maps columns of a foreign table to canonical ones ("lr" → "params.lr"). ``asked``
    holds what the selection asks about, as (table, key), all datasets as ("dataset", ""); a source
    may leave all other rows out until ``Batch.load_rest`` is called. None: nothing is left out.
    """

    include_deleted: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[tuple[str, str]] | None = None


class Claim(NamedTuple):
    """A place that a format recognised.

    ``path`` (relative to the tree) is what it reads; the walk skips ``consumed`` entries.
    """

    path: str
    kind: str
    consumed: frozenset[str] = (
        frozenset()
    )  # names in the folder asked about; further formats are not offered these
    is_whole_folder: bool = False  # the folder and all below it is consumed
    version: str = ""


def no_points(run_ids: Sequence[str]) -> pa.Table:  # noqa: ARG001
    """Return an empty ``metric_point`` table, for sources without histories."""
    return empty_table("metric_point")


def no_count() -> int | None:
    """Return None: how many points there are is not known before they are loaded."""
    return None


def no_artifact(run_id: str, path: str, limit: int) -> bytes | None:  # noqa: ARG001
    """Return None: the source has no artifact contents."""
    return None


class LeftOut(NamedTuple):
    """How many metrics there are that the tables leave out, and points (None: not known)."""

    metrics: int = 0
    points: int | None = 0


NOTHING_LEFT_OUT = LeftOut()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one claim gave. ``tables`` holds everything but metric points."""

    tables: Tables
    kind: str
    location: str
    version: str = ""
    load_points: Callable[[Sequence[str]], pa.Table] = (
        no_points  # ids of selected runs → metric_point table
    )
    # The same as series where they lie in order already, and a table of the rest; None: a table.
    load_series: Callable[[Sequence[str]], tuple[list[OrderedSeries], pa.Table]] | None = None
    # How many points a source has that did not count them while reading; for `rundiff list`.
    count_points: Callable[[], int | None] = no_count
    load_artifact: Callable[[str, str, int], bytes | None] = (
        no_artifact  # run id, path, limit in bytes → its bytes
    )
    load_problems: Callable[[], Iterable[tuple[str, int | None, str, str]]] = (
        tuple  # met while loading points
    )
    # Where ``ReadOptions.asked`` left rows out: ids of selected runs → a batch with all of theirs.
    load_rest: Callable[[Sequence[str]], Batch] | None = None
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format that runs are read from; one line in ``registry.FORMATS``."""

    kind: str  # e.g. "mlflow-files": shown by `rundiff sources`, stored in run.source
    title: str  # e.g. "MLflow file store"
    recognised_by: str  # one line for people: what is looked for
    find: Callable[[Tree, Folder], Iterable[Claim]]
    read: Callable[[Tree, Claim, ReadOptions], Batch]
    # All claims of one tree at once, for formats of many small files: one batch, not one a file
    # (1,000 batches of ten Arrow tables cost more than reading 1,000 files).
    read_many: Callable[[Tree, Sequence[Claim], ReadOptions], Batch] | None = None
    # What its runs say of runs that others found in the same tree, e.g. a Hydra job's config.
    join: Callable[[Sequence[Batch]], list[Batch]] | None = None
    # Sources that are no path: "postgresql://…", "sqlite:///…", "dvc:PATH@REV".
    opens_uri: Callable[[str], bool] | None = None
    read_uri: Callable[[str, ReadOptions], Batch] | None = None
