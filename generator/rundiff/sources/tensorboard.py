"""TensorBoard log folders: one run a folder, as TensorBoard itself groups them.

All event files of a folder are one run, in the order of the times in their names (a restart writes
a further file). Points are kept in that order, repeated steps too. A folder that ``add_hparams``
made below a run (``hp/``, ``1582613043.91/``) is no training of its own: where a run has one, its
hyper-parameters and metrics join that run; where it has several, each is a run with that parent.
Lightning's ``hparams.yaml`` beside the event files gives params; the JSON that the Hugging Face
Trainer logs as text does too. Other texts are tags; images, histograms and the like are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.records.values import parse_nested
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import Collector, name_of, place_of
from rundiff.sources.events import Events, read_events
from rundiff.sources.foreign_json import as_dict
from rundiff.sources.text import clean_text
from rundiff.sources.tfrecord import TORN
from rundiff.sources.yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rundiff.sources.base import Batch, ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "tensorboard"
_TIME = re.compile(r"tfevents\.(\d{9,11})(?:\D|\Z)")
_PARAM_TEXTS = {"args": "", "model_config": "model_config."}


def is_event_file(name: str) -> bool:
    """Tell whether a file name is that of an event file."""
    return "tfevents" in name and not name.endswith((".profile-empty", ".lock", ".tmp"))


def find(_: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim the event files of a folder, and a Lightning ``hparams.yaml`` beside them."""
    names = [name for name in folder.files if is_event_file(name)]
    if names:
        beside = {"hparams.yaml"} & set(folder.files)
        yield Claim(path=folder.path, kind=KIND, consumed=frozenset(names) | beside)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The event files of one folder."""

    path: str
    events: Events
    params: dict[str, object]


def read_many(tree: Tree, claims: Sequence[Claim], _: ReadOptions) -> Batch:
    """Read the folders and join those of ``add_hparams`` with their runs."""
    collector = Collector(KIND)
    runs = [_load(collector, tree, claim) for claim in claims]
    by_path = {run.path: run for run in runs}
    below: dict[str, list[_Run]] = {}
    for run in runs:
        parent = _parent(run.path)
        if run.events.has_hparams and parent in by_path and run.path:
            below.setdefault(parent, []).append(run)
    joined = {id(group[0]) for group in below.values() if len(group) == 1}
    ids: dict[str | None, str] = {}
    for run in runs:
        if id(run) in joined:
            continue
        is_trial = any(run is sub for sub in below.get(_parent(run.path), []))
        above = ids.get(_parent(run.path) if is_trial else _writer_of(run))
        inner = [sub for sub in below.get(run.path, []) if id(sub) in joined]
        ids[run.path] = _add(collector, tree, run, inner, above)
    location = tree.show(claims[0].path) if len(claims) == 1 else tree.show("")
    return collector.batch(location)


def _writer_of(run: _Run) -> str | None:
    """Return the folder whose writer's ``add_scalars`` made this one, where its name says so.

    PyTorch calls it ``<tag>_<name>``, tensorboardX ``<tag>/<name>``; the one metric is the tag.
    """
    parent, _, name = run.path.rpartition("/")
    if len(run.events.series) != 1:
        return None
    tag = next(iter(run.events.series))
    if parent == tag or parent.endswith(f"/{tag}"):
        return parent.removesuffix(tag).rstrip("/")
    return parent if name.startswith(f"{tag.replace('/', '_')}_") else None


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _load(collector: Collector, tree: Tree, claim: Claim) -> _Run:
    names = sorted((name for name in claim.consumed if is_event_file(name)), key=_order)
    paths = [f"{claim.path}/{name}" if claim.path else name for name in names]
    events = load_event_files(collector, tree, paths)
    params: dict[str, object] = {}
    if "hparams.yaml" in claim.consumed:
        params = load_hparams_yaml(collector, tree, f"{claim.path}/hparams.yaml".lstrip("/"))
    return _Run(path=claim.path, events=events, params=params)


def load_event_files(collector: Collector, tree: Tree, paths: Iterable[str]) -> Events:
    """Return what some event files of one run hold, their problems listed."""
    events = Events()
    for path in paths:
        where = tree.show(path)
        before = dict(events.counts)
        try:
            data = tree.read(path)
        except RecordError as error:
            collector.error(error, where)
            continue
        if not data:
            collector.notice(where, "empty file")
        read_events(data, events)
        events.state = _worse(events.state, events.problems)
        for offset, message in events.problems[:20]:
            # A torn end is how a running or killed run looks: worth knowing, nothing is lost.
            say = collector.notice if message == TORN else collector.problem
            say(where, f"{message} (at byte {offset:,})")
        if len(events.problems) > 20:
            collector.problem(where, f"and {len(events.problems) - 20:,} more damaged records")
        events.problems.clear()
        for what, count in events.counts.items():
            if count > before.get(what, 0):
                collector.notice(where, f"{what}: {count - before.get(what, 0):,}; left out")
    return events


def load_hparams_yaml(collector: Collector, tree: Tree, path: str) -> dict[str, object]:
    """Return the params of a Lightning ``hparams.yaml``; whatever is wrong with it is listed."""
    where = tree.show(path)
    try:
        document = parse_yaml(tree.read(path))
    except RecordError as error:
        collector.problem(where, error.message, line=error.line)
        return {}
    for line, message in document.notices:
        collector.notice(where, message, line=line)
    if document.value is not None and not isinstance(document.value, dict):
        collector.problem(where, "no mapping of params")
    return as_dict(document.value)


def _worse(state: str, problems: Sequence[tuple[int, str]]) -> str:
    if state == "damaged" or any(message != TORN for _, message in problems):
        return "damaged"
    return "interrupted" if problems else state


def _order(name: str) -> tuple[int, str]:
    match = _TIME.search(name)
    return (int(match.group(1)) if match else 0, name)


def _add(
    collector: Collector, tree: Tree, run: _Run, inner: Sequence[_Run], parent: str | None
) -> str:
    parts = [run, *inner]
    times = [time for part in parts for time in part.events.extent if time is not None]
    run_id = collector.add_run(
        place_of(tree, run.path),
        tree.show(run.path),
        name=name_of(tree, run.path),
        experiment=_parent(run.path).rpartition("/")[2] or _label(tree, run.path),
        state="damaged"
        if "damaged" in (states := {part.events.state for part in parts})
        else "interrupted"
        if "interrupted" in states
        else "complete",
        status=next((part.events.status for part in parts if part.events.status), ""),
        start_time=min(times, default=None),
        end_time=max(times, default=None),
        parent_run_id=parent,
    )
    for part in parts:
        add_events(collector, run_id, part.events, tree.show(part.path))
    params: dict[str, object] = {}
    for part in parts:
        params |= part.params or part.events.params
    collector.add_values("param", run_id, params)
    return run_id


def _label(tree: Tree, path: str) -> str | None:
    return tree.label if path and tree.label != "." else None


def add_events(collector: Collector, run_id: str, events: Events, where: str) -> None:
    """Add series and texts; a metric that the run has already keeps its points."""
    have = collector.history.of_run(run_id)
    for tag, series in events.series.items():
        key = clean_text(tag)
        if key in have and have[key].values != series.values:
            what = "metrics of the event files that the run has already"
            collector.leave_out(where, what, repr(key))
        elif key not in have:
            collector.history.adopt(run_id, key, series)
    for tag, text in events.texts.items():
        nested = parse_nested(text.strip())
        if tag in _PARAM_TEXTS and isinstance(nested, dict):
            prefix = _PARAM_TEXTS[tag]
            params = {f"{prefix}{key}": value for key, value in nested.items()}
            collector.add_values("param", run_id, params, other="args.")
        else:
            collector.add_plain("tag", run_id, {tag: text})


def _read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    return read_many(tree, [claim], options)


FORMAT = Format(
    kind=KIND,
    title="TensorBoard",
    recognised_by="events.out.tfevents.*",
    find=find,
    read=_read,
    read_many=read_many,
)
