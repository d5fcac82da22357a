"""DVC: a workspace, revisions of its git repository, and ``exp show --json`` dumps.

A workspace is one run: what dvc.yaml declares, as it lies there. ``dvc:PATH@REV`` is the state of a
commit, branch, tag or experiment, read out of git's objects (``dvc_git``); ``dvc:PATH@A..B`` is
every commit of a range that changed params, metrics or the lock (real histories change them in one
of nine commits). The id of such a run is its revision with the commit, so that two names of one
commit are two runs that do not differ. Code that a stage depends on goes to the environment by its
digest, data to the datasets.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rundiff.errors import RecordError, SourceError
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.collect import Collector, place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of
from rundiff.sources.dvc_git import Repository, told_experiments
from rundiff.sources.dvc_project import CODE, State, declared_paths, read_state
from rundiff.sources.dvc_show import looks_like_dump, shown_revisions
from rundiff.sources.dvc_values import add_param, by_key, numbers_of, parse_values
from rundiff.sources.foreign_json import as_dict, load_json
from rundiff.sources.history import number_of
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.dvc_git import Commit
    from rundiff.sources.dvc_show import Shown
    from rundiff.sources.tree import Folder, Tree

KIND = "dvc"
SCHEME = "dvc:"
_STATUSES = {"Success": "finished", "Failed": "failed", "Running": "running", "success": "finished",
             "failed": "failed", "running": "running"}  # fmt: skip
_TOLD = ("dvc.yaml", "dvc.lock", "params.yaml")
MAX_DECLARED = 500  # files of a folder that are compared with what is declared


class WorkspaceFiles:
    """The files beside a dvc.yaml, for ``dvc_project``."""

    where = "in the workspace (`dvc pull` or `dvc repro` may bring it)"

    def __init__(self, tree: Tree, base: str) -> None:
        self._tree, self._base = tree, base

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None if it is not there; raises RecordError."""
        place = self._place(path)
        if ".." in path.split("/") or not self._tree.exists(place):
            return None
        return self._tree.read(place)

    def below(self, path: str) -> list[str]:
        """Return the paths of the files below a folder, sorted."""
        place = self._place(path)
        if ".." in path.split("/"):
            return []
        start = len(self._base) + 1 if self._base else 0
        return sorted(
            folder.join(name)[start:] for folder in self._tree.walk(place) for name in folder.files
        )

    def show(self, path: str) -> str:
        """Return a path as shown in problems."""
        return self._tree.show(self._place(path))

    def _place(self, path: str) -> str:
        return f"{self._base}/{path}" if self._base else path


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim a project's folder by its dvc.yaml, and dumps of ``exp show``."""
    if "dvc.yaml" in folder.files and not _is_dvclive(folder):
        consumed = {"dvc.yaml", "dvc.lock", "params.yaml", "metrics.json"}
        consumed |= _declared(tree, folder)
        yield Claim(path=folder.path, kind="workspace", consumed=frozenset(consumed))
    for name in folder.files:
        path = folder.join(name)
        if name.lower().endswith(".json") and looks_like_dump(ends_of(tree, path)[:200]):
            yield Claim(path=path, kind="dump", consumed=frozenset({name}))


def _is_dvclive(folder: Folder) -> bool:
    """Tell whether a dvc.yaml is the one that dvclive 1 and 2 put beside their metrics."""
    return {"metrics.json", "dvc.lock"} & set(folder.files) == {"metrics.json"} and (
        "plots" in folder.folders
    )


def _declared(tree: Tree, folder: Folder) -> set[str]:
    """Return the files and dvclive folders that a dvc.yaml speaks of: they are of the same run."""
    path = folder.join("dvc.yaml")
    try:
        text = tree.read(path, limit=1 << 20)
        declared = set(declared_paths(parse_values(path, text)))
    except RecordError:
        return set()  # what is wrong with it is said when it is read
    return (declared & set(folder.files)) | {
        name
        for name in folder.folders
        if _is_all_declared(tree, folder, name, declared)
        or (f"{name}/metrics.json".encode() in text and tree.exists(folder.join(f"{name}/plots")))
    }


def _is_all_declared(tree: Tree, folder: Folder, name: str, declared: set[str]) -> bool:
    """Tell whether a folder holds nothing but what is declared."""
    if not any(path.startswith(f"{name}/") or path == name for path in declared):
        return False
    start = len(folder.join(""))
    found = (
        each.join(file)[start:] for each in tree.walk(folder.join(name)) for file in each.files
    )
    some = list(islice(found, MAX_DECLARED + 1))
    roots = tuple(f"{path}/" for path in declared)
    return len(some) <= MAX_DECLARED and all(
        path in declared or path.startswith(roots) for path in some
    )


def _read_one(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    if claim.kind == "dump":
        _read_dump(collector, tree, claim.path)
        return
    path = claim.path
    if tree.only_file is not None:  # dvc.yaml itself was named: its files are its neighbours
        path = ""
    place = place_of(tree, path).removesuffix("/dvc.yaml")
    state = read_state(WorkspaceFiles(tree, path))
    name = place.rpartition("/")[2]
    run_id = collector.add_run(place, tree.show(claim.path), experiment=name, name="workspace")
    pointed = told_experiments(tree, path)
    if pointed:
        collector.notice(tree.show(path), pointed)
    _add_state(collector, run_id, state)


def _read_dump(collector: Collector, tree: Tree, path: str) -> None:
    found = load_json(tree, path)
    place = place_of(tree, path)
    revisions = list(shown_revisions(found.value))
    told = {path for shown in revisions for part in ("metrics", "params")
            for path in as_dict(shown.data.get(part))}  # fmt: skip
    for shown in revisions:
        location = f"{place}#{shown.name or shown.revision[:10]}"
        if shown.error:
            collector.problem(location, shown.error)
        if shown.data:
            _add_shown(collector, shown, place, location, told)


def _add_shown(
    collector: Collector, shown: Shown, place: str, location: str, told: set[str]
) -> None:
    data = shown.data
    run_id = collector.add_run(
        f"{place}#{shown.revision}",
        location,
        experiment=place.rpartition("/")[2].rpartition(".")[0],
        name=shown.name or shown.revision[:10],
        status=_STATUSES.get(shown.state, ""),
        start_time=micros_of_any(data.get("timestamp")),
        parent_run_id=f"{place}#{shown.parent}" if shown.parent else None,
    )
    state = State()
    for path, values in as_dict(data.get("params")).items():
        for key, value in as_dict(as_dict(values).get("data")).items():
            add_param(state.params, path, key, value)
    found = [
        (path, key, value)
        for path, values in as_dict(data.get("metrics")).items()
        for key, value in numbers_of(as_dict(values).get("data"))
    ]
    state.metrics.update(by_key([each for each in found if each[1]]))
    _add_state(collector, run_id, state)
    for path, facts in as_dict(data.get("deps")).items():
        if path not in told:
            _add_input(collector, run_id, path, as_dict(facts).get("hash"), "")
    if shown.revision != "workspace":
        collector.add_values("environment", run_id, {"git.commit": shown.revision})


def _add_state(collector: Collector, run_id: str, state: State) -> None:
    for location, line, severity, message in state.problems:
        say = collector.problem if severity == "error" else collector.notice
        say(location, message, line=line)
    collector.add_values("param", run_id, state.params)
    for found in state.points:
        for step, value, time in found.points:
            collector.add_point(run_id, found.key, step, value, time=time)
    texts: dict[str, object] = {}
    for key, raw in state.metrics.items():
        number = number_of(raw)
        if number is None:
            texts[key] = raw
        else:
            collector.add_summary(run_id, key, number)
    collector.add_values("tag", run_id, texts)
    collector.add_values(
        "environment", run_id, {f"command.{name}": text for name, text in state.commands.items()}
    )
    known = {each.path for each in state.outputs} | state.declared
    for each in state.inputs:
        if each.path not in known:
            _add_input(collector, run_id, each.path, each.digest, each.stage)
    for each in state.outputs:
        collector.builder.add("artifact", {"run_id": run_id, "path": each.path, "size": each.size})


def _add_input(collector: Collector, run_id: str, path: str, digest: object, stage: str) -> None:
    text = str(digest or "")
    if path.lower().endswith(CODE):
        collector.add_plain("environment", run_id, {f"code.{path}": text})
        return
    collector.builder.add(
        "dataset", {"run_id": run_id, "name": path, "digest": text, "context": stage}
    )


def opens_uri(source: str) -> bool:
    """Tell whether a source is a revision: ``dvc:PATH@REV``."""
    return source.startswith(SCHEME)


def read_uri(source: str, _: ReadOptions) -> Batch:
    """Read the revisions that ``dvc:PATH@REV`` names; raises SourceError."""
    path, revision = _split(source)
    collector = Collector(KIND)
    name = Path(path).resolve().name
    previous: str | None = None
    with Repository(path) as repository:
        for label, sha in repository.resolve(revision):
            files = repository.files(sha)
            state = read_state(files)
            spelled = json.dumps([state.params, state.metrics, files.state(_TOLD)], default=str)
            is_range = ".." in revision
            if is_range and (state.is_empty or spelled == previous):
                continue
            previous = spelled
            commit = repository.commit(sha)
            title = commit.message.partition("\n")[0][:80] if is_range else label
            _add_commit(collector, commit, f"{name}@{label}", title, state)
    return collector.batch(f"{SCHEME}{name}@{revision}")


def _add_commit(collector: Collector, commit: Commit, place: str, title: str, state: State) -> None:
    label = place.partition("@")[2]
    run_id = collector.add_run(
        f"{label}:{commit.sha[:10]}",
        f"{SCHEME}{place}",
        experiment=place.partition("@")[0],
        name=title,
        start_time=commit.time,
        end_time=commit.time,
        status="finished",
        user=commit.author or None,
        note=commit.message or None,
    )
    collector.add_values("environment", run_id, {"git.commit": commit.sha})
    _add_state(collector, run_id, state)
    if state.is_empty:
        collector.problem(f"{SCHEME}{place}", "has neither params nor metrics")


def _split(source: str) -> tuple[str, str]:
    """Split ``dvc:PATH@REV``; both may hold "@", so the first PATH that is a folder counts."""
    rest = source.removeprefix(SCHEME)
    at = rest.find("@")
    while at >= 0:
        path = rest[:at] or "."
        if Path(path).is_dir() and rest[at + 1 :]:
            return path, rest[at + 1 :]
        at = rest.find("@", at + 1)
    path = rest or "."
    if Path(path).is_dir():
        return path, "HEAD"
    raise SourceError(f"{source!r} names no folder; a revision is written dvc:PATH@REV")


FORMAT = Format(
    kind=KIND,
    title="DVC",
    recognised_by="a folder with dvc.yaml, a dump of `dvc exp show --json`, or dvc:PATH@REV",
    find=find,
    read=reader_of_one(KIND, _read_one),
    read_many=reader_of_many(KIND, _read_one),
    opens_uri=opens_uri,
    read_uri=read_uri,
)
