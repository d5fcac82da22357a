"""What the columns of a foreign table mean: one row a run, one row a step, or one row a point.

Columns named as ``mlflow.search_runs`` exports them (``params.lr``, ``metrics.acc``, ``tags.x``,
``run_id``, ``status``, …) say so themselves, and a mapping given by the user, or what is known of
a tool's export (``table_exports``), renames columns to these. Otherwise: a column of steps makes it
a log with one row a step; a pair like ``key`` and ``value`` beside it a long file. Only in a file
that the user named does the rest count as one row a run: then well-known names (accuracy, loss, …)
are metrics, all other columns params, and a notice says which, since that is a guess.
"""

from __future__ import annotations

import re
from dataclasses import field
from enum import Enum

from rundiff.frozen import dataclass
from rundiff.sources.table_exports import DROPPED, canonical_names

_RUN = ("run_id", "run_uuid", "run", "run_name", "trial_id", "trial", "experiment_run")
_STEP = ("step", "global_step", "_step", "iteration", "training_iteration", "iter", "epoch",
         "time/total_timesteps", "timestep", "timesteps", "total_timesteps", "round",
         "episode", "generation", "itr", "current_steps", "total/steps",
         "totalenvinteracts")  # fmt: skip
_WEAK = frozenset({"episode", "generation", "round", "iter", "itr"})
_TIME = ("timestamp", "wall_time", "time", "datetime", "date", "created_at", "_timestamp")
_KEY = ("key", "metric", "metric_name", "metric_key", "tag", "name", "variable")
_VALUE = ("value", "metric_value", "val")
_RUN_COLUMNS = {
    "run_id": "run_id", "run_uuid": "run_id", "run": "run_id", "id": "run_id", "trial_id": "run_id",
    "name": "name", "run_name": "name", "experiment": "experiment", "experiment_name": "experiment",
    "experiment_id": "experiment", "status": "status", "start_time": "start_time",
    "end_time": "end_time", "user": "user", "user_id": "user", "note": "note",
    "parent_run_id": "parent_run_id", "tags.mlflow.runName": "name",
    "tags.mlflow.parentRunId": "parent_run_id", "tags.mlflow.note.content": "note",
    "tags.mlflow.user": "user", "trial": "trial", "trial_number": "trial",
    "timestamp": "start_time", "created_at": "start_time", "datetime": "start_time",
}  # fmt: skip
_SECTION = re.compile(r"(params|metrics|tags|environment)\.(.+)", re.DOTALL)
_METRIC = re.compile(
    r"(?:^|[^a-z])(?:loss|acc|accuracy|auc|auroc|auprc|f1|precision|prec|recall|sensitivity|"
    r"specificity|[rmn]*[ms][sa]p?e|r2|error|score|perplexity|ppl|entropy|nll|elbo|bleu|rouge\w*|"
    r"wer|cer|map|ndcg|mrr|mcc|kappa|miou|iou|dice|jaccard|psnr|ssim|lpips|fid|reward|return|"
    r"latency|throughput|fps|runtime|duration|time|seconds|elapsed\w*)(?:$|[^a-z])",
    re.IGNORECASE,
)
# "loss_weight", "max_time" and "error_threshold" are settings.
_SETTING = re.compile(
    r"(?:^|[^a-z])(?:weight|coef\w*|scale|lambda|alpha|gamma|limit|threshold|thresh|type|fn|func|"
    r"function|name|mode|max time|date time)$|^(?:max|min|start|end) time(?:$|[^a-z])",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Shape(Enum):
    """How a table holds runs."""

    RUNS = "one row a run"
    STEPS = "one row a step"
    POINTS = "one row a point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where what is; places are column numbers."""

    shape: Shape
    run: int | None = None
    # Columns whose texts together tell runs apart, where no single one does.
    settings: dict[str, int] = field(default_factory=dict)
    step: int | None = None
    time: int | None = None
    key: int | None = None
    value: int | None = None
    fields: dict[str, int] = field(default_factory=dict)  # columns of the run table
    sections: dict[str, dict[str, int]] = field(default_factory=dict)  # params, metrics, tags, …
    others: dict[str, int] = field(default_factory=dict)  # columns without a meaning of their own


def layout_of(header: tuple[str, ...], *, is_named: bool) -> Layout | None:
    """Return what the columns mean, or None where that cannot be told."""
    exported = canonical_names(header)
    if exported is not None:
        return runs_layout(exported)
    plain = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    run = _first(plain, _RUN)
    step = _first(plain, _STEP)
    time = _first(plain, _TIME)
    sections = _sections(header)
    key, value = _first(plain, _KEY), _first(plain, _VALUE)
    has_points = key is not None and value is not None and (step is not None or run is not None)
    if has_points and not sections:
        return Layout(shape=Shape.POINTS, run=run, step=step, time=time, key=key, value=value)
    if sections.keys() & {"params", "metrics"} and not (step is not None and run is not None):
        return runs_layout(header)
    is_log = is_named or (step is not None and _is_log(header, run, step))
    if step is not None and len(header) > 1 and is_log:
        taken = {run, step, time, *(at for columns in sections.values() for at in columns.values())}
        others = {name: place for place, name in enumerate(header) if place not in taken}
        return Layout(
            shape=Shape.STEPS, run=run, step=step, time=time, sections=sections, others=others
        )
    return runs_layout(header) if is_named and header else None


def _is_log(header: tuple[str, ...], run: int | None, step: int) -> bool:
    """Tell whether a table that nobody named is a log: its step comes first, or runs have steps.

    Episodes, rounds and generations are other things too (of a series, of a cup, of creatures):
    they need a metric beside them.
    """
    is_weak = _plain(header[step]) in _WEAK
    return (run is not None or step < 2) and (not is_weak or any(map(is_metric_name, header)))


def step_of(header: tuple[str, ...]) -> str | None:
    """Return the column that is the step, or None."""
    plain = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    place = _first(plain, _STEP)
    return None if place is None else header[place]


def is_metric_name(name: str) -> bool:
    """Tell whether a column is called like a metric."""
    for spelled in (name, _CAMEL.sub(" ", name)):
        words = spelled.replace("_", " ")
        if _METRIC.search(words) is not None and _SETTING.search(words) is None:
            return True
    return False


def runs_layout(header: tuple[str, ...]) -> Layout:
    """Return the meaning of columns in a table with one row a run."""
    sections = _sections(header)
    fields: dict[str, int] = {}
    taken: set[int] = set()
    for name, target in _RUN_COLUMNS.items():
        found = next((place for place, have in enumerate(header)
                      if have == name or _plain(have) == name), None)  # fmt: skip
        if found is not None and target not in fields:
            fields[target] = found
            taken.add(found)
    for columns in sections.values():
        taken.update(columns.values())
    others = {name: place for place, name in enumerate(header)
              if place not in taken and name != DROPPED}  # fmt: skip
    return Layout(shape=Shape.RUNS, fields=fields, sections=sections, others=others)


def _sections(header: tuple[str, ...]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for place, name in enumerate(header):
        match = _SECTION.fullmatch(name)
        if match is not None:
            found.setdefault(match.group(1), {}).setdefault(match.group(2), place)
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _first(plain: dict[str, int], names: tuple[str, ...]) -> int | None:
    return next((plain[name] for name in names if name in plain), None)
