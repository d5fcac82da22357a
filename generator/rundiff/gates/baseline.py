"""The blessed baseline: a small file in git, so that a new baseline is a change that is reviewed.

It is a record like any other, in the shape of run.json (``{"runs": […]}``), one value a line and
sorted, so that the difference between two baselines reads well; it holds the final numbers, not the
histories. Ids get ``baseline-`` in front: the file may be compared with the very store that it was
made from. ``set_on`` is a day given by the caller, not the clock.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.errors import SelectionError
from rundiff.frozen import dataclass
from rundiff.records.nonfinite import lift_nonfinite
from rundiff.selected import load_selected
from rundiff.stats.value_choice import EVERY_METRIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rundiff.comparison import Comparison, Run
    from rundiff.selected import SelectedCell

FORMAT = "rundiff-baseline"
ID_PREFIX = "baseline-"
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFile:
    """What is needed of a baseline file before it is read as a source."""

    name: str
    run_ids: tuple[str, ...]  # the baseline first, then its replicates
    set_on: date | None
    values: Mapping[str, str]  # metric, or "" for all → which value of a history it holds
    metrics: frozenset[str]


def render_baseline(comparison: Comparison, *, set_on: date, values: Mapping[str, str]) -> bytes:
    """Return the file for the comparison's baseline and its replicates.

    ``values`` says which value of a history stands for a metric where it is not the last one.
    """
    recipe = next(
        (group.run_ids for group in comparison.judgement.replicates if group.is_baseline),
        (comparison.baseline.run_id,),
    )
    first = comparison.baseline.run_id
    by_id = {run.run_id: run for run in comparison.runs}
    ordered = [first, *(run_id for run_id in recipe if run_id != first)]
    cells = load_selected(comparison)
    document = {
        "format": FORMAT,
        "schema_version": 1,
        "set_on": set_on.isoformat(),
        "values": dict(sorted(values.items())),
        "runs": [_strict(_record(comparison, by_id[run_id], cells)) for run_id in ordered],
    }
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    return f"{text}\n".encode()


def load_baseline(path: Path, *, name: str) -> BaselineFile:
    """Read what a baseline file says of itself; raises SelectionError if it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SelectionError(
            f"{name}: the baseline cannot be read: {error.strerror or error}; "
            "`rundiff baseline set SOURCE` writes one"
        ) from error
    try:
        document = json.loads(content[:_MOST_BYTES])
        run_ids = tuple(str(record["run_uuid"]) for record in document["runs"])
        metrics = frozenset(key for record in document["runs"] for key in record["data"]["metrics"])
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise SelectionError(
            f"{name}: is not a baseline file; `rundiff baseline set SOURCE` writes one"
        ) from error
    if not run_ids:
        raise SelectionError(f"{name}: the baseline file has no run")
    try:
        set_on = date.fromisoformat(str(document.get("set_on")))
    except ValueError:
        set_on = None
    stored = document.get("values")
    values = stored.items() if isinstance(stored, dict) else ()
    return BaselineFile(
        name=name,
        run_ids=run_ids,
        set_on=set_on,
        values={str(key): str(choice) for key, choice in values},
        metrics=metrics,
    )


def baseline_warnings(
    baseline: BaselineFile, *, today: date, max_age_days: int | None, values: Mapping[str, str]
) -> tuple[str, ...]:
    """Return a sentence for each way in which the baseline no longer fits.

    It is older than it may be, or it holds other values than those that are compared now.
    """
    return (*_age_warnings(baseline, today, max_age_days), *_value_warnings(baseline, values))


def _age_warnings(baseline: BaselineFile, today: date, most: int | None) -> Iterator[str]:
    if most is None:
        return
    if baseline.set_on is None:
        yield "The baseline does not say when it was set."
        return
    age = (today - baseline.set_on).days
    if age > most:
        since = f"{age} days old (set on {baseline.set_on.isoformat()})"
        yield f"The baseline is {since}; at most {most} days are allowed."


def _value_warnings(baseline: BaselineFile, values: Mapping[str, str]) -> Iterator[str]:
    for key in sorted(values.keys() | baseline.values.keys()):
        if key != EVERY_METRIC and key not in baseline.metrics:
            continue  # which is said where the metric is judged
        held, wanted = baseline.values.get(key, "last"), values.get(key, "last")
        if held != wanted:
            metric = f"of '{key}'" if key else "of every metric"
            yield (
                f"The baseline holds the value '{held}' {metric}, candidates are compared by "
                f"'{wanted}'; set the baseline again."
            )


def _record(
    comparison: Comparison,
    run: Run,
    cells: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
) -> dict[str, object]:
    sections: dict[str, dict[str, object]] = {section.value: {} for section in Section}
    for (section, key), by_run in sorted(cells.items()):
        if run.run_id in by_run:
            sections[section][key] = _plain(by_run[run.run_id])
    datasets = comparison.datasets.get(run.run_id, ())
    known = ("name", "digest", "context", "source", "rows")
    return {
        "run_uuid": f"{ID_PREFIX}{run.run_id}",
        "info": _present(
            experiment_name=run.experiment,
            run_name=run.name,
            status=run.status.upper(),
            start_time=run.start_time // 1_000 if run.start_time is not None else None,
            end_time=run.end_time // 1_000 if run.end_time is not None else None,
        ),
        "data": {name: sections[name] for name in ("params", "metrics", "tags")},
        "inputs": {
            "dataset": [
                _present(**{name: getattr(dataset, name) for name in known}) for dataset in datasets
            ]
        },
        "environment": _nested(sections["environment"].items()),
    }


def _strict(record: dict[str, object]) -> object:
    """Return a record without what JSON cannot hold, as run.json has it."""
    plain, places = lift_nonfinite(record)
    return {**plain, "nonfinite": places} if places else record  # type: ignore[dict-item]


def _plain(cell: SelectedCell) -> object:
    """Return a value as Python has it."""
    match cell.type:
        case "null":
            return None
        case "bool":
            return cell.value == "true"
        case "int":
            return int(cell.value)
        case "float" if cell.number is not None:
            return cell.number
    return cell.value


def _present(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _nested(items: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return environment entries as they are recorded, one table for each part ("git", …)."""
    found: dict[str, object] = {}
    for key, value in items:
        head, dot, tail = key.partition(".")
        part = found.setdefault(head, {}) if dot else None
        if isinstance(part, dict):
            part[tail.replace("\\.", ".").replace("\\\\", "\\")] = value
        else:
            found.setdefault(key, value)
    return found
