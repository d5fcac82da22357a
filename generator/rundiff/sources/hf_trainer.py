"""Hugging Face Trainer: ``trainer_state.json`` of an output folder and of its checkpoints.

Every checkpoint repeats the history so far, so all states of one folder whose histories begin
alike are one run, and the longest is read. A state that does *not* begin like it (two trainings
wrote into one folder) is a run of its own, named after its checkpoint. ``*_results.json`` add final
values.
``training_args.bin`` is a pickle and never loaded; the arguments that the state itself repeats are
params, and so are a PEFT ``adapter_config.json`` and LLaMA-Factory's ``training_args.yaml``, whose
``trainer_log.jsonl`` repeats the state.

Train and evaluation rows share steps, and the last row repeats the last step: all are kept, under
the names in the file (``loss``, ``eval_loss``). A row without a step is at its epoch, else at its
index.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import name_of, place_of, reader_of_many, reader_of_one
from rundiff.sources.csv_text import cell_number
from rundiff.sources.documents import yaml_object
from rundiff.sources.foreign_json import as_dict, load_json, text_or_none
from rundiff.sources.hf_events import FOLDER, find_events, join_events, load_events
from rundiff.sources.history import number_of
from rundiff.sources.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.events import Events
    from rundiff.sources.tree import Folder, Tree

KIND = "hf-trainer"
STATE, ADAPTER, ARGUMENTS = "trainer_state.json", "adapter_config.json", "training_args.yaml"
_BESIDE = frozenset({ADAPTER, ARGUMENTS, "trainer_log.jsonl"})
_CHECKPOINT = re.compile(r"checkpoint-(\d+)\Z")
_RESULTS = re.compile(r"(?:all|train|eval|test|predict|validation)_results\.json\Z")
_RESULT_SIGNS = (b"_runtime", b"_samples_per_second", b'"epoch"')
_PARAMS = ("max_steps", "num_train_epochs", "train_batch_size", "logging_steps", "eval_steps",
           "save_steps")  # fmt: skip
_SUMMARIES = ("best_metric", "epoch", "total_flos")


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """One trainer_state.json."""

    path: str
    content: dict[str, object]
    rows: list[object]
    texts: tuple[str, ...]  # each row as text, to compare histories in which NaN equals NaN


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim the states of an output folder with its checkpoints, or files of results alone."""
    checkpoints = [name for name in folder.folders if _CHECKPOINT.match(name)
                   and tree.exists(f"{folder.join(name)}/{STATE}")]  # fmt: skip
    files = {name for name in folder.files if name == STATE or _is_results(tree, folder, name)}
    if tree.only_file is not None and tree.only_file.endswith(".json") and not files:
        head = decode_text(tree.read_head(folder.files[0], 65_536))
        files = {name for name in folder.files if '"log_history"' in head}
    if checkpoints or files:
        consumed = files | set(checkpoints) | _BESIDE & set(folder.files)
        if find_events(tree, folder):
            consumed.add(FOLDER)
        yield Claim(path=folder.path, kind=KIND, consumed=frozenset(consumed))


def _is_results(tree: Tree, folder: Folder, name: str) -> bool:
    if not _RESULTS.match(name):
        return False
    head = tree.read_head(folder.join(name), 4_096)
    return any(sign in head for sign in _RESULT_SIGNS)


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    base = f"{claim.path}/" if claim.path else ""
    results = sorted(base + name for name in claim.consumed if _RESULTS.match(name))
    states = [_load_state(collector, tree, path) for path in _state_paths(claim, base)]
    groups = _groups([state for state in states if state is not None])
    adapter = _load(collector, tree, base + ADAPTER) if ADAPTER in claim.consumed else {}
    for place, group in enumerate(groups):
        main = group[0]
        path = claim.path if place == 0 else main.path.rpartition("/")[0]
        if place > 0:
            collector.notice(tree.show(main.path), "another run than the longer ones beside it")
        events = _load_events(collector, tree, claim) if place == 0 else None
        run_id = _add_run(collector, tree, path, main, events)
        beside = f"{main.path.rpartition('/')[0]}/{ADAPTER}".lstrip("/")
        if not adapter and tree.exists(beside):
            adapter = _load(collector, tree, beside)
        collector.add_values("param", run_id, {f"adapter.{key}": adapter[key] for key in adapter})
        adapter = {}
        if place == 0:
            _add_results(collector, tree, run_id, results)
            if ARGUMENTS in claim.consumed:
                arguments = yaml_object(collector, tree, base + ARGUMENTS)
                collector.add_values("param", run_id, arguments, other="args.")
        if events is not None:
            join_events(collector, run_id, events, tree.show(f"{base}{FOLDER}"))
    if not groups and (results or states):
        run_id = collector.add_run(
            place_of(tree, claim.path),
            tree.show(claim.path),
            name=name_of(tree, claim.path),
            state="complete" if results else "damaged",
        )
        _add_results(collector, tree, run_id, results)


def _state_paths(claim: Claim, base: str) -> list[str]:
    inner = [f"{base}{name}/{STATE}" for name in claim.consumed if _CHECKPOINT.match(name)]
    others = (name for name in claim.consumed if name.endswith(".json"))
    own = [base + name for name in others
           if not _RESULTS.match(name) and name != ADAPTER]  # fmt: skip
    return [*sorted(own), *sorted(inner)]


def _load(collector: Collector, tree: Tree, path: str) -> dict[str, object]:
    where = tree.show(path)
    try:
        found = load_json(tree, path)
    except RecordError as error:
        collector.error(error, where)
        return {}
    for line, message in found.notices:
        collector.notice(where, message, line=line)
    if not isinstance(found.value, dict):
        collector.problem(where, "not a JSON object")
    return as_dict(found.value)


def _load_state(collector: Collector, tree: Tree, path: str) -> _State | None:
    content = _load(collector, tree, path)
    if not content:
        return None
    history = content.get("log_history")
    if not isinstance(history, list):
        collector.problem(tree.show(path), "'log_history' is no list: no metrics")
        history = []
    texts = tuple(json.dumps(row, sort_keys=True) for row in history)
    return _State(path=path, content=content, rows=history, texts=texts)


def _groups(states: Sequence[_State]) -> list[list[_State]]:
    """Put states together whose histories begin alike; the longest of each group comes first."""
    groups: list[list[_State]] = []
    for state in sorted(states, key=lambda state: (-len(state.rows), -_global_step(state))):
        for group in groups:
            if group[0].texts[: len(state.texts)] == state.texts:
                group.append(state)
                break
        else:
            groups.append([state])
    return groups


def _global_step(state: _State) -> float:
    number = number_of(state.content.get("global_step"))
    return number.value if number else 0.0


def _load_events(collector: Collector, tree: Tree, claim: Claim) -> Events | None:
    if FOLDER not in claim.consumed:
        return None
    return load_events(collector, tree, find_events(tree, tree.folder(claim.path)))


def _add_run(
    collector: Collector, tree: Tree, path: str, state: _State, events: Events | None
) -> str:
    content = state.content
    is_done = any("train_runtime" in row for row in state.rows if isinstance(row, dict))
    limit = number_of(content.get("max_steps"))
    if limit and 0 < limit.value <= _global_step(state):
        is_done = True
    run_id = collector.add_run(
        place_of(tree, path),
        tree.show(path),
        name=text_or_none(content.get("trial_name")) or name_of(tree, path),
        status="finished" if is_done else "",
        start_time=events.extent[0] if events else None,
        end_time=events.extent[1] if events else None,
    )
    params = {key: content[key] for key in _PARAMS if content.get(key) is not None}
    collector.add_values("param", run_id, as_dict(content.get("trial_params")) | params)
    placed = {*_PARAMS, *_SUMMARIES, "log_history", "trial_params", "trial_name"}
    tags = {key: value for key, value in content.items()
            if key not in placed and value is not None}  # fmt: skip
    collector.add_values("tag", run_id, tags)
    for key in _SUMMARIES:
        number = number_of(content.get(key))
        if number is not None and not any(key == "total_flos" and key in row for row in state.rows
                                          if isinstance(row, dict)):  # fmt: skip
            collector.add_summary(run_id, key, number)
    _add_rows(collector, run_id, state.rows, tree.show(state.path))
    folder = state.path.rpartition("/")[0]
    if tree.only_file is None and tree.exists(f"{folder}/training_args.bin".lstrip("/")):
        collector.notice(tree.show(folder), "training_args.bin is a pickle and never loaded")
    return run_id


def _add_rows(collector: Collector, run_id: str, rows: Sequence[object], where: str) -> None:
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            collector.leave_out(where, "history entries that are no objects", repr(row))
            continue
        step = _step(row, index)
        for key, raw in row.items():
            if key in ("step", "epoch") or collector.add_point(run_id, key, step, raw):
                continue
            collector.leave_out(where, "values that are no numbers", f"{key!r}: {raw!r}")


def _step(row: Mapping[str, object], index: int) -> float:
    for name in ("step", "epoch"):
        raw = row.get(name)
        number = number_of(raw)
        value = cell_number(raw) if isinstance(raw, str) else number and number.value
        if value is not None and not math.isnan(value):
            return value
    return float(index)


def _add_results(collector: Collector, tree: Tree, run_id: str, paths: Sequence[str]) -> None:
    have = set(collector.history.of_run(run_id)) | collector.summary_keys(run_id)
    for path in paths:
        for key, raw in _load(collector, tree, path).items():
            number = number_of(raw)
            if key in have:
                continue
            have.add(key)
            if number is None:
                collector.add_values("tag", run_id, {key: raw})
            else:
                collector.add_summary(run_id, key, number)


FORMAT = Format(
    kind=KIND,
    title="Hugging Face Trainer",
    recognised_by="trainer_state.json, checkpoint-*/trainer_state.json or all_results.json",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
