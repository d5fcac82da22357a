"""Copies runs of any source into a native store, so that their history outlives the tracker.

A run keeps its id; its folder is named by it where that is safe for a folder. Importing again adds
only what is new: an unchanged run is left alone, one that has gone on since is written anew, and a
folder that holds anything else than an earlier import (a run that was logged there, with its
journal, or another run of that id) is never touched. What a run was
read from is kept as ``imported.source`` in its environment.

Times are kept to the millisecond, as the store has them. Nested params stay taken apart.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rundiff.assembly.reading import read_chosen
from rundiff.comparison import Problem
from rundiff.errors import OutputError, RecordError
from rundiff.frozen import dataclass
from rundiff.records.metrics_parquet import encode_metrics
from rundiff.records.run import (
    NO_TIME,
    Artifact,
    Dataset,
    MetricDefinition,
    Points,
    RunRecord,
    RunState,
    SegmentDigest,
    Summary,
)
from rundiff.records.run_json import encode_run
from rundiff.records.seal import METRICS, write_atomically
from rundiff.records.strict_json import parse_json
from rundiff.records.summaries import build_summaries
from rundiff.records.values import parse_nested
from rundiff.sources.discover import ProblemRow
from rundiff.tracking.place import experiment_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rundiff.records.tables import Tables
    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions
    from rundiff.sources.merge import MergedRuns

RECORD = "run.json"
MAX_ARTIFACT_BYTES = 256 << 20
_AT_ONCE = 50  # runs whose histories are in memory together


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: ids of runs that were new, had gone on, and were as before."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    problems: tuple[Problem, ...]


def import_runs(
    sources: Sequence[str],
    store: Path,
    *,
    reading: ReadOptions,
    selection: SelectionOptions,
    say: Callable[[str], None],
) -> Imported:
    """Copy the chosen runs of some sources into a store, which is made if there is none."""
    merged, opened, found = read_chosen(sources, reading, selection)
    opened.close()
    chosen = [str(run["run_id"]) for run in found.runs]
    problems = list(merged.problems)
    rows = _Rows(merged.tables, frozenset(chosen))
    done: dict[str, list[str]] = {"added": [], "updated": [], "unchanged": []}
    for start in range(0, len(chosen), _AT_ONCE):
        say(f"importing run {start + 1} of {len(chosen)}")
        some = chosen[start : start + _AT_ONCE]
        points, met = _points_of(merged, some)
        problems.extend(met)
        for run_id in some:
            record = rows.record(run_id, points.get(run_id, Points()))
            folder = store / experiment_folder(record.experiment) / experiment_folder(run_id)
            try:
                outcome = _write(folder, record)
                if outcome != "unchanged":
                    _copy_artifacts(merged, record, folder, problems)
            except RecordError as error:
                problems.append(ProblemRow(error.location, None, "error", error.message))
                continue
            except OSError as error:
                raise OutputError(f"cannot write {str(folder)!r}: {error.strerror}") from error
            done[outcome].append(run_id)
    return Imported(
        added=tuple(done["added"]),
        updated=tuple(done["updated"]),
        unchanged=tuple(done["unchanged"]),
        problems=tuple(Problem(**row._asdict()) for row in dict.fromkeys(problems)),
    )


def _write(folder: Path, record: RunRecord) -> str:
    """Write a run's records and return what that was: added, updated or unchanged."""
    location = f"{folder.parent.name}/{folder.name}"
    target = folder / RECORD
    before = target.read_bytes() if target.exists() else None
    if before is None and folder.exists() and any(folder.iterdir()):
        raise RecordError("is a folder with other contents; not imported", location=location)
    if before is not None and (list(folder.glob("*.jsonl")) or not _is_same(before, record)):
        raise RecordError(
            "is a run that was not imported from there; left alone", location=location
        )
    metrics = encode_metrics(record.points) if len(record.points) else b""
    if metrics:
        digest = SegmentDigest(METRICS, len(metrics), hashlib.sha256(metrics).hexdigest())
        record = replace(record, metrics=digest)
    data = encode_run(record)
    if data == before and (not metrics or _holds(folder / METRICS, metrics)):
        return "unchanged"
    folder.mkdir(parents=True, exist_ok=True)
    if metrics:
        write_atomically(folder / METRICS, metrics)
    write_atomically(target, data)
    return "added" if before is None else "updated"


def _holds(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data


def _is_same(data: bytes, record: RunRecord) -> bool:
    """Tell whether a run.json is an earlier import of a run: from the same kind, with its start."""
    try:
        found = parse_json(data).value
    except RecordError:
        return False
    document = found if isinstance(found, dict) else {}
    own, info = document.get("rundiff"), document.get("info")
    return (
        isinstance(own, dict)
        and isinstance(info, dict)
        and own.get("nonce") == record.nonce
        and info.get("start_time") == record.start_time
    )


def _copy_artifacts(
    merged: MergedRuns, record: RunRecord, folder: Path, problems: list[ProblemRow]
) -> None:
    """Copy the artifacts that the source can hand out; what is too large stays a mere entry."""
    for artifact in record.artifacts:
        parts = artifact.path.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            continue
        if artifact.size is not None and artifact.size > MAX_ARTIFACT_BYTES:
            message = f"{artifact.path!r} is larger than {MAX_ARTIFACT_BYTES:,} bytes; not copied"
            problems.append(ProblemRow(record.run_id, None, "notice", message))
            continue
        data = merged.load_artifact(record.run_id, artifact.path, MAX_ARTIFACT_BYTES)
        if data is not None:
            target = folder.joinpath("artifacts", *parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, data)


class _Rows:
    """The canonical rows of the chosen runs, by table and run."""

    def __init__(self, tables: Tables, run_ids: frozenset[str]) -> None:
        self._rows: dict[str, dict[str, list[dict[str, object]]]] = {}
        for name in tables:
            if name in ("problem", "metric_point"):
                continue
            found: dict[str, list[dict[str, object]]] = defaultdict(list)
            for row in tables[name].to_pylist():
                if row["run_id"] in run_ids:
                    found[row["run_id"]].append(row)
            self._rows[name] = found

    def record(self, run_id: str, points: Points) -> RunRecord:
        """Return a run as a record."""
        (run,) = self._rows["run"][run_id]
        text = {key: str(value) if value is not None else "" for key, value in run.items()}
        summaries = build_summaries(points, {})
        for row in self._rows["metric_summary"][run_id]:
            summaries.setdefault(str(row["key"]), _summary(row))
        environment = self._values("environment", run_id)
        environment["imported.source"] = text["source"]
        tags = self._values("tag", run_id)
        origin = f"{text['source']}\0{run_id}"
        return RunRecord(
            run_id=run_id,
            nonce=f"import-{hashlib.sha256(origin.encode()).hexdigest()[:32]}",
            experiment=text["experiment"],
            name=text["name"],
            status=text["status"],
            state=RunState(text["state"] or "complete"),
            lifecycle_stage=text["lifecycle_stage"],
            start_time=_millis(run["start_time"]),
            end_time=_millis(run["end_time"]),
            user=text["user"],
            parent_run_id=text["parent_run_id"],
            note=text["note"],
            params=self._values("param", run_id),
            tags=tags,
            whole_tags=tuple(
                key
                for key, text in tags.items()
                if isinstance(text, str) and parse_nested(text) is not None
            ),
            points=points,
            summaries=summaries,
            definitions=dict(self._definitions(run_id)),
            datasets=tuple(map(_dataset, self._rows["dataset"][run_id])),
            artifacts=tuple(map(_artifact, self._rows["artifact"][run_id])),
            environment=environment,
        )

    def _values(self, table: str, run_id: str) -> dict[str, object]:
        return {
            str(row["key"]): raw_value(str(row["type"]), str(row["value"]))
            for row in self._rows[table][run_id]
        }

    def _definitions(self, run_id: str) -> Iterator[tuple[str, MetricDefinition]]:
        for row in self._rows["metric_definition"][run_id]:
            goal, unit, tolerance = (str(row[key] or "") for key in ("goal", "unit", "tolerance"))
            yield str(row["key"]), MetricDefinition(goal=goal, unit=unit, tolerance=tolerance)


def raw_value(kind: str, text: str) -> object:
    """Return the value that a typed cell stands for, as JSON can hold it."""
    if kind in ("null", "bool"):
        return {"true": True, "false": False}.get(text)
    if kind == "float":
        return float(text)
    if kind in ("int", "dict", "list"):
        try:
            found: object = json.loads(text)
        except ValueError:
            return text
        return found
    return text


def _points_of(
    merged: MergedRuns, run_ids: Sequence[str]
) -> tuple[dict[str, Points], tuple[ProblemRow, ...]]:
    """Return the points of some runs, in the order of the source."""
    table, problems = merged.load_points(run_ids)
    found: dict[str, Points] = defaultdict(Points)
    columns = (
        table.column(name).to_pylist() for name in ("run_id", "key", "step", "time", "value")
    )
    for run_id, key, step, time, value in zip(*columns, strict=True):
        points = found[run_id]
        millis = NO_TIME if time is None else time // 1_000
        points.append(points.code(key), 0.0 if step is None else step, millis, value)
    return found, problems


def _summary(row: Mapping[str, object]) -> Summary:
    last, points, exact = row["last"], row["points"], row["exact"]
    return Summary(
        last=float(last) if isinstance(last, int | float) else float("nan"),
        last_step=_double(row["last_step"]),
        low=_double(row["min"]),
        high=_double(row["max"]),
        points=0 if points is None else int(str(points)),
        exact=None if exact is None else str(exact),
    )


def _dataset(row: Mapping[str, object]) -> Dataset:
    extra = json.loads(str(row["extra"])) if row["extra"] else {}
    rows = row["rows"]
    return Dataset(
        name=str(row["name"] or ""),
        digest=str(row["digest"] or ""),
        context=str(row["context"] or ""),
        source=str(row["source"] or ""),
        rows=rows if isinstance(rows, int) else None,
        schema=str(row["schema"] or ""),
        extra=extra if isinstance(extra, dict) else {"extra": extra},
    )


def _artifact(row: Mapping[str, object]) -> Artifact:
    size = row["size"]
    return Artifact(
        path=str(row["path"]),
        size=size if isinstance(size, int) else None,
        sha256=str(row["sha256"] or ""),
        media_type=str(row["media_type"] or ""),
    )


def _double(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _millis(micros: object) -> int | None:
    return micros // 1_000 if isinstance(micros, int) else None
