"""Ultralytics (YOLO): ``results.csv`` and ``args.yaml`` in ``runs/<task>/<name>``.

YOLOv5 and early v8 pad the column names with blanks and write ``opt.yaml`` with a nested ``hyp``.
Values have six significant digits in the file; more cannot be known. A training folder without
``results.csv`` is a run that crashed before its first epoch, and listed; a folder of
``mode: predict`` or ``val`` is no training and only mentioned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import name_of, place_of, reader_of_many, reader_of_one
from rundiff.sources.foreign_json import as_dict
from rundiff.sources.metric_rows import add_metric_rows, load_csv, peek_header
from rundiff.sources.tensorboard import add_events, is_event_file, load_event_files
from rundiff.sources.yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "ultralytics"
RESULTS = "results.csv"
_ARGUMENTS = ("args.yaml", "opt.yaml", "hyp.yaml")
_SIGN = re.compile(r"(?:train|val|metrics|lr|x)/")
_TASK = re.compile(rb"^(?:task|mode|weights|imgsz|hyp)\s*:", re.MULTILINE)
_NAME = re.compile(rb"^name\s*:\s*['\"]?([^'\"\r\n#]+)", re.MULTILINE)


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim results and arguments of a run folder."""
    names = set(folder.files)
    has_results = RESULTS in names and _is_results(peek_header(tree, folder.join(RESULTS)))
    arguments = {name for name in _ARGUMENTS if name in names}
    if not has_results and not any(_is_arguments(tree, folder.join(name)) for name in arguments):
        return
    events = {name for name in names if is_event_file(name)}
    own = {RESULTS} if has_results else set()
    yield Claim(path=folder.path, kind=KIND, consumed=frozenset(own | arguments | events))


def _is_results(header: tuple[str, ...]) -> bool:
    return "epoch" in header and any(_SIGN.match(name) for name in header)


def _is_arguments(tree: Tree, path: str) -> bool:
    return len(set(_TASK.findall(tree.read_head(path, 16_384)))) >= 2


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    base = f"{claim.path}/" if claim.path else ""
    where = tree.show(claim.path)
    params = _load_arguments(collector, tree, base, claim)
    if RESULTS not in claim.consumed and params.get("mode", "train") != "train":
        collector.notice(where, f"mode {params['mode']!r}, not a training; not listed as a run")
        return
    parent = claim.path.rpartition("/")[0]
    run_id = collector.add_run(
        place_of(tree, claim.path),
        where,
        name=name_of(tree, claim.path),
        experiment=parent.rpartition("/")[2] or None,
        state="complete" if RESULTS in claim.consumed else "interrupted",
    )
    if RESULTS in claim.consumed:
        table = load_csv(tree, base + RESULTS)
        add_metric_rows(collector, run_id, table, tree.show(base + RESULTS), steps=("epoch",))
    else:
        collector.notice(where, "no results.csv: the training ended before its first epoch")
    collector.add_values("param", run_id, params)
    data = params.get("data")
    if isinstance(data, str) and data:
        name = re.split(r"[/\\]", data)[-1].removesuffix(".yaml")
        collector.builder.add(
            "dataset", {"run_id": run_id, "name": name, "context": "train", "source": data}
        )
    events = sorted(base + name for name in claim.consumed if is_event_file(name))
    if events:
        add_events(collector, run_id, load_event_files(collector, tree, events), where)
    for inner in ("", "weights/"):
        if tree.only_file is None and tree.exists(base + inner):
            folder = tree.folder((base + inner).rstrip("/"))
            for file in folder.files:
                if file not in claim.consumed:
                    collector.add_artifact(run_id, inner + file, tree, folder.join(file))


def _load_arguments(collector: Collector, tree: Tree, base: str, claim: Claim) -> dict[str, object]:
    """Return the arguments; ``name`` stays text, though ``007`` looks like a number."""
    params: dict[str, object] = {}
    for file in _ARGUMENTS:
        if file not in claim.consumed:
            continue
        where = tree.show(base + file)
        try:
            data = tree.read(base + file)
            document = parse_yaml(data)
        except RecordError as error:
            collector.problem(where, error.message, line=error.line)
            continue
        for line, message in document.notices:
            collector.notice(where, message, line=line)
        found = as_dict(document.value)
        name = _NAME.search(data)
        if name is not None and isinstance(found.get("name"), int | float):
            found["name"] = name.group(1).decode("utf-8", "backslashreplace").strip()
        params |= {"hyp": found} if file == "hyp.yaml" else found
    return params


FORMAT = Format(
    kind=KIND,
    title="Ultralytics",
    recognised_by="results.csv with epoch and train/* columns, or args.yaml with task and mode",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
