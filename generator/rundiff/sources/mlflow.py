"""What MLflow's backends have in common: how its records become canonical rows.

The file store, the database and the server say the same things in different spellings, and a report
must not show their differences as differences between runs. So they all fill in ``MlflowRun``
(``mlflow_records``) and hand it to ``MlflowRows``.

- Tags with a meaning (note, parent, git, user) fill their canonical columns *and* stay tags, so
  that the tags of a run are exactly those that MLflow shows. What has no canonical place becomes a
  tag too: experiment tags (``experiment.<key>``), registered model versions
  (``registered_model.<name>.<version>.<field>``), logged models (``logged_model.<name>.<field>``).
- A run's name is the one in the run's own record; the tag ``mlflow.runName`` only where it has
  none (stores before 1.30).
- The last value of a series is the one with the highest (step, time, value), as in MLflow.
"""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.records.arrays import column_of, mask_column, text_column
from rundiff.records.tables import TableBuilder
from rundiff.records.text_columns import nested_mask, text_columns
from rundiff.records.values import flatten
from rundiff.sources.mlflow_values import LATEST_MS, integer_of, status_of
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rundiff.records.tables import Tables
    from rundiff.sources.mlflow_records import MlflowDataset, MlflowRun

GIT_TAGS = {
    "mlflow.source.git.commit": "git.commit",
    "mlflow.source.git.branch": "git.branch",
    "mlflow.source.git.repoURL": "git.remote",
    "mlflow.source.git.dirty": "git.dirty",
    "mlflow.gitRepoURL": "git.remote",
    "mlflow.gitBranchName": "git.branch",
    "mlflow.source.name": "command",
}
FACT_TAGS = frozenset(GIT_TAGS) | {
    "mlflow.runName", "mlflow.user", "mlflow.parentRunId", "mlflow.note.content",
    "mlflow.source.type",
}  # fmt: skip


class MlflowRows:
    """The canonical rows of one MLflow store."""

    def __init__(self, kind: str, *, is_wanted_deleted: bool) -> None:
        self.kind = kind
        self.builder = TableBuilder()
        self.recorded_ids: dict[str, str] = {}
        self._is_wanted_deleted = is_wanted_deleted
        self._left_out = 0
        self._texts: dict[str, tuple[array[int], list[str], list[str]]] = {}

    def is_wanted(self, *stages: str) -> bool:
        """Tell whether a run is to be read, and count it where it is not."""
        if self._is_wanted_deleted or "deleted" not in stages:
            return True
        self._left_out += 1
        return False

    def add_run(self, run: MlflowRun) -> str:
        """Add a run with its tags and what follows from them; return its id for further rows."""
        status, notice = status_of(run.status)
        if notice:
            self.notice(run.location, notice)
        unique = self.builder.add_run(
            clean_text(run.run_id),
            experiment=clean_text(run.experiment.name),
            name=clean_text(run.name or run.tags.get("mlflow.runName", "")),
            status="" if status == "scheduled" else status,
            state="running" if run.state == "complete" and status == "running" else run.state,
            lifecycle_stage="deleted"
            if "deleted" in (run.stage, run.experiment.stage)
            else "active",
            start_time=self._time(run.start, run.location),
            end_time=self._time(run.end, run.location),
            user=clean_text(run.user or run.tags.get("mlflow.user", "")) or None,
            parent_run_id=clean_text(run.tags.get("mlflow.parentRunId", "")) or None,
            note=clean_text(run.tags.get("mlflow.note.content", "")) or None,
            source=self.kind,
            location=clean_text(run.location),
        )
        self.recorded_ids[unique] = run.run_id
        if not run.has_tags_elsewhere:
            self.add_texts("tag", unique, run.tags.items())
        extra = dict(run.extra_tags)
        extra.update((f"experiment.{key}", text) for key, text in run.experiment.tags.items())
        if status == "scheduled":
            extra["mlflow.status"] = "SCHEDULED"
        plain = {key: text for key, text in extra.items() if isinstance(text, str)}
        self.add_texts("tag", unique, plain.items())
        if len(plain) < len(extra):
            others = {key: value for key, value in extra.items() if key not in plain}
            self.add_nested("tag", unique, others)
        self._add_environment(unique, run.tags)
        for key, goal in run.experiment.goals.items():
            self.builder.add(
                "metric_definition",
                {"run_id": unique, "key": clean_text(key), "goal": goal, "origin": "source"},
            )
        return unique

    def add_texts(self, table: str, run_id: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Add params or tags, which MLflow stores as text."""
        codes, keys, texts = self._texts.setdefault(table, (array("i"), [], []))
        for key, text in pairs:
            keys.append(key)
            texts.append(text)
        codes.extend([self.builder.index(run_id)] * (len(keys) - len(codes)))

    def add_text_columns(
        self, table: str, codes: pa.Array, keys: pa.Array, texts: pa.Array
    ) -> None:
        """Add params or tags of many runs as columns; ``codes`` are those of ``builder.index``.

        Params that hold JSON or a literal are taken apart. Tags are not: MLflow's own hold long
        JSON histories that nobody compares leaf by leaf.
        """
        seen: set[tuple[int, str]] = set()
        if table == "param":
            mask = nested_mask(texts)
            if pc.any(mask).as_py():
                seen.update(self._add_nested_texts(codes, keys, texts, mask))
                flat = pc.invert(mask)
                codes, keys, texts = codes.filter(flat), keys.filter(flat), texts.filter(flat)
        rows = pa.table({"run": codes, "key": keys})
        if seen or rows.group_by(["run", "key"]).aggregate([]).num_rows < len(codes):
            kept = mask_column(self._first_of_each(codes, keys, seen))
            codes, keys, texts = codes.filter(kept), keys.filter(kept), texts.filter(kept)
        self.builder.add_columns(table, codes, {"key": keys, **text_columns(texts)})

    def _add_nested_texts(
        self, codes: pa.Array, keys: pa.Array, texts: pa.Array, mask: pa.Array
    ) -> Iterator[tuple[int, str]]:
        ids = self.builder.build_ids()
        found = (each.filter(mask).to_pylist() for each in (codes, keys, texts))
        for code, key, text in zip(*found, strict=True):
            leaves = list(flatten(key, text))
            self.builder.add_values("param", ids[code], leaves)
            yield from ((code, leaf) for leaf, _ in leaves)

    def _first_of_each(
        self, codes: pa.Array, keys: pa.Array, seen: set[tuple[int, str]]
    ) -> list[bool]:
        """Tell which rows are the first with their run and key, and say that others are not."""
        kept = []
        ids = self.builder.build_ids()
        for row in zip(codes.to_pylist(), keys.to_pylist(), strict=True):
            kept.append(row not in seen)
            if row in seen:
                self.notice(ids[row[0]], f"{row[1]!r} is recorded twice; the first one counts")
            seen.add(row)
        return kept

    def add_nested(self, table: str, run_id: str, values: Mapping[str, object]) -> None:
        """Add values of any type, leaf by leaf."""
        for key, value in values.items():
            leaves = flatten(clean_text(key), value)
            self.builder.add_values(table, run_id, leaves)

    def add_dataset(self, run_id: str, dataset: MlflowDataset) -> None:
        """Add a dataset that a run took as input."""
        profile = _json_object(dataset.profile)
        rows = profile.get("num_rows")
        extra: dict[str, object] = {}
        if dataset.source_type:
            extra["source_type"] = dataset.source_type
        if isinstance(rows, int) and not isinstance(rows, bool) and 0 <= rows < 1 << 63:
            profile.pop("num_rows")
        else:
            rows = None
        if profile:
            extra["profile"] = profile
        elif dataset.profile and rows is None:
            extra["profile"] = dataset.profile
        if dataset.tags:
            extra["tags"] = dict(dataset.tags)
        self.builder.add(
            "dataset",
            {
                "run_id": run_id,
                "name": clean_text(dataset.name),
                "digest": clean_text(dataset.digest),
                "context": clean_text(dataset.context),
                "source": clean_text(_dataset_place(dataset.source)),
                "rows": rows,
                "schema": clean_text(dataset.schema),
                "extra": clean_text(json.dumps(extra, ensure_ascii=False, sort_keys=True))
                if extra
                else None,
            },
        )

    def add_artifact(
        self, run_id: str, path: str, size: int | None, media_type: str | None
    ) -> None:
        """Add an output file."""
        self.builder.add(
            "artifact", {"run_id": run_id, "path": path, "size": size, "media_type": media_type}
        )

    def build(self) -> Tables:
        """Return the tables."""
        for table, (codes, keys, texts) in self._texts.items():
            self.add_text_columns(
                table, column_of(codes, pa.int32()), text_column(keys), text_column(texts)
            )
        self._texts.clear()
        return self.builder.build()

    def problem(self, location: str, message: str, *, line: int | None = None) -> None:
        """List something that could not be read."""
        self.builder.add_problem(clean_text(location), clean_text(message), line=line)

    def notice(self, location: str, message: str, *, line: int | None = None) -> None:
        """List something that was read but is worth knowing."""
        self.builder.add_problem(
            clean_text(location), clean_text(message), line=line, severity="notice"
        )

    def finish(self, location: str) -> None:
        """Say how many deleted runs were left out."""
        if self._left_out:
            count = self._left_out
            what = "1 deleted run is" if count == 1 else f"{count:,} deleted runs are"
            self.notice(location, f"{what} left out; deleted runs are read only on request")

    def _time(self, raw: object, location: str) -> int | None:
        """Return a time in ms as µs; 0 and null stand for no time, nonsense is said."""
        number = integer_of(raw)
        if number is not None and 0 < number < LATEST_MS:
            return number * 1_000
        if number != 0 and raw is not None and raw != "":
            self.notice(location, f"{clean_text(str(raw))[:40]!r} is no time in milliseconds")
        return None

    def _add_environment(self, run_id: str, tags: Mapping[str, str]) -> None:
        found = {GIT_TAGS[key]: text for key, text in tags.items() if key in GIT_TAGS and text}
        if found:
            self.add_texts("environment", run_id, sorted(found.items()))


def _json_object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _dataset_place(text: str) -> str:
    """Return the one address in a dataset's source, else its JSON as recorded."""
    value = _json_object(text)
    if len(value) == 1:
        only = next(iter(value.values()))
        if isinstance(only, str):
            return only
    return text
