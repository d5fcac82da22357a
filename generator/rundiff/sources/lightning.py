"""PyTorch Lightning's CSVLogger: ``metrics.csv`` beside ``hparams.yaml`` in ``version_N``.

The layout of 2020 (test-tube: ``meta_tags.csv``, ``created_at``, no step) is read too.
``hparams.yaml`` is often ``{}``, and often full of ``!!python/object`` tags: those become text,
nothing is constructed. Event files in the same folder are the same run logged twice; they add what
the CSV lacks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import name_of, place_of, reader_of_many, reader_of_one
from rundiff.sources.foreign_json import as_dict, load_json, text_or_none
from rundiff.sources.metric_rows import add_metric_rows, load_csv, peek_header
from rundiff.sources.tensorboard import (
    add_events,
    is_event_file,
    load_event_files,
    load_hparams_yaml,
)
from rundiff.sources.times import micros_of_iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "lightning"
METRICS, PARAMS, TAGS, EXPERIMENT = (
    "metrics.csv",
    "hparams.yaml",
    "meta_tags.csv",
    "meta.experiment",
)
_VERSION = re.compile(r"version_\d+\Z")
_BESIDE = (PARAMS, TAGS, EXPERIMENT)


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim the files of a ``version_N`` folder, or a ``metrics.csv`` like Lightning's."""
    names = set(folder.files)
    is_version = _VERSION.match(folder.path.rpartition("/")[2] or tree.label) is not None
    events = {name for name in names if is_event_file(name)}
    if METRICS in names:
        is_mine = is_version or not names.isdisjoint(_BESIDE)
        is_mine = is_mine or {"epoch", "step"} <= set(peek_header(tree, folder.join(METRICS)))
    else:
        is_mine = is_version and PARAMS in names and not events
    if is_mine:
        consumed = names & {METRICS, *_BESIDE} | events
        yield Claim(path=folder.path, kind=KIND, consumed=frozenset(consumed))


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    base = f"{claim.path}/" if claim.path else ""
    where = tree.show(claim.path)
    names = sorted(base + name for name in claim.consumed if is_event_file(name))
    events = load_event_files(collector, tree, names)
    started, ended = events.extent
    made = _load_experiment(collector, tree, base, claim)
    parent = claim.path.rpartition("/")[0]
    run_id = collector.add_run(
        place_of(tree, claim.path),
        where,
        name=name_of(tree, claim.path),
        experiment=parent.rpartition("/")[2] or None,
        note=text_or_none(made.get("description")),
        status=events.status,
        start_time=micros_of_iso(made.get("created_at")) or started,
        end_time=ended,
    )
    placed = {"description", "created_at"}
    collector.add_plain(
        "tag", run_id, {f"experiment.{key}": made[key] for key in made if key not in placed}
    )
    if METRICS in claim.consumed:
        _add_metrics(collector, tree, run_id, base + METRICS)
    params: dict[str, object] = {}
    if TAGS in claim.consumed:
        params |= _load_meta_tags(collector, tree, base + TAGS)
    if PARAMS in claim.consumed:
        params |= load_hparams_yaml(collector, tree, base + PARAMS)
    collector.add_values("param", run_id, params)
    add_events(collector, run_id, events, where)


def _add_metrics(collector: Collector, tree: Tree, run_id: str, path: str) -> None:
    try:
        table = load_csv(tree, path)
    except RecordError as error:
        collector.error(error, tree.show(path))
        return
    if not table.header:
        collector.notice(tree.show(path), "empty file: nothing was logged")
    add_metric_rows(
        collector, run_id, table, tree.show(path), steps=("step", "epoch"), times=("created_at",)
    )


def _load_meta_tags(collector: Collector, tree: Tree, path: str) -> dict[str, object]:
    try:
        table = load_csv(tree, path)
    except RecordError as error:
        collector.error(error, tree.show(path))
        return {}
    return {cells[0]: cells[1] for _, cells in table.rows() if len(cells) > 1}


def _load_experiment(
    collector: Collector, tree: Tree, base: str, claim: Claim
) -> dict[str, object]:
    if EXPERIMENT not in claim.consumed:
        return {}
    try:
        return as_dict(load_json(tree, base + EXPERIMENT).value)
    except RecordError as error:
        collector.error(error, tree.show(base + EXPERIMENT))
        return {}


FORMAT = Format(
    kind=KIND,
    title="Lightning CSVLogger",
    recognised_by="metrics.csv beside hparams.yaml, or in version_*",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
