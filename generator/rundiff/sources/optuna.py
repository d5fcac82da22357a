"""Optuna studies, from an RDB storage (sqlite) or a journal file: every trial is a run.

The study is the experiment and gives the direction of each objective. The final objective values
are metrics under the names that ``set_metric_names`` gave, else ``value`` (``value_0``, … with
several objectives); what ``trial.report`` logged is the series ``intermediate_value``. Params are
stored as floats beside their distribution: integers and categories are turned back into what the
objective function got. User attributes are tags, those of the study as ``study.<key>``, Optuna's
own as ``system.<key>``; the best trials have the tag ``optuna.best``. The search space itself is
not read: it belongs to no run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import Collector, place_of, reader_of_many, reader_of_one
from rundiff.sources.history import Number
from rundiff.sources.optuna_journal import is_journal, read_journal
from rundiff.sources.optuna_sql import is_storage, read_storage
from rundiff.sources.optuna_study import Study, Trial
from rundiff.sources.sqlite import COMPANIONS, SqliteFile, sqlite_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "optuna"
INTERMEDIATE = "intermediate_value"
STATUSES = {"RUNNING": "running", "COMPLETE": "finished", "FAIL": "failed", "PRUNED": "killed"}
_GOALS = {"MINIMIZE": "min", "MAXIMIZE": "max"}


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim sqlite files with Optuna's tables, and journals."""
    for path in sqlite_files(tree, folder):
        name = path.rpartition("/")[2]
        try:
            with SqliteFile(tree, path) as database:
                is_ours = is_storage(database)
        except RecordError:
            continue
        if is_ours:
            beside = (name + suffix for suffix in (*COMPANIONS, "-shm"))
            yield Claim(path=path, kind="sqlite", consumed=frozenset({name, *beside}))
    for name in folder.files:
        path = folder.join(name)
        if is_journal(tree, path):
            yield Claim(path=path, kind="journal", consumed=frozenset({name, f"{name}.lock"}))


def _read_one(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    place = place_of(tree, claim.path)
    if claim.kind == "journal":
        storage = read_journal(tree, claim.path)
    else:
        with SqliteFile(tree, claim.path) as database:
            storage = read_storage(database)
    for line, message in storage.problems:
        collector.problem(tree.show(claim.path), message, line=line)
    collector.met_version(storage.version)
    for study in storage.studies:
        best = study.best()
        for trial in study.trials:
            _add(collector, study, trial, place, is_best=trial.number in best)


def _add(collector: Collector, study: Study, trial: Trial, place: str, *, is_best: bool) -> None:
    location = f"{place}#{study.name}/{trial.number}"
    run_id = collector.add_run(
        f"{place}/{study.name}/{trial.number}",
        location,
        experiment=study.name,
        name=f"trial {trial.number}",
        status=STATUSES.get(trial.state, ""),
        state="running" if trial.state == "RUNNING" else "complete",
        start_time=trial.start,
        end_time=trial.end,
    )
    collector.add_values("param", run_id, trial.params)
    tags: dict[str, object] = dict(trial.user)
    tags |= {f"system.{key}": value for key, value in trial.system.items()}
    tags |= {f"study.{key}": value for key, value in study.user.items()}
    if trial.state not in ("RUNNING", "COMPLETE", "FAIL"):
        tags["optuna.state"] = trial.state
    if is_best:
        tags["optuna.best"] = True
    collector.add_values("tag", run_id, tags)
    names = study.metric_names(len(trial.values))
    for name, value in zip(names, trial.values, strict=True):
        if value is not None:
            collector.add_summary(run_id, name, Number(value))
    for step, value in trial.intermediate:
        collector.add_point(run_id, INTERMEDIATE, step, value)
    goals = [_GOALS.get(direction) for direction in study.directions]
    for name, goal in zip(study.metric_names(len(goals)), goals, strict=True):
        if goal:
            collector.add_definition(run_id, name, goal=goal)
    if len(goals) == 1 and goals[0] and trial.intermediate:
        collector.add_definition(run_id, INTERMEDIATE, goal=goals[0])


FORMAT = Format(
    kind=KIND,
    title="Optuna storage",
    recognised_by="a sqlite file with the tables 'studies' and 'trials', or a journal file",
    find=find,
    read=reader_of_one(KIND, _read_one),
    read_many=reader_of_many(KIND, _read_one),
)
