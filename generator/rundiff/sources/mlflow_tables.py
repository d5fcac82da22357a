"""The tables of MLflow's database, read into canonical rows.

Every cell is checked, because sqlite does not enforce types: a value that is no number, a run
without an id, a param of a run that is not there are left out, counted, and said once a table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.records.arrays import column_of, text_column
from rundiff.sources.mlflow import FACT_TAGS
from rundiff.sources.mlflow_database import CheckedTables, cell_text
from rundiff.sources.mlflow_inputs import add_datasets
from rundiff.sources.mlflow_models import model_tags_of_runs
from rundiff.sources.mlflow_records import Experiment, MlflowRun
from rundiff.sources.mlflow_values import metric_value, metric_values
from rundiff.sources.sqlite import SqliteFile
from rundiff.sources.sqlite_columns import (
    as_integers,
    fetch_columns,
    fetch_doubles,
    has_affinities,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundiff.sources.mlflow import MlflowRows
    from rundiff.sources.mlflow_database import Database, Row

    AddArtifacts = Callable[[MlflowRows, str, str, str], None]


class TrackingTables:
    """One pass over a tracking database; ``run_ids`` maps recorded ids to those of the rows."""

    def __init__(
        self, database: Database, out: MlflowRows, add_artifacts: AddArtifacts | None = None
    ) -> None:
        self.out = out
        self.run_ids: dict[str, str] = {}
        self._database = database
        self._tables = CheckedTables(database, out)
        self._location = database.location
        self._add_artifacts = add_artifacts
        self._unwanted: set[str] = set()
        self._odd: Counter[str] = Counter()
        self._tag_columns: list[pa.Array] | None = None

    def read(self) -> None:
        """Read everything but the points."""
        experiments = self._experiments()
        tags, models = self._tags(), model_tags_of_runs(self._tables)
        for row in sorted(self._runs(), key=_run_order):
            self._add_run(row, experiments, tags, models)
        if self._tag_columns is not None:
            self._add_columns("tag", "tags", self._tag_columns)
        self._texts("param", "params")
        self._latest_metrics()
        if self._database.columns("inputs") and self._database.columns("datasets"):
            add_datasets(self._tables, self.out, self.run_ids, self._odd)
        for what, count in sorted(self._odd.items()):
            self.out.problem(self._location, f"{what}: {count:,}; left out")
        self.out.finish(self._location)

    def version(self) -> str:
        """Return the revision of the schema, as MLflow's migrations record it."""
        rows = self._tables.select("alembic_version", ("version_num",), is_needed=False)
        return f"schema {cell_text(rows[0][0])}" if rows else ""

    def _experiments(self) -> dict[str, Experiment]:
        tags: dict[str, dict[str, str]] = defaultdict(dict)
        for number, key, value in self._tables.select(
            "experiment_tags", ("experiment_id", "key", "value"), is_needed=False
        ):
            tags[cell_text(number)][cell_text(key)] = cell_text(value)
        rows = self._tables.select("experiments", ("experiment_id", "name", "lifecycle_stage"))
        return {
            cell_text(number): Experiment(
                name=cell_text(name),
                stage=cell_text(stage) or "active",
                tags=tags[cell_text(number)],
            )
            for number, name, stage in rows
        }

    def _runs(self) -> list[Row]:
        columns = (
            "run_uuid", "name", "status", "start_time", "end_time", "lifecycle_stage", "user_id",
            "experiment_id", "artifact_uri", "deleted_time", "source_type", "source_name",
            "source_version", "entry_point_name",
        )  # fmt: skip
        absent = [
            name for name in ("name", "start_time", "experiment_id", "lifecycle_stage")
            if name not in self._database.columns("runs")
        ]  # fmt: skip
        if absent:
            self.out.notice(self._location, f"table 'runs' has no column {', '.join(absent)}")
        return self._tables.select("runs", columns)

    def _add_run(
        self,
        row: Row,
        experiments: dict[str, Experiment],
        tags: dict[str, dict[str, str]],
        models: dict[str, dict[str, object]],
    ) -> None:
        run_id = cell_text(row[0])
        if not run_id:
            self._odd["runs without an id"] += 1
            return
        stage = cell_text(row[5]) or "active"
        known = experiments.get(cell_text(row[7]))
        experiment = known or Experiment(name=cell_text(row[7]))
        location = f"{self._location}#{run_id}"
        if known is None and row[7] is not None:
            self.out.notice(location, f"experiment {cell_text(row[7])!r} is not in the database")
        if not self.out.is_wanted(stage, experiment.stage):
            self._unwanted.add(run_id)
            return
        extra = {
            key: cell_text(row[place])
            for place, key in (
                (8, "mlflow.artifact_uri"), (9, "mlflow.deleted_time"),
                (10, "mlflow.source.type"), (11, "mlflow.source.name"),
                (12, "mlflow.source.version"), (13, "mlflow.entry_point"),
            )
            if row[place] not in (None, "", "UNKNOWN") and key not in tags.get(run_id, {})
        }  # fmt: skip
        unique = self.out.add_run(
            MlflowRun(
                run_id=run_id,
                experiment=experiment,
                location=location,
                name=cell_text(row[1]),
                status=row[2],
                start=row[3],
                end=row[4],
                stage=stage,
                user=cell_text(row[6]),
                tags=tags.pop(run_id, {}),
                extra_tags=extra | models.pop(run_id, {}),
                has_tags_elsewhere=self._tag_columns is not None,
            )
        )
        self.run_ids[run_id] = unique
        if self._add_artifacts is not None:
            self._add_artifacts(self.out, unique, run_id, cell_text(row[8]))

    def _tags(self) -> dict[str, dict[str, str]]:
        """Return tags by run: all, or the FACT_TAGS where the others follow as columns."""
        tags: dict[str, dict[str, str]] = defaultdict(dict)
        names = ("run_uuid", "key", "value")
        columns = self._columns("tags", names)
        if columns is None:
            rows = self._tables.select("tags", names)
        else:
            self._tag_columns = columns
            mask = pc.is_in(columns[1], value_set=text_column(sorted(FACT_TAGS)))
            rows = list(zip(*(each.filter(mask).to_pylist() for each in columns), strict=True))
        for run_id, key, value in rows:
            tags[cell_text(run_id)][cell_text(key)] = cell_text(value)
        return tags

    def _add_columns(self, table: str, name: str, columns: list[pa.Array]) -> None:
        codes, mask = self._codes(columns[0], name)
        keys, texts = (column.filter(mask) for column in columns[1:])
        self.out.add_text_columns(table, codes, keys, texts)

    def _texts(self, table: str, name: str) -> None:
        columns = self._columns(name, ("run_uuid", "key", "value"))
        if columns is not None:
            self._add_columns(table, name, columns)
            return
        known = self.run_ids
        for run_id, key, value in self._tables.select(name, ("run_uuid", "key", "value")):
            unique = known.get(run_id) if isinstance(run_id, str) else None
            if unique is None:
                self._count_orphan(run_id, name)
            elif key is None:
                self._odd[f"rows of table {name!r} without a key"] += 1
            else:
                self.out.add_texts(table, unique, [(cell_text(key), cell_text(value))])

    def _columns(self, table: str, names: tuple[str, ...]) -> list[pa.Array] | None:
        """Return whole columns of a sqlite table, None where it must be read row by row."""
        database = self._database
        if isinstance(database, SqliteFile) and has_affinities(database, table, names):
            return fetch_columns(database, f'"{table}" NOT INDEXED', names)
        return None

    def _codes(self, run_ids: pa.Array, table: str) -> tuple[pa.Array, pa.Array]:
        """Return the builder's codes of the rows whose run was read, and which rows those are."""
        builder = self.out.builder
        places = pc.index_in(run_ids, value_set=text_column(list(self.run_ids)))
        mask = pc.is_valid(places)
        if places.null_count:
            for run_id in run_ids.filter(pc.invert(mask)).to_pylist():
                self._count_orphan(run_id, table)
        codes = column_of([builder.index(each) for each in self.run_ids.values()], pa.int32())
        return codes.take(places.filter(mask)), mask

    def _latest_metrics(self) -> None:
        if not self._database.columns("latest_metrics"):
            self.out.notice(self._location, "there is no table 'latest_metrics'")
            self._add_latest(self._latest_of_points())
        elif not self._add_latest_columns():
            names = ("run_uuid", "key", "value", "step", "is_nan")
            self._add_latest(self._tables.select("latest_metrics", names))

    def _add_latest_columns(self) -> bool:
        """Add the latest metrics of a sqlite file as columns; False where that cannot be done."""
        columns = self._columns("latest_metrics", ("run_uuid", "key", "step", "is_nan"))
        if columns is None or not isinstance(self._database, SqliteFile):
            return False
        values = fetch_doubles(self._database, "value", '"latest_metrics" NOT INDEXED')
        steps, flags = as_integers(columns[2]), as_integers(columns[3])
        if values is None or steps is None or flags is None or len(values) != len(steps):
            return False
        codes, mask = self._codes(columns[0], "latest_metrics")
        lasts = metric_values(values, flags).filter(mask)
        found = {"key": columns[1].filter(mask), "last": lasts,
                 "last_step": steps.filter(mask).cast(pa.float64(), safe=False)}  # fmt: skip
        self.out.builder.add_columns("metric_summary", codes, found)
        return True

    def _add_latest(self, rows: list[Row]) -> None:
        for run_id, key, raw, step, is_nan in rows:
            unique = self.run_ids.get(run_id) if isinstance(run_id, str) else None
            value = metric_value(raw, is_nan)
            if unique is None:
                self._count_orphan(run_id, "latest_metrics")
            elif value is None or not isinstance(key, str):
                self._odd["rows of table 'latest_metrics' that are no metric"] += 1
            else:
                at = float(step) if isinstance(step, int | float) else None
                self.out.builder.add(
                    "metric_summary",
                    {"run_id": unique, "key": key, "last": value, "last_step": at},
                )

    def _latest_of_points(self) -> list[Row]:
        """Return the last point of every series, for schemas older than ``latest_metrics``."""
        names = ("run_uuid", "key", "value", "step", "is_nan", "timestamp")
        latest: dict[tuple[object, object], tuple[tuple[float, ...], Row]] = {}
        for row in self._tables.select("metrics", names):
            if not isinstance(row[2], int | float):
                self._odd["rows of table 'metrics' that are no metric"] += 1
                continue
            rank = tuple(
                float(cell) if isinstance(cell, int | float) else 0.0
                for cell in (row[3], row[5], row[2])
            )
            which = (row[0], row[1])
            found = latest.get(which)
            if found is None or rank >= found[0]:
                latest[which] = (rank, row[:5])
        return [row for _, row in latest.values()]

    def _count_orphan(self, run_id: object, table: str) -> None:
        if run_id not in self._unwanted:
            self._odd[f"rows of table {table!r} of runs that are not in the database"] += 1


def _run_order(row: Row) -> tuple[bool, float, str]:
    start = row[3]
    is_time = isinstance(start, int | float)
    return (not is_time, float(start) if isinstance(start, int | float) else 0.0, cell_text(row[0]))
