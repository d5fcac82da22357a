"""One state of a DVC project, from a workspace or from a commit: what dvc.yaml declares and holds.

Params of ``params.yaml`` keep their keys; those of another file are ``file:key``, as DVC's command
line spells them. Metrics keep their dotted keys unless two files hold the same one; then both get
their file's path. A declared file that is not there is often not in git at all but in DVC's cache:
that is said, and its metrics are missing, not zero.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.sources.dvc_plots import SERIES, Points, points_of
from rundiff.sources.dvc_stages import Templates, TemplatesError, joined
from rundiff.sources.dvc_values import (
    DEFAULT_PARAMS,
    MAX_BYTES,
    add_param,
    by_key,
    numbers_of,
    parse_values,
    pick,
)
from rundiff.sources.foreign_json import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CODE = (".py", ".ipynb", ".sh", ".r", ".jl", ".scala")


class Files(Protocol):
    """Files of one state; paths are relative to the folder of dvc.yaml."""

    where: str  # "in the workspace", "in the commit"

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None if it is not there; raises RecordError."""

    def below(self, path: str) -> list[str]:
        """Return the paths of the files below a folder, sorted."""

    def show(self, path: str) -> str:
        """Return a path as shown in problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """An input of a stage, as dvc.lock has it."""

    path: str
    digest: str
    size: int | None
    stage: str


@dataclass(slots=True, kw_only=True)
class State:
    """What a project declares and holds in one state."""

    params: dict[str, object] = field(default_factory=dict)
    metrics: dict[str, object] = field(default_factory=dict)
    points: list[Points] = field(default_factory=list)
    commands: dict[str, object] = field(default_factory=dict)
    inputs: list[Dependency] = field(default_factory=list)
    outputs: list[Dependency] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)  # files of params, metrics and plots
    problems: list[tuple[str, int | None, str, str]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to compare."""
        return not (self.params or self.metrics or self.points)


def read_state(files: Files) -> State:
    """Return a project's state; what cannot be read is among its problems."""
    return _Reader(files).read()


class _Reader:
    def __init__(self, files: Files) -> None:
        self._files = files
        self._state = State()
        self._values: dict[str, object] = {}

    def read(self) -> State:
        pipeline = as_dict(self._load("dvc.yaml", is_needed=False))
        defaults = as_dict(self._load(DEFAULT_PARAMS, is_needed=False))
        self._has_defaults = bool(defaults)
        variables = defaults | self._vars(pipeline)
        stages: Mapping[str, object] = as_dict(pipeline.get("stages"))
        templates = Templates(variables)
        try:
            stages, pipeline = (
                templates.unrolled(stages),
                {
                    key: templates.filled(pipeline.get(key))
                    for key in ("params", "metrics", "plots")
                },
            )
        except TemplatesError as error:
            self._say("dvc.yaml", str(error))
        self._state.declared.update(declared_paths({**pipeline, "stages": stages}))
        self._read_params(pipeline, stages)
        self._read_metrics(pipeline, stages)
        self._read_plots(pipeline, stages)
        self._read_lock()
        for name, stage in stages.items():
            command = as_dict(stage).get("cmd")
            if command is not None and name not in self._state.commands:
                self._state.commands[name] = command
        return self._state

    def _vars(self, pipeline: Mapping[str, object]) -> dict[str, object]:
        """Return what ``vars`` gives: values, and files (``file.json``, ``file.json:key,key``)."""
        found: dict[str, object] = {}
        for each in as_list(pipeline.get("vars")):
            if isinstance(each, str):
                path, _, keys = each.partition(":")
                values = as_dict(self._load(joined("", path)))
                wanted = [key.strip() for key in keys.split(",")] if keys else list(values)
                found |= {key: values[key] for key in wanted if key in values}
            found |= as_dict(each)
        return found

    def _read_params(self, pipeline: Mapping[str, object], stages: Mapping[str, object]) -> None:
        wanted: dict[str, set[str] | None] = {}
        if self._has_defaults:
            wanted[DEFAULT_PARAMS] = None
        declared = as_list(pipeline.get("params"))
        for path in declared:
            if isinstance(path, str):
                wanted[joined("", path)] = None
        for stage in stages.values():
            for each in as_list(as_dict(stage).get("params")):
                if isinstance(each, dict):
                    for path, keys in each.items():
                        _want(wanted, joined("", path), keys)
        for path, some in wanted.items():
            values = self._load(path)
            if values is not None:
                self._add_params(path, values, some)

    def _add_params(self, path: str, values: object, some: set[str] | None) -> None:
        if some is None:
            found = values.items() if isinstance(values, dict) else [("value", values)]
            for key, each in found:
                add_param(self._state.params, path, str(key), each)
            return
        for key in sorted(some):
            try:
                add_param(self._state.params, path, key, pick(values, key))
            except KeyError:
                self._say(path, f"has no param {key!r}", severity="notice")

    def _read_metrics(self, pipeline: Mapping[str, object], stages: Mapping[str, object]) -> None:
        paths = [joined("", path) for path, _ in _entries(pipeline, stages, "metrics")]
        found: list[tuple[str, str, object]] = []
        for path in dict.fromkeys(paths):
            values = self._load(path)
            if values is not None:
                found.extend((path, key, value) for key, value in numbers_of(values))
        self._state.metrics.update(by_key(found))

    def _read_plots(self, pipeline: Mapping[str, object], stages: Mapping[str, object]) -> None:
        named: dict[str, tuple[Mapping[str, object], str]] = {}
        known: set[str] = set()
        for spelled, options in _entries(pipeline, stages, "plots"):
            files = as_dict(options.get("y"))
            if files:  # then what is spelled is a title
                for each in files:
                    prefix = f"{each.rpartition('.')[0]}." if len(files) > 1 else ""
                    named[joined("", each)] = (options, prefix)
                continue
            path = joined("", spelled)
            inner = self._files.below(path)
            for place in inner or [path]:
                known.add(place)
                name = place[len(path) + 1 :].rpartition(".")[0] if inner else ""
                self._add_points(place, options, name)
        for place, (options, prefix) in named.items():
            if place not in known:
                self._add_points(place, options, prefix=prefix)

    def _add_points(
        self, path: str, options: Mapping[str, object], name: str = "", *, prefix: str = ""
    ) -> None:
        """Add the series of a plot's file; what is a metric, too, is called as DVC shows it."""
        data = self._data(path) if path.lower().endswith(SERIES) else None
        if data is None:
            return
        metrics = self._state.metrics
        try:
            for found in points_of(path, data, options, name):
                dotted = found.key.replace("/", ".")
                key = dotted if dotted in metrics else prefix + found.key
                self._state.points.append(found._replace(key=key))
        except RecordError as error:
            self._say(path, error.message, line=error.line)

    def _read_lock(self) -> None:
        lock = as_dict(self._load("dvc.lock", is_needed=False))
        stages = as_dict(lock["stages"]) if "stages" in lock else lock
        for name, stage in stages.items():
            fields = as_dict(stage)
            if "cmd" in fields:
                self._state.commands[name] = fields["cmd"]
            self._state.inputs.extend(_dependencies(fields.get("deps"), name))
            self._state.outputs.extend(_dependencies(fields.get("outs"), name))

    def _load(self, path: str, *, is_needed: bool = True) -> object:
        """Return a file's values, None where it is not there or unreadable."""
        if path in self._values:
            return self._values[path]
        data = self._data(path, is_needed=is_needed)
        value: object = None
        if data is not None:
            try:
                value = parse_values("x.yaml" if path == "dvc.lock" else path, data)
            except RecordError as error:
                self._say(path, error.message, line=error.line)
        self._values[path] = value
        return value

    def _data(self, path: str, *, is_needed: bool = True) -> bytes | None:
        try:
            data = self._files.read(path)
        except RecordError as error:
            self._say(path, error.message, line=error.line)
            return None
        if data is None and is_needed:
            self._say(path, f"is declared, but not {self._files.where}", severity="notice")
        return data if data is None or len(data) <= MAX_BYTES else None

    def _say(
        self, path: str, message: str, *, line: int | None = None, severity: str = "error"
    ) -> None:
        self._state.problems.append((self._files.show(path), line, severity, message))


def _want(wanted: dict[str, set[str] | None], path: str, keys: object) -> None:
    if not as_list(keys):
        wanted[path] = None
        return
    found = wanted.setdefault(path, set())
    if found is not None:
        found.update(str(key) for key in as_list(keys))


def _entries(
    pipeline: Mapping[str, object], stages: Mapping[str, object], what: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield path and options of declared metrics or plots, of the project and of its stages."""
    owners = [pipeline, *(as_dict(stage) for stage in stages.values())]
    for owner in owners:
        declared = owner.get(what)
        for each in declared.items() if isinstance(declared, dict) else as_list(declared):
            if isinstance(each, str):
                yield each, {}
            elif isinstance(each, tuple):
                yield str(each[0]), as_dict(each[1])
            elif isinstance(each, dict):
                for path, options in each.items():
                    yield str(path), as_dict(options)


def declared_paths(pipeline: object) -> Iterator[str]:
    """Yield the files of params, metrics and plots that a dvc.yaml declares beside itself."""
    found = as_dict(pipeline)
    loops = {name: as_dict(stage) for name, stage in as_dict(found.get("stages")).items()}
    stages = {name: as_dict(stage.get("do")) or stage for name, stage in loops.items()}
    here = {name: stage for name, stage in stages.items() if "wdir" not in stage}
    for what in ("params", "metrics", "plots"):
        for path, options in _entries(found, here, what):
            yield from (joined("", each) for each in (as_dict(options.get("y")) or (path,)))


def _dependencies(value: object, stage: str) -> Iterator[Dependency]:
    for each in as_list(value):
        fields = as_dict(each)
        digest = next(
            (fields[key] for key in ("md5", "etag", "checksum", "hash") if fields.get(key)), ""
        )
        size = fields.get("size")
        if fields.get("path"):
            yield Dependency(
                path=str(fields["path"]),
                digest=str(digest),
                size=size if isinstance(size, int) and not isinstance(size, bool) else None,
                stage=stage,
            )
