"""dvclive folders: one TSV a metric, ``metrics.json`` with the last values, ``params.yaml``.

Since 1.0 the series are ``plots/metrics/<key>.tsv``; before, they lay in the folder itself, as
``<key>.tsv`` with a timestamp, beside ``dvclive.json``. The key is the path, never the column name:
a metric may be called ``step`` (the file then has two columns of that name, or one).
A folder that the ``dvc.yaml`` above it names is part of that workspace's run, which the ``dvc``
format reads; it is passed over here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import add_folder_run, reader_of_many, reader_of_one
from rundiff.sources.csv_text import CsvText, cell_number, is_missing
from rundiff.sources.documents import entries_of, json_object, yaml_object
from rundiff.sources.history import Number, number_of
from rundiff.sources.metric_rows import load_csv, peek_header
from rundiff.sources.text import clean_text
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "dvclive"
SERIES = "plots/metrics"
METRICS, PARAMS, OLD = "metrics.json", "params.yaml", "dvclive.json"
_PART = "part of a DVC workspace"
_REPORTS = frozenset({"report.html", "report.md"})
_STEP = ("step", "timestamp")


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim a folder with ``plots/metrics``, and one of the old layout."""
    names = set(folder.files)
    if "plots" in folder.folders and not names.isdisjoint((METRICS, PARAMS)):
        inner = entries_of(tree, folder.join("plots"))
        if inner is not None and "metrics" in inner.folders:
            own = names & {METRICS, PARAMS, "dvc.yaml", *_REPORTS}
            kind = _PART if _is_part(tree, folder) else KIND
            yield Claim(path=folder.path, kind=kind, consumed=frozenset(own | {"plots"}))
            return
    if folder.path.rpartition("/")[2] == KIND and METRICS in names:
        kind = _PART if _is_part(tree, folder) else KIND
        yield Claim(path=folder.path, kind=kind, consumed=frozenset(names & {METRICS, PARAMS}))
        return
    series = {name for name in names if name.endswith(".tsv")
              and _is_old(peek_header(tree, folder.join(name)))}  # fmt: skip
    if series:
        own = names & {OLD, METRICS, PARAMS}
        yield Claim(
            path=folder.path, kind=KIND, consumed=frozenset(series | own), version="before 1.0"
        )


def _is_part(tree: Tree, folder: Folder) -> bool:
    parent, _, name = folder.path.rpartition("/")
    if not name:
        return False
    declared = tree.read_head(f"{parent}/dvc.yaml".lstrip("/"), 65_536)
    return f"{name}/".encode("utf-8", "surrogateescape") in declared


def _is_old(header: tuple[str, ...]) -> bool:
    return header[:2] in (("timestamp", "step"), ("timestamp", "step~2")) and len(header) <= 3


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    if claim.kind == _PART:
        return
    base = f"{claim.path}/" if claim.path else ""
    run_id = add_folder_run(collector, tree, claim.path)
    collector.met_version(claim.version)
    for key, path in _series_files(tree, claim, base):
        try:
            _add_series(collector, tree, run_id, key, path)
        except RecordError as error:
            collector.error(error, tree.show(path))
    if PARAMS in claim.consumed:
        collector.add_values("param", run_id, yaml_object(collector, tree, base + PARAMS))
    for name in (METRICS, OLD):
        if name in claim.consumed:
            _add_last(collector, run_id, json_object(collector, tree, base + name))
    for name in sorted(claim.consumed & _REPORTS):
        collector.add_artifact(run_id, name, tree, base + name)
    if "plots" in claim.consumed:
        for inner in tree.walk(f"{base}plots"):
            for file in inner.files:
                path = inner.join(file)
                if not path.startswith(f"{base}{SERIES}/"):
                    collector.add_artifact(run_id, path.removeprefix(base), tree, path)


def _series_files(tree: Tree, claim: Claim, base: str) -> Iterator[tuple[str, str]]:
    if "plots" not in claim.consumed:
        for name in sorted(claim.consumed):
            if name.endswith(".tsv"):
                yield name.removesuffix(".tsv"), base + name
        return
    root = f"{base}{SERIES}"
    for folder in tree.walk(root):
        for name in folder.files:
            if name.endswith(".tsv"):
                path = folder.join(name)
                yield path.removeprefix(f"{root}/").removesuffix(".tsv"), path


def _add_series(collector: Collector, tree: Tree, run_id: str, key: str, path: str) -> None:
    table = load_csv(tree, path, delimiter="\t")
    where = tree.show(path)
    if not table.header:
        collector.notice(where, "empty file: nothing was logged")
        return
    step_at, value_at = _places(table)
    time_at = table.header.index("timestamp") if "timestamp" in table.header else None
    series = collector.history.series(run_id, clean_text(key))
    for index, (line, cells) in enumerate(table.rows()):
        step = None if step_at is None else cell_number(cells[step_at])
        value = cell_number(cells[value_at])
        if value is None:
            if not is_missing(cells[value_at]):
                collector.leave_out(where, "cells that are no numbers", cells[value_at], line=line)
            continue
        time = None if time_at is None else micros_of_any(cell_number(cells[time_at]))
        series.add(float(index) if step is None else step, Number(value), time)
    collector.add_problems(where, table.problems)


def _places(table: CsvText) -> tuple[int | None, int]:
    """Return the places of step and value; a metric may itself be called ``step``."""
    others = [place for place, name in enumerate(table.header) if name not in _STEP]
    step = table.header.index("step") if "step" in table.header else None
    value = others[-1] if others else len(table.header) - 1
    return step, value


def _add_last(collector: Collector, run_id: str, values: dict[str, object]) -> None:
    """Add what ``metrics.json`` knows and no series does; its ``step`` is where the run stood."""
    have = collector.history.of_run(run_id)
    tags: dict[str, object] = {}
    for key, raw in _joined(values, ""):
        number = number_of(raw)
        is_known = key in have or key in collector.summary_keys(run_id)
        if key == "step" or (number is None and not is_known):
            tags[f"dvclive.{key}"] = raw
        elif number is not None and not is_known:
            collector.add_summary(run_id, key, number)
    collector.add_values("tag", run_id, tags)


def _joined(values: dict[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, child in values.items():
        if isinstance(child, dict) and child:
            yield from _joined(child, f"{prefix}{name}/")
        else:
            yield prefix + name, child


FORMAT = Format(
    kind=KIND,
    title="dvclive",
    recognised_by="plots/metrics/ beside metrics.json, or *.tsv with timestamp and step",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
