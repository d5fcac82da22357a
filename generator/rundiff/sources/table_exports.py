"""Tables that tools export under column names of their own, under the canonical ones.

Met in public repositories: Optuna's ``trials_dataframe``, scikit-learn's ``cv_results_``, the CSV
export of a W&B workspace, and ``mlflow experiments csv``, which takes the prefixes off the names
that ``search_runs`` gives; made here: ``dvc exp show --csv``. Only the header is looked at.
"""

from __future__ import annotations

import re
from itertools import pairwise

NAMELESS = frozenset({"index", "Unnamed: 0"})  # how csv_text and pandas call one without a name
DROPPED = ""  # a column that repeats others
_OPTUNA = {"number": "trial", "state": "status", "datetime_start": "start_time",
           "datetime_complete": "end_time", "duration": "tags.duration", "value": "metrics.value",
           "study_name": "experiment"}  # fmt: skip
_OPTUNA_PREFIXES = (("params_", "params."), ("user_attrs_", "tags."),
                    ("system_attrs_", "tags.system."))  # fmt: skip
_SEARCH = re.compile(r"(?:mean|std|rank|split\d+)_(?:test|train|fit|score)_\w+")
_WANDB = {"Name": "name", "ID": "run_id", "State": "status", "Created": "start_time",
          "End Time": "end_time", "User": "user", "Notes": "note", "Group": "tags.group",
          "Job Type": "tags.job_type", "Tags": "tags.tags", "Sweep": "tags.sweep",
          "Hostname": "tags.host", "Updated": "tags.updated", "GitHub": "tags.github",
          "Agent": "tags.agent", "Runtime": "Runtime"}  # fmt: skip
# The columns of a workspace nobody rearranged: then config and summary follow, each in order.
_WANDB_DEFAULT = ("Name", "State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep")
_DVC = {"Experiment": "name", "rev": "run_id", "typ": DROPPED, "Created": "start_time",
        "parent": "tags.parent", "State": "status", "Executor": "tags.executor"}  # fmt: skip
_MLFLOW = frozenset({"artifact_uri", "status", "start_time"})


def canonical_names(header: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the header under canonical names, or None where no tool is known by it."""
    names = frozenset(header)
    if {"number", "state"} <= names and any(
        name.startswith(("params_", "values_")) or name == "value" for name in header
    ):
        return tuple(map(_of_optuna, header))
    if any(map(_SEARCH.fullmatch, header)) and "params" in names:
        return tuple(map(_of_search, header))
    if header[:1] == ("Name",) and len(names & _WANDB.keys()) >= 3:
        return _of_wandb(header)
    if {"Experiment", "rev", "typ", "parent"} <= names:
        return tuple(_DVC.get(name, name) for name in header)
    if not names.isdisjoint({"run_id", "run_uuid"}) and names >= _MLFLOW:
        return tuple(f"tags.{name}" if name.startswith("mlflow.") or name == "artifact_uri"
                     else name for name in header)  # fmt: skip
    return None


def _of_optuna(name: str) -> str:
    for prefix, section in _OPTUNA_PREFIXES:
        if name.startswith(prefix):
            return section + name.removeprefix(prefix)
    if name.startswith("values_"):
        objective = name.removeprefix("values_")
        return f"metrics.value_{objective}" if objective.isdigit() else f"metrics.{objective}"
    return DROPPED if name in NAMELESS else _OPTUNA.get(name, f"tags.{name}")


def _of_search(name: str) -> str:
    if name.startswith("param_"):
        return f"params.{name.removeprefix('param_')}"
    if _SEARCH.fullmatch(name):
        return f"metrics.{name}"
    return DROPPED if name == "params" else name  # each of its entries has a column of its own


def _of_wandb(header: tuple[str, ...]) -> tuple[str, ...]:
    named = [_WANDB.get(name, name) for name in header]
    rest = header[len(_WANDB_DEFAULT) :]
    falls = [place for place, (one, other) in enumerate(pairwise(rest), start=1) if one > other]
    if header[: len(_WANDB_DEFAULT)] == _WANDB_DEFAULT and len(falls) == 1:
        named[-len(rest) :] = [
            f"{'params' if place < falls[0] else 'metrics'}.{name}"
            for place, name in enumerate(rest)
        ]
        named[_WANDB_DEFAULT.index("Runtime")] = "metrics.Runtime"
    return tuple(named)
