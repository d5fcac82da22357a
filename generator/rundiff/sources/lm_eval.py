"""Results of the lm-evaluation-harness, one run a file.

A metric is ``task/acc``; the filter "none" is left away, so that the names of version 0.3 ("acc")
and of 0.4 ("acc,none") meet, any other stays: ``task/exact_match,strict-match``. Its standard error
is the metric ``…_stderr`` beside it; "N/A" is no value. A task is also a data set: number of
samples, version and prompt decide whether two scores may be compared at all.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, json_object
from rundiff.sources.foreign_json import as_dict, text_or_none
from rundiff.sources.history import number_of
from rundiff.sources.text import clean_text
from rundiff.sources.times import micros_of_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "lm-eval"
_HEAD = re.compile(rb'\s*(?:\xef\xbb\xbf)?\{\s*"results"\s*:\s*\{')
_TIMED = re.compile(r"results_(\d{4}-\d\d-\d\dT[\d.-]+)\.json\Z")
_SAMPLES = re.compile(r"samples_.+_(\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl\Z")
_SIGNS = (b'"model_args"', b'"model_source"', b'"group_subtasks"')
_PER_TASK = frozenset({"results", "groups", "configs", "versions", "n-shot", "n-samples",
                       "higher_is_better", "task_hashes", "group_subtasks"})  # fmt: skip
_PLACED = frozenset({"config", "git_hash", "transformers_version", "lm_eval_version",
                     "pretty_env_info", "date"})  # fmt: skip
_FACTS = {
    "python.version": re.compile(r"^Python version: (\S+)", re.MULTILINE),
    "packages.torch": re.compile(r"^PyTorch version: (\S+)", re.MULTILINE),
    "platform.system": re.compile(r"^OS: (.+)", re.MULTILINE),
}
# What the harness's own tasks declare; version 0.3 knew it and did not write it down.
_KNOWN_GOALS: dict[str, bool] = {
    **dict.fromkeys(("acc", "acc_norm", "em", "exact_match", "f1", "mcc", "mc1", "mc2", "bleu"),
                    True),
    **dict.fromkeys(("ppl", "word_perplexity", "byte_perplexity", "bits_per_byte", "ter",
                     "likelihood_difference", "pct_stereotype"), False),
}  # fmt: skip
_MISSING = frozenset({"N/A", ""})
_NAMES, _COUNTS = frozenset({"alias", " ", "name"}), ("sample_len", "sample_count")  # 0.4.12 on


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim results files by name and first bytes, others by what they hold."""
    samples = {name: match[1] for name in folder.files if (match := _SAMPLES.match(name))}
    for name in folder.files:
        if not name.endswith(".json"):
            continue
        ends = ends_of(tree, folder.join(name))
        timed = _TIMED.match(name)
        if not _HEAD.match(ends) or not (timed or any(sign in ends for sign in _SIGNS)):
            continue
        own = {sample for sample, time in samples.items() if timed and time == timed[1]}
        version = "0.4" if b'"alias"' in ends or b",none" in ends else "0.3"
        yield Claim(
            path=folder.join(name), kind=KIND, consumed=frozenset({name, *own}), version=version
        )


def _read_results(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    where = tree.show(claim.path)
    found = json_object(collector, tree, claim.path)
    if not found:
        return
    collector.met_version(found.get("lm_eval_version") or claim.version)
    config = as_dict(found.get("config"))
    model_args = _model_args(config.get("model_args"))
    start = micros_of_seconds(found.get("date"))
    run_id = collector.add_run(
        place_of(tree, claim.path),
        where,
        name=_model_name(found, model_args) or claim.path.rpartition("/")[2].removesuffix(".json"),
        status="finished",
        start_time=start,
        end_time=_end(start, found.get("total_evaluation_time_seconds")),
    )
    params = {**config, "model_args": model_args, "n-shot": _shots(found.get("n-shot"))}
    collector.add_values(
        "param", run_id, {key: value for key, value in params.items() if value != {}}
    )
    _add_metrics(collector, run_id, where, found)
    _add_tasks(collector, run_id, found)
    _add_environment(collector, run_id, found)
    rest = {key: value for key, value in found.items() if key not in _PER_TASK | _PLACED}
    rest = {key: value for key, value in rest.items() if value is not None}
    texts = {key: value for key, value in rest.items() if not isinstance(value, dict | list)}
    collector.add_plain("tag", run_id, texts)
    nested = {key: value for key, value in rest.items() if key not in texts}
    nested["group_subtasks"] = {
        group: ", ".join(map(str, names))
        for group, names in as_dict(found.get("group_subtasks")).items()
        if isinstance(names, list) and names
    }
    collector.add_values("tag", run_id, {key: value for key, value in nested.items() if value})
    _add_samples(collector, run_id, tree, claim)


def _model_args(raw: object) -> dict[str, object]:
    """Return the model's arguments by name, as a text "a=b,c=d" or an object gives them."""
    if isinstance(raw, dict):
        return raw
    if not isinstance(raw, str) or not raw.strip():
        return {}
    found: dict[str, object] = {}
    for part in raw.split(","):
        key, equals, value = part.partition("=")
        if equals:
            found[key.strip()] = value
        elif found:  # a comma inside a value
            last = next(reversed(found))
            found[last] = f"{found[last]},{part}"
        else:
            return {"text": raw}
    return found


def _model_name(found: dict[str, object], model_args: dict[str, object]) -> str | None:
    name = text_or_none(model_args.get("pretrained")) or text_or_none(found.get("model_name"))
    name = name or text_or_none(model_args.get("model")) or text_or_none(model_args.get("engine"))
    name = name or text_or_none(as_dict(found.get("config")).get("model"))
    added = [text_or_none(model_args.get(key)) for key in ("peft", "delta")]
    revision = text_or_none(model_args.get("revision"))
    if name is None:
        return None
    parts = [name, *(text for text in added if text)]
    return " + ".join(parts) + (f" @{revision}" if revision and revision != "main" else "")


def _shots(raw: object) -> object:
    """Return the shots of each task, or one number where all tasks have the same."""
    shots = as_dict(raw)
    different = {json.dumps(value) for value in shots.values()}
    return next(iter(shots.values())) if len(different) == 1 else shots


def _end(start: int | None, seconds: object) -> int | None:
    try:
        length = float(seconds) if isinstance(seconds, str | int | float) else -1.0
    except (ValueError, OverflowError):
        return None
    return start + round(length * 1e6) if start is not None and 0 <= length < 1e9 else None


def _add_metrics(collector: Collector, run_id: str, where: str, found: dict[str, object]) -> None:
    goals = as_dict(found.get("higher_is_better"))
    usual: dict[str, bool] = {} if "higher_is_better" in found else _KNOWN_GOALS
    seen: dict[str, float] = {}
    texts: dict[str, object] = {}
    for task, name, raw in _measured(found):
        metric, is_error, filter_name = _taken_apart(name)
        key = f"{task}/{metric}" + ("" if filter_name in ("", "none") else f",{filter_name}")
        key = clean_text(key + ("_stderr" if is_error else ""))
        if name.startswith(_COUNTS):
            continue  # how many samples there are is told by the data sets
        number = number_of(raw)
        if number is None:
            if name not in _NAMES and raw is not None:
                if isinstance(raw, str) and raw in _MISSING:
                    collector.leave_out(where, 'values "N/A"', key)
                else:
                    texts[f"results.{key}"] = raw
            continue
        if key in seen:
            if number.value != seen[key] and number.value == number.value:
                collector.notice(where, f"{key!r} has two values; the first one counts")
            continue
        seen[key] = number.value
        collector.add_summary(run_id, key, number)
        goal = as_dict(goals.get(task)).get(metric, usual.get(metric))
        if isinstance(goal, bool) and not is_error:
            collector.add_definition(run_id, key, goal="max" if goal else "min")
    collector.add_values("tag", run_id, texts)


def _measured(found: dict[str, object]) -> Iterator[tuple[str, str, object]]:
    """Yield (task, name, value); groups come last, as newer versions list them twice."""
    for part in ("results", "groups"):
        for task, values in as_dict(found.get(part)).items():
            for name, raw in as_dict(values).items():
                if isinstance(raw, dict):
                    yield from ((task, f"{name}.{inner}", each) for inner, each in raw.items())
                else:
                    yield task, name, raw


def _taken_apart(name: str) -> tuple[str, bool, str]:
    """Return metric, whether it is the standard error, and the filter."""
    metric, _, filter_name = name.partition(",")
    is_error = metric.endswith("_stderr") and metric != "_stderr"
    return metric.removesuffix("_stderr") if is_error else metric, is_error, filter_name


def _add_tasks(collector: Collector, run_id: str, found: dict[str, object]) -> None:
    versions, hashes = as_dict(found.get("versions")), as_dict(found.get("task_hashes"))
    samples, configs = as_dict(found.get("n-samples")), as_dict(found.get("configs"))
    for task in dict.fromkeys([*versions, *samples, *configs]):
        config, counts = as_dict(configs.get(task)), as_dict(samples.get(task))
        rows = counts.get("effective")
        parts = [config.get("dataset_path"), config.get("dataset_name")]
        extra = {"version": versions.get(task), "samples": counts or None, "config": config or None}
        extra = {key: value for key, value in extra.items() if value is not None}
        collector.builder.add(
            "dataset",
            {
                "run_id": run_id,
                "name": clean_text(task),
                "digest": text_or_none(hashes.get(task)),
                "context": "evaluation",
                "source": "/".join(part for part in parts if isinstance(part, str)) or None,
                "rows": rows if isinstance(rows, int) and 0 <= rows < 1 << 62 else None,
                "extra": json.dumps(extra, ensure_ascii=False, default=str) if extra else None,
            },
        )


def _add_environment(collector: Collector, run_id: str, found: dict[str, object]) -> None:
    described = text_or_none(found.get("pretty_env_info")) or ""
    facts: dict[str, object] = {
        "git.commit": found.get("git_hash"),
        "packages.transformers": found.get("transformers_version"),
        "packages.lm-eval": found.get("lm_eval_version"),
        "pretty_env_info": described or None,
    }
    for key, pattern in _FACTS.items():
        match = pattern.search(described)
        facts[key] = match[1] if match else None
    collector.add_plain(
        "environment",
        run_id,
        {key: value for key, value in facts.items() if value is not None and value not in _MISSING},
    )


def _add_samples(collector: Collector, run_id: str, tree: Tree, claim: Claim) -> None:
    folder = claim.path.rpartition("/")[0]
    for name in sorted(claim.consumed):
        if name.endswith(".jsonl"):
            path = f"{folder}/{name}" if folder else name
            collector.add_artifact(run_id, name, tree, path)


FORMAT = Format(
    kind=KIND,
    title="lm-evaluation-harness results",
    recognised_by='results_*.json (or any .json) that starts with {"results": and names a model',
    find=find,
    read=reader_of_one(KIND, _read_results),
    read_many=reader_of_many(KIND, _read_results),
)
