"""Optuna's RDB storage in a sqlite file; columns are asked for: 2.10 has no ``value_type``."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.optuna_study import Storage, Study, Trial, external_value, parse_value
from rundiff.sources.times import micros_of_iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.sources.sqlite import Row, SqliteFile

_TYPES = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


def is_storage(database: SqliteFile) -> bool:
    """Tell whether a database has Optuna's tables."""
    columns = database.columns("trials")
    return "study_name" in database.columns("studies") and {"trial_id", "state"} <= columns


def read_storage(database: SqliteFile) -> Storage:
    """Return the studies of a database."""
    return _Reader(database).read()


class _Reader:
    def __init__(self, database: SqliteFile) -> None:
        self._database = database
        self._storage = Storage()

    def read(self) -> Storage:
        studies = {row[0]: Study(name=str(row[1])) for row in self._rows(
            "studies", ("study_id", "study_name"))}  # fmt: skip
        self._storage.studies = [studies[key] for key in sorted(studies, key=str)]
        for number, direction, _ in self._rows(
            "study_directions", ("study_id", "direction", "objective"), order="objective"
        ):
            if number in studies:
                studies[number].directions.append(str(direction))
        for number, values in self._attributes("study_system_attributes", "study_id").items():
            names = values.get("study:metric_names")
            if number in studies and isinstance(names, list):
                studies[number].names = [str(name) for name in names]
        for number, values in self._attributes("study_user_attributes", "study_id").items():
            if number in studies:
                studies[number].user = values
        self._trials(studies)
        for (version,) in self._rows("version_info", ("library_version",)):
            self._storage.version = str(version or "")
        return self._storage

    def _trials(self, studies: dict[object, Study]) -> None:
        trials: dict[object, Trial] = {}
        columns = ("trial_id", "study_id", "number", "state", "datetime_start",
                   "datetime_complete", "value")  # fmt: skip
        for key, study, number, state, start, end, value in self._rows("trials", columns):
            if study not in studies:
                self._problem(f"trial {key} belongs to no study")
                continue
            trial = Trial(
                number=number if isinstance(number, int) else len(studies[study].trials),
                state=str(state),
                start=micros_of_iso(start),
                end=micros_of_iso(end),
            )
            if isinstance(value, int | float):  # storages before 2.0 keep the value here
                trial.values = [float(value)]
            trials[key] = trial
            studies[study].trials.append(trial)
        for study in studies.values():
            study.trials.sort(key=lambda trial: trial.number)
        self._details(trials)

    def _details(self, trials: dict[object, Trial]) -> None:
        for key, name, value, distribution in self._rows(
            "trial_params", ("trial_id", "param_name", "param_value", "distribution_json")
        ):
            if key in trials:
                trials[key].params[str(name)] = external_value(value, distribution)
        for key, place, value, kind in self._rows(
            "trial_values", ("trial_id", "objective", "value", "value_type"), order="objective"
        ):
            if key in trials:
                _put(trials[key].values, place, self._number(value, kind))
        for key, step, value, kind in self._rows(
            "trial_intermediate_values",
            ("trial_id", "step", "intermediate_value", "intermediate_value_type"),
        ):
            number = self._number(value, kind)
            if key in trials and number is not None and isinstance(step, int | float):
                trials[key].intermediate.append((float(step), number))
        for key, values in self._attributes("trial_user_attributes", "trial_id").items():
            if key in trials:
                trials[key].user = values
        for key, values in self._attributes("trial_system_attributes", "trial_id").items():
            if key in trials:
                trials[key].system = values

    def _number(self, value: object, kind: object) -> float | None:
        if kind in _TYPES:
            return _TYPES[str(kind)]
        if isinstance(value, int | float):
            return float(value)
        if value is not None:
            self._problem(f"{str(value)[:40]!r} is no objective value; left out")
            return None
        return math.nan if kind is None else None  # storages before 3.0 write NaN as NULL

    def _attributes(self, table: str, owner: str) -> dict[object, dict[str, object]]:
        found: dict[object, dict[str, object]] = defaultdict(dict)
        for key, name, text in self._rows(table, (owner, "key", "value_json")):
            found[key][str(name)] = parse_value(text)
        return found

    def _rows(self, table: str, columns: tuple[str, ...], *, order: str = "") -> Iterator[Row]:
        present = self._database.columns(table)
        if not present:
            return
        named = ", ".join(f'"{name}"' if name in present else "NULL" for name in columns)
        by = f'"{order}", rowid' if order in present else "rowid"
        try:
            yield from self._database.rows(f'SELECT {named} FROM "{table}" ORDER BY {by}')  # noqa: S608  # names are ours
        except RecordError as error:
            self._problem(f"table {table!r} {error.message}")

    def _problem(self, message: str) -> None:
        self._storage.problems.append((None, message))


def _put(values: list[float | None], place: object, value: float | None) -> None:
    index = place if isinstance(place, int) and 0 <= place < 1_000 else len(values)
    values.extend([None] * (index + 1 - len(values)))
    values[index] = value
