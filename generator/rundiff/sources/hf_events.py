"""The event files that the Hugging Face Trainer writes beside its states, joined with their run.

By default they lie in ``runs/<date>_<host>`` of the output folder. Where there is one such folder
it is the same training logged twice: the events know the times and, as text, all arguments; the
state knows the metrics. ``train/loss`` there is ``loss`` here, ``eval/loss`` is ``eval_loss``; only
what the state lacks is added. Several such folders are left to the TensorBoard reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.records.values import parse_nested
from rundiff.sources.documents import entries_of
from rundiff.sources.foreign_json import as_dict
from rundiff.sources.tensorboard import add_events, is_event_file, load_event_files

if TYPE_CHECKING:
    from rundiff.sources.collect import Collector
    from rundiff.sources.events import Events
    from rundiff.sources.tree import Folder, Tree

FOLDER = "runs"


def find_events(tree: Tree, folder: Folder) -> list[str]:
    """Return the event files of the one log folder below ``runs``, none where there are several."""
    if FOLDER not in folder.folders:
        return []
    runs = entries_of(tree, folder.join(FOLDER))
    if runs is None or len(runs.folders) != 1 or runs.files:
        return []
    inner = entries_of(tree, runs.join(runs.folders[0]))
    if inner is None:
        return []
    return [inner.join(name) for name in inner.files if is_event_file(name)]


def load_events(collector: Collector, tree: Tree, paths: list[str]) -> Events:
    """Return what the event files hold, under the names that the Trainer's state uses."""
    events = load_event_files(collector, tree, paths)
    events.series = {_plain(tag): series for tag, series in events.series.items()}
    return events


def join_events(collector: Collector, run_id: str, events: Events, where: str) -> None:
    """Add what the state lacks: params and texts, and metrics of other names.

    What a training came to stands in the state (``max_steps``: 10); what was asked for (-1) stays
    as a tag where it is another value.
    """
    have = collector.history.of_run(run_id).keys() | collector.summary_keys(run_id)
    events.series = {
        key: series for key, series in events.series.items() if key not in have and key != "epoch"
    }
    _add_goal(collector, run_id, events)
    add_events(collector, run_id, events, where)


def _add_goal(collector: Collector, run_id: str, events: Events) -> None:
    """Say which direction the training itself took for better when it chose its best model."""
    arguments = as_dict(parse_nested(events.texts.get("args", "").strip()))
    name, is_greater = arguments.get("metric_for_best_model"), arguments.get("greater_is_better")
    if isinstance(name, str) and isinstance(is_greater, bool):
        for key in ("best_metric", f"eval_{name.removeprefix('eval_')}"):
            collector.add_definition(run_id, key, goal="max" if is_greater else "min")


def _plain(tag: str) -> str:
    section, slash, name = tag.partition("/")
    if slash and section == "train":
        return name
    return f"{section}_{name}" if slash and section in ("eval", "test") else tag
