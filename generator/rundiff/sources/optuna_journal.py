"""Optuna's journal file: one operation a line, replayed.

Studies and trials are numbered by the order of the operations that created them. Optuna itself
ignores an operation that would not be allowed when it is replayed (two workers race to create one
study); so does this reader.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.foreign_json import as_dict, as_list, iterate_json_lines
from rundiff.sources.optuna_study import NUMBERED, Storage, Study, Trial, external_value
from rundiff.sources.times import micros_of_iso

if TYPE_CHECKING:
    from rundiff.sources.tree import Tree

SUFFIXES = (".log", ".jsonl", ".journal", ".txt")
_DIRECTIONS = ("NOT_SET", "MINIMIZE", "MAXIMIZE")
_DONE = ("COMPLETE", "PRUNED", "FAIL")


def is_journal(tree: Tree, path: str) -> bool:
    """Tell whether a file's first line is an operation of Optuna's journal."""
    name = path.rpartition("/")[2].lower()
    if not (name.endswith(SUFFIXES) or "journal" in name or tree.only_file is not None):
        return False
    try:
        fd = tree.open(path)
    except RecordError:
        return False
    try:
        head = os.read(fd, 512)
    finally:
        os.close(fd)
    return head.startswith(b"{") and b'"op_code"' in head and b'"worker_id"' in head


def read_journal(tree: Tree, path: str) -> Storage:
    """Return the studies of a journal; lines that cannot be read are listed."""
    replay = _Replay()
    for number, found in iterate_json_lines(tree.read(path), location=tree.show(path)):
        if isinstance(found, RecordError):
            replay.storage.problems.append((number, found.message))
            continue
        operation = as_dict(found.value)
        try:
            replay.take(operation)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            message = f"no operation of Optuna's journal ({type(error).__name__}); left out"
            replay.storage.problems.append((number, message))
    return replay.storage


class _Replay:
    def __init__(self) -> None:
        self.storage = Storage()
        self._studies: list[Study] = []
        self._trials: list[Trial] = []

    def take(self, operation: dict[str, object]) -> None:
        code = operation["op_code"]
        if code == 0:
            self._create_study(operation)
        elif code == 4:
            self._create_trial(operation)
        elif code in (1, 2, 3):
            self._change_study(int(str(code)), operation)
        else:
            trial = self._trials[_index(operation["trial_id"])]
            if trial.state not in _DONE or code in (8, 9):
                _change_trial(trial, operation)

    def _create_study(self, operation: dict[str, object]) -> None:
        name = str(operation["study_name"])
        if any(study.name == name for study in self.storage.studies):
            return
        directions = [_DIRECTIONS[_index(each)] for each in as_list(operation.get("directions"))]
        study = Study(name=name, directions=directions)
        self._studies.append(study)
        self.storage.studies.append(study)

    def _change_study(self, code: int, operation: dict[str, object]) -> None:
        study = self._studies[_index(operation["study_id"])]
        if code == 1:
            self.storage.studies = [each for each in self.storage.studies if each is not study]
        elif code == 2:
            study.user |= as_dict(operation["user_attr"])
        else:
            names = as_dict(operation["system_attr"]).get("study:metric_names")
            if isinstance(names, list):
                study.names = [str(name) for name in names]

    def _create_trial(self, operation: dict[str, object]) -> None:
        study = self._studies[_index(operation["study_id"])]
        trial = Trial(number=len(study.trials))
        state = operation.get("state")
        trial.state = NUMBERED[_index(state)] if state is not None else "RUNNING"
        trial.start = micros_of_iso(operation.get("datetime_start"))
        trial.end = micros_of_iso(operation.get("datetime_complete"))
        distributions = as_dict(operation.get("distributions"))
        for name, internal in as_dict(operation.get("params")).items():
            trial.params[name] = external_value(internal, distributions.get(name))
        values = operation.get("values")
        value = operation.get("value")
        trial.values = [_number(each) for each in as_list(values if value is None else [value])]
        for step, each in as_dict(operation.get("intermediate_values")).items():
            _report(trial, step, each)
        trial.user = as_dict(operation.get("user_attrs"))
        trial.system = as_dict(operation.get("system_attrs"))
        study.trials.append(trial)
        self._trials.append(trial)


def _change_trial(trial: Trial, operation: dict[str, object]) -> None:
    code = operation["op_code"]
    if code == 5:
        name = str(operation["param_name"])
        internal = operation["param_value_internal"]
        trial.params[name] = external_value(internal, operation.get("distribution"))
    elif code == 6:
        trial.state = NUMBERED[_index(operation["state"])]
        if operation.get("values") is not None:
            trial.values = [_number(each) for each in as_list(operation["values"])]
        trial.start = micros_of_iso(operation.get("datetime_start")) or trial.start
        trial.end = micros_of_iso(operation.get("datetime_complete")) or trial.end
    elif code == 7:
        _report(trial, operation["step"], operation["intermediate_value"])
    elif code == 8:
        trial.user |= as_dict(operation["user_attr"])
    elif code == 9:
        trial.system |= as_dict(operation["system_attr"])
    else:
        raise ValueError(code)


def _report(trial: Trial, step: object, value: object) -> None:
    number = _number(value)
    place = float(str(step))
    if number is not None:
        trial.intermediate = [each for each in trial.intermediate if each[0] != place]
        trial.intermediate.append((place, number))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _index(value: object) -> int:
    """Return a non-negative index; raises for anything else, a negative one would count back."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(value)
    return value
