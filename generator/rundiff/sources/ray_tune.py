"""Ray Tune trials: a folder each, with params.json and result.json (or only progress.csv).

Each line of results (``ray_results``) repeats the whole ``config``: what params.json does not name
is kept as tags ``config.…``. The experiment's state file adds the outcome of a trial, but it may be
older than the results, and trials without a folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.records.values import flatten
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, entries_of, json_object
from rundiff.sources.history import number_of
from rundiff.sources.ray_results import Results, leaves_of
from rundiff.sources.ray_state import STATE_FILE, Trial, read_trials
from rundiff.sources.text import clean_text
from rundiff.sources.times import micros_of_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "ray-tune"
_TRIAL_FILES = frozenset({"params.json", "params.pkl", "result.json", "progress.csv", "error.txt",
                          "error.pkl"})  # fmt: skip
_OWN_FILES = re.compile(
    r"experiment_state-.*\.json\Z|(?:basic-variant|searcher|search_gen)[-_]state.*"
    r"|(?:tuner|trainer)\.pkl\Z|\.validate_storage_marker\Z"
)
_EVENTS, _CHECKPOINT = "events.out.tfevents", re.compile(r"checkpoint[_-]\d+|checkpoint_tmp")
_TRIAL_ID = re.compile(r"_([0-9a-f]{5}_\d{5}|[0-9a-f]{8})_")
_ENVIRONMENT = {"hostname": "host", "node_ip": "node_ip", "pid": "pid"}
_KEPT = ("done", "experiment_tag", "trial_id", "experiment_id", "date")
_SIGN = b"training_iteration"


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim an experiment with its state file and trials, else the trial of this folder."""
    states = [name for name in folder.files if STATE_FILE.match(name)]
    if states:
        trials = [name for name in folder.folders if _has_trial(tree, folder.join(name))]
        own = [name for name in folder.files if _OWN_FILES.match(name)]
        yield Claim(path=folder.path, kind=KIND, consumed=frozenset({*own, *trials}))
    if _is_trial(tree, folder):
        names = [name for name in folder.files if name in _TRIAL_FILES or name.startswith(_EVENTS)]
        kept = [name for name in folder.folders if _CHECKPOINT.match(name)]
        yield Claim(
            path=folder.path, kind=KIND, consumed=frozenset({*names, *kept}), version="trial"
        )


def _has_trial(tree: Tree, path: str) -> bool:
    entries = entries_of(tree, path)
    return entries is not None and not _TRIAL_FILES.isdisjoint(entries.files)


def _is_trial(tree: Tree, folder: Folder) -> bool:
    names = set(folder.files)
    if not {"result.json", "progress.csv"} & names:
        return False
    if "params.json" in names and "params.pkl" in names:
        return True
    return any(
        _SIGN in ends_of(tree, folder.join(name))
        for name in ("result.json", "progress.csv")
        if name in names
    )


def _read_claim(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    if claim.version == "trial":
        _Run(collector, tree, claim.path, None).add()
        return
    trials = {trial.folder: trial for trial in read_trials(collector, tree, claim.path)}
    by_id = {trial.trial_id: trial for trial in trials.values() if trial.trial_id}
    here = tree.folder(claim.path)
    met: set[str] = set()
    for name in here.folders:
        if name not in claim.consumed:
            continue
        match = _TRIAL_ID.search(f"{name}_")
        trial = trials.get(name) or (by_id.get(match[1]) if match else None)
        met.add(trial.folder if trial else "")
        _Run(collector, tree, here.join(name), trial).add()
    for trial in trials.values():
        if trial.folder not in met:
            _add_without_folder(collector, tree, claim.path, trial)


def _add_without_folder(collector: Collector, tree: Tree, path: str, trial: Trial) -> None:
    """Add a trial of which only the state file knows."""
    place = f"{path}/{trial.folder}" if path else trial.folder
    run_id = collector.add_run(
        place_of(tree, place),
        tree.show(path),
        name=trial.name or trial.folder,
        experiment=path.rpartition("/")[2] or tree.label,
        status=trial.status,
        start_time=trial.start_time,
    )
    collector.add_values("param", run_id, trial.config)
    collector.add_plain("tag", run_id, trial.tags)
    for key, raw in leaves_of(trial.last_result, ""):
        number = number_of(raw)
        if number is not None:
            collector.add_summary(run_id, key, number)


class _Run:
    """One trial folder on its way into the tables."""

    def __init__(self, collector: Collector, tree: Tree, path: str, trial: Trial | None) -> None:
        self.out, self.tree, self.path, self.trial = collector, tree, path, trial
        self.here = tree.folder(path)
        self.results = Results(collector, tree, self.here)
        self.run_id = ""

    def add(self) -> None:
        """Read the trial's files and add the run."""
        self.results.read()
        params = self._object("params.json") or (self.trial.config if self.trial else {})
        has_params = bool(params)
        params = params or self.results.config
        start, end = self._start(), micros_of_seconds(self.results.last.get("timestamp"))
        if start is not None and end is not None:
            end = max(start, end)  # the state file knows fractions of a second, results do not
        status = self._status()
        self.run_id = self.out.add_run(
            place_of(self.tree, self.path),
            self.tree.show(self.path),
            name=self._name(),
            experiment=self._experiment(),
            status=status,
            start_time=start,
            end_time=end if status in ("finished", "failed") else None,
        )
        self.out.add_values("param", self.run_id, params)
        if has_params:
            known = {key for name, raw in params.items() for key, _ in flatten(name, raw)}
            rest = {
                f"config.{key}": raw
                for key, raw in self.results.config.items()
                if key not in params
            }
            self.out.add_values(
                "tag", self.run_id, {key: raw for key, raw in rest.items() if key not in known}
            )
        self._add_facts()
        for key, series in self.results.series.items():
            self.out.history.adopt(self.run_id, clean_text(key), series)
        for name in self.here.files:
            if name.startswith(_EVENTS) or name in ("progress.csv", "error.txt"):
                self.out.add_artifact(self.run_id, name, self.tree, self.here.join(name))

    def _status(self) -> str:
        if "error.txt" in self.here.files:
            return "failed"
        if self.results.last.get("done") is True:
            return "finished"
        return self.trial.status if self.trial else ""

    def _start(self) -> int | None:
        """Return when the trial began: by the state file, else the first result less its length."""
        if self.trial is not None and self.trial.start_time is not None:
            return self.trial.start_time
        first = micros_of_seconds(self.results.first.get("timestamp"))
        length = micros_of_seconds(self.results.first.get("time_total_s"))
        return first - length if first is not None and length is not None else first

    def _name(self) -> str:
        """Return the folder's name up to the trial's id; the rest repeats params and the date."""
        folder = self.path.rpartition("/")[2] or self.tree.label
        if self.trial is not None and self.trial.name:
            return self.trial.name
        match = _TRIAL_ID.search(f"{folder}_")
        return folder[: match.end(1)] if match else folder

    def _experiment(self) -> str | None:
        return self.path.rpartition("/")[0].rpartition("/")[2] or None

    def _add_facts(self) -> None:
        facts = {name: self.results.last.get(key) for key, name in _ENVIRONMENT.items()}
        self.out.add_plain(
            "environment", self.run_id, {key: raw for key, raw in facts.items() if raw is not None}
        )
        tags = dict(self.trial.tags) if self.trial else {}
        tags |= {
            key: self.results.last[key] for key in _KEPT if self.results.last.get(key) is not None
        }
        self.out.add_plain("tag", self.run_id, tags | self.results.texts)

    def _object(self, name: str) -> dict[str, object]:
        if name not in self.here.files:
            return {}
        return json_object(self.out, self.tree, self.here.join(name))


FORMAT = Format(
    kind=KIND,
    title="Ray Tune trials",
    recognised_by="experiment_state-*.json, or params.json with result.json or progress.csv "
    "that has training_iteration",
    find=find,
    read=reader_of_one(KIND, _read_claim),
    read_many=reader_of_many(KIND, _read_claim),
)
