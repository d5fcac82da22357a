"""Results of airspeed velocity (asv), one run a file: a commit on a machine in an environment.

A metric is the benchmark's name with its parameters as ``asv compare`` prints them,
``time_sort(1000, 'quick')``. Null is a benchmark that failed: no value, one notice a machine. NaN
is one that was skipped and stays NaN. The start time is the commit's date, the only one that both
versions of the format have, and the one that asv orders its graphs by.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from functools import partial
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import Collector, place_of, reader_of_many
from rundiff.sources.documents import ends_of, entries_of, json_object
from rundiff.sources.foreign_json import as_dict, as_list, text_or_none
from rundiff.sources.history import number_of
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.sources.base import Batch, ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "asv"
Benchmarks = dict[str, dict[str, object]]
_RESULT_NAME = re.compile(r"[0-9a-f]{6,40}-.+\.json\Z")
_SIGNS = (b'"env_name"', b'"result_columns"', b'"requirements"')
_MACHINE = frozenset({"arch", "cpu", "machine", "num_cpu", "os", "ram"})
_PLACED = frozenset({"commit_hash", "date", "params", "python", "requirements", "env_vars",
                     "results", "result_columns", "version"})  # fmt: skip
_MEASURES = re.compile(r"(?:^|\.)(time|timeraw|mem|peakmem)_[^.]*\Z")
_UNITS = {"seconds": "s", "bytes": "B"}
_KINDS = {"time": "s", "timeraw": "s", "mem": "B", "memory": "B", "peakmem": "B",
          "peakmemory": "B"}  # fmt: skip
MAX_COMBINATIONS = 100_000
_LISTS = frozenset({"samples", "profile"})


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim the result files of a machine's folder, or of all machines beside benchmarks.json."""
    if "machine.json" in folder.files:
        yield from _files(tree, folder, frozenset({"machine.json"}))
        return
    machines = []
    if "benchmarks.json" in folder.files:
        for name in folder.folders:
            entries = entries_of(tree, folder.join(name))
            if entries is not None and "machine.json" in entries.files:
                machines.append(entries)
    if machines:
        names = {machine.path.rpartition("/")[2] for machine in machines}
        for machine in machines:
            yield from _files(tree, machine, frozenset({"benchmarks.json", *names}))
        return
    for name in folder.files:
        if name.endswith(".json") and _is_result(ends_of(tree, folder.join(name))):
            yield Claim(path=folder.join(name), kind=KIND, consumed=frozenset({name}))


def _files(tree: Tree, folder: Folder, consumed: frozenset[str]) -> Iterator[Claim]:
    for name in folder.files:
        if name.endswith(".json") and name != "machine.json" and (
            _RESULT_NAME.match(name) or _is_result(ends_of(tree, folder.join(name)))
        ):  # fmt: skip
            yield Claim(path=folder.join(name), kind=KIND, consumed=consumed | {name})


def _is_result(ends: bytes) -> bool:
    if b'"result_columns"' in ends[:4096]:
        return True
    return b'"commit_hash"' in ends and any(sign in ends for sign in _SIGNS)


def read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
    """Read result files into one batch; what is known of the benchmarks is read once a folder."""
    known: dict[str, Benchmarks] = {}
    return reader_of_many(KIND, partial(_read_file, known))(tree, claims, options)


def read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    """Read one result file."""
    return read_many(tree, [claim], options)


def _read_file(
    known: dict[str, Benchmarks],
    collector: Collector,
    tree: Tree,
    claim: Claim,
    _: ReadOptions,
) -> None:
    found = json_object(collector, tree, claim.path)
    if not isinstance(found.get("results"), dict):
        if found:
            collector.problem(tree.show(claim.path), "there are no results in it")
        return
    folder = claim.path.rpartition("/")[0]
    above = folder.rpartition("/")[0]
    if above not in known:
        known[above] = _benchmarks(collector, tree, above) if folder else {}
    params = dict(as_dict(found.get("params")))
    machine = {key: params.pop(key) for key in sorted(_MACHINE & params.keys())}
    run_id = collector.add_run(
        place_of(tree, claim.path),
        tree.show(claim.path),
        name=(tree.only_file or claim.path.rpartition("/")[2]).removesuffix(".json"),
        experiment=text_or_none(machine.get("machine")) or folder.rpartition("/")[2] or None,
        status="finished",
        start_time=micros_of_any(found.get("date")),
    )
    if found.get("version"):
        collector.met_version(f"format {found['version']}")
    collector.add_values("param", run_id, params)
    _add_environment(collector, run_id, found, machine)
    rest = {key: raw for key, raw in found.items() if key not in _PLACED and raw not in (None, {})}
    nested = {key: raw for key, raw in rest.items() if isinstance(raw, dict | list)}
    rest = {key: raw for key, raw in rest.items() if key not in nested}
    rest |= {key: json.dumps(raw, ensure_ascii=False) for key, raw in nested.items()}
    collector.add_plain("tag", run_id, rest)
    _add_results(collector, run_id, tree.show(folder or claim.path), found, known[above])


def _benchmarks(collector: Collector, tree: Tree, folder: str) -> Benchmarks:
    entries = entries_of(tree, folder)
    if entries is None or "benchmarks.json" not in entries.files:
        return {}
    found = json_object(collector, tree, entries.join("benchmarks.json"))
    return {name: as_dict(each) for name, each in found.items() if isinstance(each, dict)}


def _add_environment(
    collector: Collector, run_id: str, found: dict[str, object], machine: dict[str, object]
) -> None:
    requirements = {
        name: version for name, version in as_dict(found.get("requirements")).items() if version
    }
    facts: dict[str, object] = {
        "git": {"commit": found.get("commit_hash")},
        "python": {"version": found.get("python")},
        "host": machine.pop("machine", None),
        "platform": {"system": machine.pop("os", None), "machine": machine.pop("arch", None)},
        "hardware": machine,
        "packages": requirements,
        "variables": found.get("env_vars"),
    }
    kept = {
        key: {name: raw for name, raw in value.items() if raw is not None}
        if isinstance(value, dict)
        else value
        for key, value in facts.items()
    }
    collector.add_values("environment", run_id, {key: raw for key, raw in kept.items() if raw})


def _add_results(
    collector: Collector,
    run_id: str,
    where: str,
    found: dict[str, object],
    known: Benchmarks,
) -> None:
    columns = [str(name) for name in as_list(found.get("result_columns"))]
    failed: list[str] = []
    statistics: dict[str, object] = {}
    for name, raw in as_dict(found.get("results")).items():
        row = _row(raw, columns)
        about = known.get(name, {})
        values = row.pop("result", None)
        values = values if isinstance(values, list) else [values]
        keys = _keys(name, as_list(row.pop("params", None)), as_list(about.get("params")), values)
        for key, value in zip(keys, values, strict=False):
            number = number_of(value)
            if number is not None:
                collector.add_summary(run_id, key, number)
                _add_definition(collector, run_id, name, key, about)
            elif value is None:
                failed.append(key)
            else:
                collector.leave_out(where, "results that are no numbers", f"{key}: {value!r}")
        failed.extend(keys[len(values) :])
        kept = {key: cell for key, cell in row.items() if cell is not None and key not in _LISTS}
        if kept:
            statistics[name] = kept
        for key in sorted(_LISTS & row.keys()):
            if row[key] is not None:
                collector.leave_out(where, f"columns {key!r} of results", name)
    for key in failed:
        collector.leave_out(where, "benchmarks that failed (null)", key)
    tags: dict[str, object] = {"failed_benchmarks": len(failed)} if failed else {}
    if statistics:
        tags["statistics"] = json.dumps(statistics, ensure_ascii=False)
    collector.add_plain("tag", run_id, tags)


def _row(raw: object, columns: list[str]) -> dict[str, object]:
    """Return one benchmark's results by column, whatever the version of the format."""
    if isinstance(raw, dict):  # version 1 with parameters
        return dict(raw)
    if isinstance(raw, list) and columns:  # version 2; trailing columns may be left away
        return dict(zip(columns, raw, strict=False))
    return {"result": [raw]}  # version 1: the number itself


def _keys(name: str, own: list[object], known: list[object], values: list[object]) -> list[str]:
    """Return the metric's name for each combination of parameters, in asv's order."""
    if values == [None]:  # it failed before its parameters were tried
        return [name]
    for params in (own, known):
        choices = [[str(each) for each in as_list(choice)] for choice in params]
        count = math.prod(map(len, choices)) if choices else 1
        if len(values) <= count <= MAX_COMBINATIONS and (params is own or count == len(values)):
            joined = (", ".join(each) for each in itertools.product(*choices))
            return [f"{name}({each})" if each else name for each in joined]
    return [f"{name}[{place}]" for place in range(len(values))]


def _add_definition(
    collector: Collector, run_id: str, name: str, key: str, about: dict[str, object]
) -> None:
    """Say that time and memory are better low; what ``track_`` returns may be anything."""
    match = _MEASURES.search(name)
    kind = str(about.get("type") or (match[1] if match else ""))
    unit = text_or_none(about.get("unit")) or _KINDS.get(kind)
    goal = "min" if kind in _KINDS else None
    if goal is not None or unit is not None:
        collector.add_definition(
            run_id, key, goal=goal, unit=_UNITS.get(unit, unit) if unit else None
        )


FORMAT = Format(
    kind=KIND,
    title="asv results",
    recognised_by="results/<machine>/ with machine.json, or .json with commit_hash and results",
    find=find,
    read=read,
    read_many=read_many,
)
