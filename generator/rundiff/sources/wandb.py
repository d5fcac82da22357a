"""Weights & Biases run folders, online and offline, read without the library or the service.

An offline run is one binary log (``wandb_log``); an online run has ``files/config.yaml``,
``wandb-summary.json`` and ``wandb-metadata.json`` beside it, and sometimes nothing else, when the
log was too large for git. Until 0.9 these lay in the run's folder with ``wandb-history.jsonl``. The
log counts where both speak of a key. A copy of ``latest-run`` is the same run again and is joined
with it when everything is read (``merge``).

The step is W&B's own ``_step``, never a custom step metric, and ``_timestamp`` gives the time. A
summary value without a history is a metric with no points; one that differs from the last point of
its history is kept as the tag ``summary.<key>``, like summary values that are text.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import entries_of
from rundiff.sources.foreign_json import as_dict, text_or_none, without_nulls
from rundiff.sources.history import number_of
from rundiff.sources.protobuf import as_message
from rundiff.sources.times import micros_of_iso, micros_of_seconds
from rundiff.sources.wandb_files import FILES, RunFiles
from rundiff.sources.wandb_log import Fields, microseconds_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rundiff.sources.base import Batch, ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "wandb"
_RUN_FOLDER = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-(.+)\Z|latest-run\Z")
_SIGNS = frozenset({"wandb-summary.json", "wandb-metadata.json"})
_OWN = frozenset({"_step", "_timestamp", "_runtime", "_wandb"})
_CONFIG = re.compile(rb"^(?:wandb_version|_wandb):", re.MULTILINE)
_TYPE = "._type"
_PRIVATE = frozenset({"email", "root", "codePath", "codePathLocal", "heartbeatAt", "state",
                      "startedAt", "git", "username", "disk", "writerId"})  # fmt: skip


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim a run folder as a whole, a bare ``files`` folder, or single logs."""
    logs = [name for name in folder.files if name.endswith(".wandb")]
    is_files_folder = not _SIGNS.isdisjoint(folder.files)
    has_files = "files" in folder.folders and _has_run_files(tree, folder.join("files"))
    named = _RUN_FOLDER.match(folder.path.rpartition("/")[2] or tree.label)
    if len(logs) <= 1 and not is_files_folder and (has_files or (logs and named)):
        yield Claim(path=folder.path, kind=KIND, is_whole_folder=True)
        return
    for name in logs:
        yield Claim(path=folder.join(name), kind=KIND, consumed=frozenset({name}))
    if is_files_folder:
        yield Claim(path=folder.path, kind=KIND, consumed=FILES.intersection(folder.files))


def _has_run_files(tree: Tree, path: str) -> bool:
    """Tell whether a folder ``files`` is W&B's; a run that crashed at once has but a config."""
    inner = entries_of(tree, path)
    if inner is None or not _SIGNS.isdisjoint(inner.files):
        return inner is not None
    is_config = "config.yaml" in inner.files
    return is_config and _CONFIG.search(tree.read_head(inner.join("config.yaml"), 512)) is not None


def _read_run(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    files = RunFiles(collector, tree, claim)
    files.load()
    _Run(collector, files).add()


def _read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
    """Read copies called ``latest-run`` last, so that the run stands where its own folder is."""
    ordered = sorted(claims, key=lambda claim: claim.path.endswith("latest-run"))
    return reader_of_many(KIND, _read_run)(tree, ordered, options)


class _Run:
    """One run on its way into the tables."""

    def __init__(self, collector: Collector, files: RunFiles) -> None:
        self.out, self.files = collector, files

    def add(self) -> None:
        """Hand everything over to the collector."""
        fields = self.files.log.run
        run_id = self.out.add_run(
            text_of(fields, 1) or self._id_from_path(),
            self.files.where,
            experiment=text_of(fields, 3) or text_or_none(self.files.metadata.get("project")),
            name=text_of(fields, 8) or text_of(fields, 1) or self._id_from_path(),
            user=text_of(fields, 2)
            or text_or_none(self.files.metadata.get("username"))
            or text_of(self.files.log.environment, 13)
            or None,
            note=text_of(fields, 9) or None,
            **self._outcome(),
        )
        self.out.add_values("param", run_id, self.files.config)
        self.out.add_plain("tag", run_id, self._tags())
        self._add_environment(run_id)
        self._add_history(run_id)
        self._add_summary(run_id)
        self._add_definitions(run_id)
        for name, path in self.files.artifacts:
            self.out.add_artifact(run_id, name, self.files.tree, path)

    def _id_from_path(self) -> str:
        name = (self.files.log_path or "").rpartition("/")[2]
        if name.startswith("run-") and name.endswith(".wandb"):
            return name[4:-6]
        folder = self.files.path.rpartition("/")[2] or self.files.tree.label
        if folder == "files":
            folder = self.files.path.rpartition("/")[0].rpartition("/")[2] or folder
        match = _RUN_FOLDER.match(folder)
        is_everybodys = folder in ("files", "latest-run")
        own = place_of(self.files.tree, self.files.path) if is_everybodys else folder
        return (match and match.group(1)) or own

    def _outcome(self) -> dict[str, object]:
        summary = self.files.summary
        start = (
            microseconds_of(self.files.log.run, 17)
            or micros_of_iso(self.files.metadata.get("startedAt"))
            or micros_of_seconds(self.files.internal.get("start_time"))
        )
        runtime = self.files.log.runtime
        last, since = number_of(summary.get("_timestamp")), number_of(summary.get("_runtime"))
        if start is None and last is not None and since is not None:
            start, runtime = micros_of_seconds(last.value - since.value), int(since.value)
        if runtime is None:
            recorded = number_of(as_dict(summary.get("_wandb")).get("runtime")) or number_of(
                summary.get("_runtime")
            )
            runtime = int(recorded.value) if recorded else None
        end = start + runtime * 1_000_000 if start is not None and runtime is not None else None
        status, state = "", "complete"
        written = self.files.metadata.get("exitcode")  # until 0.9
        is_log_silent = self.files.log.exit_code is None and isinstance(written, int)
        exit_code = written if is_log_silent else self.files.log.exit_code
        if exit_code is not None:
            status = "finished" if exit_code == 0 else "failed"
        elif self.files.log_path is not None and self.files.log.has_run:
            status, state = "running", "interrupted" if self.files.log.problems else "running"
        if self.files.log_path is not None and not self.files.log.has_run:
            state = "damaged"
        return {"status": status, "state": state, "start_time": start, "end_time": end}

    def _tags(self) -> dict[str, object]:
        fields = self.files.log.run
        tags = {f"wandb.{name}": text_of(fields, number)
                for name, number in (("group", 6), ("job_type", 7), ("sweep_id", 12))}  # fmt: skip
        labels = [raw.decode("utf-8", "backslashreplace") for raw in fields.get(10, [])
                  if isinstance(raw, bytes)]  # fmt: skip
        tags["wandb.tags"] = ", ".join(labels)
        for rule in self.files.log.rules:
            if rule.step_metric and not rule.is_pattern:
                tags[f"wandb.step_metric.{rule.name}"] = rule.step_metric
        return {key: text for key, text in tags.items() if text}

    def _add_environment(self, run_id: str) -> None:
        metadata, record = self.files.metadata, self.files.log.environment
        facts = {key: value for key, value in metadata.items()
                 if key not in _PRIVATE and value is not None}  # fmt: skip
        python = facts.pop("python", None) or self.files.internal.get("python_version")
        facts["python"] = {"version": python or text_of(record, 2).rpartition(" ")[2] or None}
        facts["git"] = _git(metadata, self.files.log.run)
        for name, number in (("os", 1), ("program", 6), ("host", 12), ("gpu", 18)):
            facts.setdefault(name, text_of(record, number) or None)
        version = text_or_none(self.files.internal.get("cli_version")) or self.files.log.version
        facts["wandb"] = {"version": version or None}
        self.out.met_version(version)
        facts["packages"] = self.files.packages
        facts = {key: without_nulls(value) for key, value in facts.items()}
        self.out.add_values(
            "environment", run_id, {key: value for key, value in facts.items() if value}
        )

    def _add_history(self, run_id: str) -> None:
        where = self.files.tree.show(self.files.log_path or self.files.path)
        for place, row in enumerate(self.files.rows):
            at = number_of(row.get("_step"))
            step = at.value if at else float(place)
            time = micros_of_seconds(row.get("_timestamp"))
            media = _media(row)
            for key, raw in row.items():
                if key.endswith(_TYPE):
                    self.out.leave_out(where, f"objects of type {raw!r}", repr(key[: -len(_TYPE)]))
                elif key not in _OWN and not (media and key.startswith(media)):
                    self._add_points(run_id, where, key, raw, (step, time))

    def _add_points(
        self, run_id: str, where: str, key: str, raw: object, at: tuple[float, int | None]
    ) -> None:
        if isinstance(raw, dict):
            if "_type" in raw:
                self.out.leave_out(where, f"objects of type {raw['_type']!r}", f"{key!r}")
                return
            for name, child in raw.items():
                self._add_points(run_id, where, f"{key}.{name}", child, at)
        elif isinstance(raw, bool):
            self.out.add_point(run_id, key, at[0], int(raw), time=at[1])
        elif not self.out.add_point(run_id, key, at[0], raw, time=at[1]):
            self.out.leave_out(where, "values that are no numbers", f"{key!r}: {raw!r}")

    def _add_summary(self, run_id: str) -> None:
        where = self.files.tree.show(self.files.path)
        histories = self.out.history.of_run(run_id)
        kept: dict[str, object] = {}
        for key, raw in _leaves(self.files.summary, ""):
            if key in _OWN:
                continue
            if isinstance(raw, dict):
                self.out.leave_out(where, f"summary objects of type {raw['_type']!r}", f"{key!r}")
                continue
            number = number_of(int(raw) if isinstance(raw, bool) else raw)
            series = histories.get(key)
            if series is not None:
                last = series.values[series.last_index()]
                if number is None or (number.value != last and number.value == number.value):
                    kept[f"summary.{key}"] = raw
            elif number is None:
                kept[f"summary.{key}"] = raw
            else:
                self.out.add_summary(run_id, key, number)
        self.out.add_values("tag", run_id, kept)

    def _add_definitions(self, run_id: str) -> None:
        for key in self.out.history.of_run(run_id):
            for rule in self.files.log.rules:
                is_meant = fnmatchcase(key, rule.name) if rule.is_pattern else key == rule.name
                if is_meant and rule.goal is not None:
                    self.out.add_definition(run_id, key, goal=rule.goal)
                    break


def _media(row: Mapping[str, object]) -> tuple[str, ...]:
    """Return how the keys of media objects begin that the log holds leaf by leaf (0.31 does)."""
    return tuple(key.removesuffix(_TYPE) + "." for key in row if key.endswith(_TYPE))


def _leaves(value: dict[str, object], prefix: str) -> Iterable[tuple[str, object]]:
    """Yield nested summary values by their joined keys; media objects stay whole."""
    for name, child in value.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(child, dict) and "_type" not in child and name not in _OWN:
            yield from _leaves(child, key)
        else:
            yield key, child if name not in _OWN else None


def _git(metadata: dict[str, object], run: Fields) -> dict[str, object]:
    recorded = as_dict(metadata.get("git"))
    raw = run.get(21, [b""])[-1]
    fields = as_message(raw) if isinstance(raw, bytes) else {}
    return {
        "commit": text_of(fields, 2) or recorded.get("commit"),
        "remote": text_of(fields, 1) or recorded.get("remote"),
    }


FORMAT = Format(
    kind=KIND,
    title="Weights & Biases",
    recognised_by="run-*.wandb, or wandb-summary.json beside config.yaml",
    find=find,
    read=reader_of_one(KIND, _read_run),
    read_many=_read_many,
)
