"""The state file of a Ray Tune experiment: what it says about each trial.

Until Ray 2.5 a list ``checkpoints`` of objects, or of JSON texts; since then ``trial_data``, pairs
of JSON texts. Pickled members are hexadecimal text and stay out. Of several state files the newest
by name counts: each is a complete picture of its session.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.sources.documents import json_object
from rundiff.sources.foreign_json import as_dict, as_list, parse_foreign_json, text_or_none
from rundiff.sources.times import micros_of_seconds

if TYPE_CHECKING:
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Tree

STATE_FILE = re.compile(r"experiment_state-.*\.json\Z")
_STATUSES = {"TERMINATED": "finished", "ERROR": "failed", "RUNNING": "running"}
_TAGS = ("trial_id", "trainable_name", "experiment_tag", "status", "error_msg", "num_failures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial as the state file has it."""

    folder: str
    trial_id: str
    name: str | None
    status: str
    start_time: int | None
    config: dict[str, object] = field(default_factory=dict)
    tags: dict[str, object] = field(default_factory=dict)
    last_result: dict[str, object] = field(default_factory=dict)


def read_trials(collector: Collector, tree: Tree, path: str) -> list[Trial]:
    """Return the trials of the newest state file in a folder, in its order."""
    here = tree.folder(path)
    names = sorted(name for name in here.files if STATE_FILE.match(name))
    if not names:
        return []
    file = here.join(names[-1])
    state = json_object(collector, tree, file)
    found = []
    for number, entry in enumerate(as_list(state.get("trial_data") or state.get("checkpoints"))):
        try:
            record = _record(entry)
        except RecordError as error:
            collector.problem(tree.show(file), f"trial {number + 1}: {error.message}")
            continue
        found.append(_trial(record, number))
    return found


def _record(entry: object) -> dict[str, object]:
    parts = entry if isinstance(entry, list) else [entry]
    record: dict[str, object] = {}
    for part in parts:
        value = parse_foreign_json(part.encode()).value if isinstance(part, str) else part
        record |= as_dict(value)
    return record


def _trial(record: dict[str, object], number: int) -> Trial:
    logdir = next(
        (
            text
            for key in ("relative_logdir", "logdir", "trial_dir")
            if (text := _text(record, key))
        ),
        "",
    )
    trial_id = _text(record, "trial_id") or ""
    tags = {key: record[key] for key in _TAGS if isinstance(record.get(key), str | int)}
    result = record.get("last_result") or as_dict(record.get("run_metadata")).get("last_result")
    return Trial(
        folder=re.split(r"[/\\]", logdir.rstrip("/\\"))[-1] or trial_id or f"trial {number + 1}",
        trial_id=trial_id,
        name=_text(record, "custom_trial_name"),
        status=_STATUSES.get(str(record.get("status")), ""),
        start_time=micros_of_seconds(record.get("start_time")),
        config=as_dict(record.get("config")),
        tags={key: value for key, value in tags.items() if value not in ("", 0)},
        last_result=as_dict(result),
    )


def _text(record: dict[str, object], key: str) -> str | None:
    return text_or_none(record.get(key))
