"""Files of pytest-benchmark (``--benchmark-json``, ``.benchmarks/*/NNNN_*.json``), one run a file.

A metric is ``fullname/stat``. Of the statistics those are metrics that a reader compares; the rest
stays as one tag of JSON text, so that nothing is lost and 17 rows a benchmark are not shown. The
raw timings (``data``) are counted and left out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, json_object
from rundiff.sources.foreign_json import as_dict, as_list, text_or_none
from rundiff.sources.history import number_of
from rundiff.sources.times import micros_of_iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "pytest-benchmark"
# The first of these follows at once; raw timings may keep the others far from either end.
_SIGNS = (b'"python_implementation"', b'"benchmarks"', b'"commit_info"', b'"stats"')
_METRICS: dict[str, tuple[str | None, str | None]] = {
    **dict.fromkeys(("min", "max", "mean", "stddev", "median", "iqr"), ("min", "s")),
    "ops": ("max", "1/s"),
    "rounds": (None, None),
}
_PLACED = frozenset({"benchmarks", "machine_info", "commit_info", "datetime"})
_PYTHON = {"python_version": "version", "python_implementation": "implementation",
           "python_compiler": "compiler", "python_build": "build",
           "python_implementation_version": "implementation_version"}  # fmt: skip
_PLATFORM_FOLDER = re.compile(r"\w+-\w+-[\d.]+-\d+bit\Z")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLATFORM = ("system", "release", "machine", "processor")


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim the JSON files that name a machine and benchmarks at either end."""
    for name in folder.files:
        if not name.endswith(".json"):
            continue
        ends = ends_of(tree, folder.join(name))
        if b'"machine_info"' in ends and any(sign in ends for sign in _SIGNS):
            yield Claim(path=folder.join(name), kind=KIND, consumed=frozenset({name}))


def _read_file(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    where = tree.show(claim.path)
    found = json_object(collector, tree, claim.path)
    if not found:
        return
    commit = as_dict(found.get("commit_info"))
    run_id = collector.add_run(
        place_of(tree, claim.path),
        where,
        name=_name(place_of(tree, claim.path)),
        experiment=text_or_none(commit.get("project")),
        status="finished",
        start_time=micros_of_iso(found.get("datetime")),
    )
    collector.met_version(found.get("version"))
    benchmarks = dict(_named(collector, where, as_list(found.get("benchmarks"))))
    for name, benchmark in benchmarks.items():
        _add_stats(collector, run_id, where, name, as_dict(benchmark.get("stats")))
    _add_params(collector, run_id, benchmarks)
    collector.add_values("environment", run_id, _environment(found, commit))
    rest = {key: value for key, value in found.items() if key not in _PLACED}
    rest |= {f"commit_info.{key}": commit[key] for key in ("error",) if commit.get(key)}
    collector.add_values("tag", run_id, rest)
    _add_rest(collector, run_id, benchmarks)


def _name(place: str) -> str:
    """Return the file's name, with the platform's folder as pytest-benchmark itself calls it."""
    above, _, name = place.removesuffix(".json").rpartition("/")
    platform = above.rpartition("/")[2]
    return f"{platform}/{name}" if _PLATFORM_FOLDER.match(platform) else name


def _named(
    collector: Collector, where: str, benchmarks: list[object]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each benchmark by its full name; a second one of a name is told apart."""
    seen: dict[str, int] = {}
    for number, raw in enumerate(benchmarks, start=1):
        benchmark = as_dict(raw)
        name = text_or_none(benchmark.get("fullname")) or text_or_none(benchmark.get("name"))
        if name is None:
            collector.problem(where, f"benchmark {number} has no name")
            continue
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}~{seen[name]}", benchmark


def _add_stats(
    collector: Collector, run_id: str, where: str, name: str, stats: dict[str, object]
) -> None:
    for stat, (goal, unit) in _METRICS.items():
        if stat not in stats:
            continue
        key, number = f"{name}/{stat}", number_of(stats[stat])
        if number is None:
            collector.leave_out(where, "statistics that are no numbers", f"{key}: {stats[stat]!r}")
            continue
        collector.add_summary(run_id, key, number)
        if goal is not None or unit is not None:
            collector.add_definition(run_id, key, goal=goal, unit=unit)
    for _ in as_list(stats.get("data")):
        collector.leave_out(where, "raw timings", f"{name}/data")


def _without_addresses(params: object) -> object:
    """Return params without the addresses of objects, which are others in every process."""
    if not isinstance(params, dict):
        return params
    return {key: _ADDRESS.sub("", value) if isinstance(value, str) else value
            for key, value in params.items()}  # fmt: skip


def _add_params(
    collector: Collector, run_id: str, benchmarks: dict[str, dict[str, object]]
) -> None:
    """Add params and options; an option that is the same everywhere is named once."""
    params: dict[str, object] = {}
    options = {name: as_dict(each.get("options")) for name, each in benchmarks.items()}
    for option in dict.fromkeys(key for each in options.values() for key in each):
        spelled = {json.dumps(each.get(option)) for each in options.values()}
        if len(spelled) == 1:
            params[f"options.{option}"] = next(iter(options.values()))[option]
        else:
            params |= {f"{name}/options.{option}": each[option]
                       for name, each in options.items() if option in each}  # fmt: skip
    for name, each in benchmarks.items():
        if each.get("params"):
            params[f"{name}/params"] = _without_addresses(each["params"])
    collector.add_values("param", run_id, params)


def _environment(found: dict[str, object], commit: dict[str, object]) -> dict[str, object]:
    machine = dict(as_dict(found.get("machine_info")))
    facts: dict[str, object] = {
        "python": {name: machine.pop(key, None) for key, name in _PYTHON.items()},
        "platform": {key: machine.pop(key, None) for key in _PLATFORM},
        "host": machine.pop("node", None),
        "git": {
            "commit": commit.get("id"),
            **{key: commit.get(key) for key in ("branch", "dirty", "time", "author_time")},
        },
        "hardware": machine,
    }
    return {key: kept for key, value in facts.items() if (kept := _joined(value))}


def _joined(value: object) -> object:
    """Return facts without those that are null; a list (80 processor flags) is one text."""
    if isinstance(value, dict):
        kept = {key: _joined(child) for key, child in value.items()}
        return {key: child for key, child in kept.items() if child not in (None, {})}
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _add_rest(collector: Collector, run_id: str, benchmarks: dict[str, dict[str, object]]) -> None:
    rest: dict[str, object] = {}
    for name, each in benchmarks.items():
        stats = as_dict(each.get("stats"))
        more = {key: value for key, value in stats.items() if key not in _METRICS and key != "data"}
        if more:
            rest[name] = more
        if each.get("group") is not None:
            collector.add_plain("tag", run_id, {f"{name}/group": each["group"]})
        if each.get("extra_info"):
            collector.add_values("tag", run_id, {f"{name}/extra_info": each["extra_info"]})
    if rest:
        collector.add_plain(
            "tag", run_id, {"statistics": json.dumps(rest, ensure_ascii=False, sort_keys=True)}
        )


FORMAT = Format(
    kind=KIND,
    title="pytest-benchmark files",
    recognised_by="any .json with machine_info and benchmarks",
    find=find,
    read=reader_of_one(KIND, _read_file),
    read_many=reader_of_many(KIND, _read_file),
)
