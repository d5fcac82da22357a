"""Ray Tune trials: a folder each, with params.json and result.json (or only progress.csv).

The step is ``training_iteration``, the time ``timestamp``. result.json says everything and
progress.csv repeats it with the columns of its first row, so the table counts only where
result.json is missing or unreadable. Each line repeats the whole ``config``: what params.json does
not name is kept as tags ``config.…``. The experiment's state file adds the outcome of a trial,
but it may be older than the results, and trials without a folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.records.values import flatten
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.csv_text import cell_number, is_missing, parse_csv
from rundiff.sources.documents import ends_of, entries_of, json_object
from rundiff.sources.foreign_json import as_dict, iterate_json_lines, text_or_none
from rundiff.sources.history import Series, number_of
from rundiff.sources.ray_state import STATE_FILE, Trial, read_trials
from rundiff.sources.text import clean_text
from rundiff.sources.times import micros_of_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_NOT_METRICS = frozenset({"config", "training_iteration", "timestamp", "date", "pid", "hostname",
                          "node_ip", "trial_id", "experiment_id", "experiment_tag", "done",
                          "should_checkpoint", "checkpoint_dir_name"})  # fmt: skip
_ENVIRONMENT = {"hostname": "host", "node_ip": "node_ip", "pid": "pid"}
_KEPT = ("done", "experiment_tag", "trial_id", "experiment_id", "date")
_TEXTS = _NOT_METRICS - {"training_iteration", "timestamp", "done"}
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
    for key, raw in _leaves(trial.last_result, ""):
        number = number_of(raw)
        if number is not None:
            collector.add_summary(run_id, key, number)


class _Run:
    """One trial folder on its way into the tables."""

    def __init__(self, collector: Collector, tree: Tree, path: str, trial: Trial | None) -> None:
        self.out, self.tree, self.path, self.trial = collector, tree, path, trial
        self.here = tree.folder(path)
        self.series: dict[str, Series] = {}
        self.first: dict[str, object] = {}
        self.last: dict[str, object] = {}
        self.config: dict[str, object] = {}
        self.texts: dict[str, object] = {}
        self.run_id = ""

    def add(self) -> None:
        """Read the trial's files and add the run."""
        self._read_results()
        params = self._object("params.json") or (self.trial.config if self.trial else {})
        has_params = bool(params)
        params = params or self.config
        start, end = self._start(), micros_of_seconds(self.last.get("timestamp"))
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
            rest = {f"config.{key}": raw for key, raw in self.config.items() if key not in params}
            self.out.add_values(
                "tag", self.run_id, {key: raw for key, raw in rest.items() if key not in known}
            )
        self._add_facts()
        for key, series in self.series.items():
            self.out.history.adopt(self.run_id, clean_text(key), series)
        for name in self.here.files:
            if name.startswith(_EVENTS) or name in ("progress.csv", "error.txt"):
                self.out.add_artifact(self.run_id, name, self.tree, self.here.join(name))

    def _read_results(self) -> None:
        if "result.json" in self.here.files and self._read_lines(self.here.join("result.json")):
            return
        if "progress.csv" in self.here.files:
            self._read_table(self.here.join("progress.csv"))

    def _read_lines(self, path: str) -> bool:
        where = self.tree.show(path)
        try:
            data = self.tree.read(path)
        except RecordError as error:
            self.out.error(error, where)
            return False
        count = 0
        for line, found in iterate_json_lines(data, location=where):
            if isinstance(found, RecordError):
                self.out.error(found, where)
                continue
            row = as_dict(found.value)
            if not row:
                self.out.problem(where, "not a JSON object", line=line)
                continue
            count += 1
            self.config = as_dict(row.get("config")) or self.config
            self._take(row, count, where)
        if not count:
            self.out.problem(where, "no result in it")
        return count > 0

    def _take(self, row: dict[str, object], place: int, where: str) -> None:
        self.first = self.first or row
        self.last = row
        at = number_of(row.get("training_iteration"))
        step, time = at.value if at else float(place), micros_of_seconds(row.get("timestamp"))
        for key, raw in _leaves(row, ""):
            number = number_of(raw)
            if number is not None:
                self.series.setdefault(key, Series()).add(step, number, time)
            elif isinstance(raw, list):
                self.out.leave_out(where, "lists in results", key)
            elif isinstance(raw, str | bool):
                self.texts[key] = raw

    def _read_table(self, path: str) -> None:
        where = self.tree.show(path)
        try:
            table = parse_csv(self.tree.read(path), delimiter=",")
        except RecordError as error:
            self.out.error(error, where)
            return
        for count, (_, cells) in enumerate(table.rows(), start=1):
            row = {
                name: cell if name in _TEXTS else _cell(cell)
                for name, cell in zip(table.header, cells, strict=True)
                if not is_missing(cell)
            }
            self._take(row, count, where)
        for line, severity, message in table.problems:
            if severity == "error":
                self.out.problem(where, message, line=line)
            else:
                self.out.notice(where, message, line=line)

    def _status(self) -> str:
        if "error.txt" in self.here.files:
            return "failed"
        if self.last.get("done") is True:
            return "finished"
        return self.trial.status if self.trial else ""

    def _start(self) -> int | None:
        """Return when the trial began: by the state file, else the first result less its length."""
        if self.trial is not None and self.trial.start_time is not None:
            return self.trial.start_time
        first = micros_of_seconds(self.first.get("timestamp"))
        length = micros_of_seconds(self.first.get("time_total_s"))
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
        facts = {name: self.last.get(key) for key, name in _ENVIRONMENT.items()}
        self.out.add_plain(
            "environment", self.run_id, {key: raw for key, raw in facts.items() if raw is not None}
        )
        tags = dict(self.trial.tags) if self.trial else {}
        tags |= {key: self.last[key] for key in _KEPT if self.last.get(key) is not None}
        self.out.add_plain("tag", self.run_id, tags | self.texts)

    def _object(self, name: str) -> dict[str, object]:
        if name not in self.here.files:
            return {}
        return json_object(self.out, self.tree, self.here.join(name))


def _leaves(row: dict[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    """Yield nested results by their names joined with "/", as progress.csv spells them."""
    for name, raw in row.items():
        if not prefix and name in _NOT_METRICS:
            continue
        key = f"{prefix}/{name}" if prefix else name
        if isinstance(raw, dict):
            yield from _leaves(raw, key)
        else:
            yield key, raw


def _cell(cell: str) -> object:
    """Return a cell as result.json would have it."""
    number = cell_number(cell)
    if number is not None:
        return number
    text = cell.strip()
    if text.startswith("[") and text.endswith("]"):
        return [text]
    return {"True": True, "False": False}.get(text, text_or_none(text))


FORMAT = Format(
    kind=KIND,
    title="Ray Tune trials",
    recognised_by="experiment_state-*.json, or params.json with result.json or progress.csv "
    "that has training_iteration",
    find=find,
    read=reader_of_one(KIND, _read_claim),
    read_many=reader_of_many(KIND, _read_claim),
)
