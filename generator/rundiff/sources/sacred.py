"""Sacred's FileStorageObserver: a numbered folder a run, with run.json, config.json, metrics.json.

Older versions keep no metrics.json, and people kept their numbers in ``info.json`` anyway: those
are metrics here too, lists by their place. Numbers may be jsonpickle objects of numpy; what needs
Python to be rebuilt is named by its class as a tag, never constructed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, entries_of, files_below, json_object
from rundiff.sources.foreign_json import as_dict, as_list, text_or_none, without_nulls
from rundiff.sources.history import number_of
from rundiff.sources.times import micros_of_iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "sacred"
_STATUSES = {"COMPLETED": "finished", "FAILED": "failed", "RUNNING": "running",
             "INTERRUPTED": "killed", "TIMEOUT": "failed", "DIED": "failed"}  # fmt: skip
_BESIDE = frozenset({"config.json", "cout.txt", "metrics.json", "info.json"})
_SIGNS = (b'"heartbeat"', b'"stop_time"', b'"experiment"', b'"fail_trace"')
_SHARED = frozenset({"_sources", "_resources"})
_READ = frozenset({"run.json", "config.json", "metrics.json", "info.json"})
_PLACED = frozenset({"status", "start_time", "stop_time", "host", "experiment", "meta", "artifacts",
                     "resources", "fail_trace", "captured_out", "result", "info"})  # fmt: skip
_HASH = re.compile(r"_([0-9a-f]{32})(?:\.[^/]*)?\Z")
_SHOWN_OUTPUT = 4_000
_LEFT = object()  # what only Python could rebuild


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim a run folder, or below a folder with ``_sources`` all of them and the sources."""
    if _is_run(tree, folder):
        yield Claim(path=folder.path, kind=KIND, is_whole_folder=True)
        return
    shared = _SHARED.intersection(folder.folders)
    if not shared:
        return
    inner = ((name, entries_of(tree, folder.join(name))) for name in folder.folders)
    runs = [name for name, entries in inner if entries is not None and _is_run(tree, entries)]
    for name in runs:
        yield Claim(path=folder.join(name), kind=KIND, consumed=shared | {name})


def _is_run(tree: Tree, folder: Folder) -> bool:
    if "run.json" not in folder.files or _BESIDE.isdisjoint(folder.files):
        return False
    ends = ends_of(tree, folder.join("run.json"))
    if not ends.strip():
        return {"config.json", "cout.txt"} <= set(folder.files)
    return b'"status"' in ends and any(sign in ends for sign in _SIGNS)


def _read_run(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    run = _Run(collector, tree, claim.path)
    run.add()
    run.add_metrics()
    run.add_information()
    run.add_files()


class _Run:
    """One run folder on its way into the tables."""

    def __init__(self, collector: Collector, tree: Tree, path: str) -> None:
        self.out, self.tree, self.path = collector, tree, path
        self.where = tree.show(path)
        self.names = tree.folder(path)
        self.record = self._object("run.json")
        self.experiment = as_dict(self.record.get("experiment"))
        self.run_id = ""

    def add(self) -> None:
        """Add the run with its params, tags and environment."""
        record, meta = self.record, as_dict(self.record.get("meta"))
        status = _STATUSES.get(str(record.get("status")), "")
        self.run_id = self.out.add_run(
            place_of(self.tree, self.path),
            self.where,
            name=self.path.rpartition("/")[2] or self.tree.label,
            experiment=text_or_none(self.experiment.get("name")),
            status=status,
            state="running" if status == "running" else "complete" if record else "damaged",
            start_time=micros_of_iso(record.get("start_time")),
            end_time=micros_of_iso(record.get("stop_time")),
            note=text_or_none(meta.get("comment")),
        )
        self.out.add_values("param", self.run_id, as_dict(_readable(self._object("config.json"))))
        self.out.add_values("environment", self.run_id, self._environment())
        self.out.add_plain("tag", self.run_id, self._tags())
        updates = {"config_updates": meta.get("config_updates"),
                   "named_configs": meta.get("named_configs")}  # fmt: skip
        self.out.add_values(
            "tag", self.run_id, {key: value for key, value in updates.items() if value}
        )
        self._add_resources()

    def _tags(self) -> dict[str, object]:
        record, meta = self.record, as_dict(self.record.get("meta"))
        tags = {key: value for key, value in record.items()
                if key not in _PLACED and not isinstance(value, dict | list)}  # fmt: skip
        if record.get("status") not in (None, "COMPLETED", "FAILED", "RUNNING"):
            tags["status"] = record["status"]
        trace = record.get("fail_trace")
        if trace:
            tags["fail_trace"] = "".join(map(str, as_list(trace))) or str(trace)
        output = text_or_none(record.get("captured_out"))
        if output is not None and "cout.txt" not in self.names.files:
            tags["captured_out"] = output[-_SHOWN_OUTPUT:]
            if len(output) > _SHOWN_OUTPUT:
                self.out.notice(
                    self.tree.show(self.names.join("run.json")),
                    f"of {len(output):,} characters of captured output the last "
                    f"{_SHOWN_OUTPUT:,} are kept",
                )
        for name in ("mainfile", "base_dir"):
            tags[f"experiment.{name}"] = self.experiment.get(name)
        for name, value in as_dict(meta.get("options")).items():
            if value not in (None, False, ""):
                if isinstance(value, list):  # the updates and named configs of 0.7
                    value = " ".join(map(str, value))  # noqa: PLW2901
                tags[f"options.{name}"] = value
        return {key: value for key, value in tags.items()
                if value is not None and not isinstance(value, dict | list)}  # fmt: skip

    def _environment(self) -> dict[str, object]:
        host = dict(as_dict(self.record.get("host")))
        system = as_list(host.pop("os", None))
        packages = {}
        for line in as_list(self.experiment.get("dependencies")):
            name, _, version = str(line).partition("==")
            packages[name] = version or None
        self.out.met_version(packages.get("sacred"))
        first, *others = as_list(self.experiment.get("repositories")) or [{}]
        git = as_dict(first)
        facts: dict[str, object] = {
            "python": {"version": host.pop("python_version", None)},
            "platform": dict(zip(("system", "release"), system, strict=False)),
            "host": host.pop("hostname", None),
            "hardware": {"cpu": host.pop("cpu", None), "gpu": host.pop("gpus", None)},
            "variables": host.pop("ENV", None),
            "git": {"commit": git.get("commit"), "remote": git.get("url"),
                    "dirty": git.get("dirty")},
            "repositories": others,
            "packages": packages,
            **{f"host.{key}": value for key, value in host.items()},
        }  # fmt: skip
        return {key: kept for key, value in facts.items() if (kept := without_nulls(value))}

    def _add_resources(self) -> None:
        for each in as_list(self.record.get("resources")):
            path, stored = (*as_list(each), None, None)[:2]
            if not isinstance(path, str):
                continue
            digest = _HASH.search(stored) if isinstance(stored, str) else None
            self.out.builder.add(
                "dataset",
                {
                    "run_id": self.run_id,
                    "name": path.rpartition("/")[2] or path,
                    "digest": digest[1] if digest else None,
                    "context": "resource",
                    "source": path,
                },
            )

    def add_metrics(self) -> None:
        """Add the series of metrics.json; of lists of unequal length the shortest counts."""
        where = self.tree.show(self.names.join("metrics.json"))
        for key, raw in self._object("metrics.json").items():
            metric = as_dict(raw)
            steps, values = as_list(metric.get("steps")), as_list(metric.get("values"))
            times = as_list(metric.get("timestamps"))
            if len({len(steps), len(values), len(times)}) > 1:
                self.out.notice(
                    where,
                    f"{key!r} has {len(steps)} steps, {len(values)} values and {len(times)} times; "
                    "as many points are read as all have",
                )
            if values and all(isinstance(value, str) and number_of(value) is None
                              for value in values):  # fmt: skip
                self.out.add_plain("tag", self.run_id, {f"metrics.{key}": values[-1]})
                continue
            for step, value, time in zip(steps, values, times, strict=False):
                at = number_of(_plain(step))
                number = _plain(value)
                if at is None or not self.out.add_point(
                    self.run_id, key, at.value, number, time=micros_of_iso(time)
                ):
                    self.out.leave_out(where, "points that are no numbers", f"{key!r}: {value!r}")

    def add_information(self) -> None:
        """Add the numbers of info.json and of the result as metrics, the rest as tags."""
        info = self._object("info.json") or as_dict(self.record.get("info"))
        rest: dict[str, object] = {}
        known = self.out.history.of_run(self.run_id)
        for name, value in _leaves(_readable(info), ""):
            self._add_value(f"info.{name}" if name in known else name, value, rest)
        for name, value in _leaves(_readable(self.record.get("result")), "result"):
            self._add_value(name, value, rest)
        self.out.add_values("tag", self.run_id, rest)

    def _add_value(self, key: str, value: object, rest: dict[str, object]) -> None:
        number = number_of(value)
        if isinstance(value, list) and value and all(number_of(each) for each in value):
            for place, each in enumerate(value):
                self.out.add_point(self.run_id, key, place, each)
        elif number is not None:
            self.out.add_summary(self.run_id, key, number)
        elif value is not None:
            rest[key if key.startswith(("result", "info.")) else f"info.{key}"] = value

    def add_files(self) -> None:
        """Add the other files of the folder, and the artifacts that are named but not there."""
        below = files_below(self.tree, self.path, lambda _: True)
        present = {name for name, _ in below}
        for name, path in below:
            if name not in _READ:
                self.out.add_artifact(self.run_id, name, self.tree, path)
        for each in as_list(self.record.get("artifacts")):
            recorded = each.get("name") if isinstance(each, dict) else each
            if isinstance(recorded, str) and recorded not in present:
                self.out.builder.add("artifact", {"run_id": self.run_id, "path": recorded})

    def _object(self, name: str) -> dict[str, object]:
        if name not in self.names.files:
            return {}
        return json_object(self.out, self.tree, self.names.join(name))


def _plain(raw: object) -> object:
    """Return the value of a jsonpickle object, one level deep; ``_LEFT`` where Python is needed."""
    if not isinstance(raw, dict) or not any(key.startswith("py/") for key in raw):
        return raw
    if str(raw.get("py/object", "numpy.")).startswith("numpy."):
        for key in ("value", "values", "py/tuple", "py/set"):
            if key in raw:
                found: object = raw[key]
                return found
    return _LEFT


def _readable(raw: object) -> object:
    """Return a value with its jsonpickle objects taken apart, or named where they stay."""
    value = _plain(raw)
    if value is _LEFT:
        given = as_dict(raw)
        kind = given.get("py/object") or given.get("py/type") or given.get("py/function")
        return f"<{kind}>" if isinstance(kind, str) else f"<{next(iter(given))}>"
    if isinstance(value, dict):
        return {key: _readable(child) for key, child in value.items()}
    return [_readable(child) for child in value] if isinstance(value, list) else value


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    """Yield what an object holds by its joined keys; lists stay whole."""
    if isinstance(value, dict):
        for inner, child in value.items():
            yield from _leaves(child, f"{key}.{inner}" if key else inner)
    else:
        yield key, value


FORMAT = Format(
    kind=KIND,
    title="Sacred run folders",
    recognised_by="a folder with Sacred's run.json and config.json, metrics.json or cout.txt",
    find=find,
    read=reader_of_one(KIND, _read_run),
    read_many=reader_of_many(KIND, _read_run),
)
