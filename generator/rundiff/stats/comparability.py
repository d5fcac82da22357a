"""What makes a delta meaningless: another evaluation than the baseline's.

Four preconditions, each checked from what the runs recorded; what neither run recorded cannot be
checked and is taken as equal:

- *data*: a dataset of the same context has another digest (or number of rows). Training data is
  part of the recipe, so another training set makes only the metrics measured on it (``train_loss``,
  ``training/…``) incomparable, and not those on the same test set;
- *size*: a param says that the evaluation is over another number of examples;
- *definition*: a version of the metric was recorded and is another one;
- *steps*: a declared budget (``max_steps``, ``token_budget``, …) is another one, or the candidate
  did not finish and its history ends before the baseline's. Different numbers of epochs alone are a
  choice that people compare on purpose; ``steps = "logged"`` in the gate file is stricter and
  wants the same last step.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rundiff.comparison import Comparison, Run
    from rundiff.judgement import KeyChange
    from rundiff.selected import SelectedCell

PRECONDITIONS = ("data", "size", "definition", "steps")
_TRAINING = re.compile(r"(?:^|[._/-])train(?:ing)?(?:[._/-]|$)", re.IGNORECASE)
_SIZE = re.compile(
    r"(?:^|[._/-])(?:(?:eval|evaluation|test|val|valid|validation)_?(?:set_)?"
    r"(?:size|samples|examples|rows|n)|(?:n|num|max)_(?:eval|test|val)(?:uation|idation)?"
    r"(?:_(?:samples|examples|rows))?)$",
    re.IGNORECASE,
)
_BUDGET = re.compile(
    r"(?:^|[._/-])(?:(?:max|total|num_train|train|training|max_train)_steps"
    r"|(?:step|token|compute|sample)_budget|(?:max|total)_tokens)$",
    re.IGNORECASE,
)

Cells = dict[tuple[str, str], dict[str, "SelectedCell"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Which preconditions are checked. ``same_last_step``: histories must end at one step."""

    preconditions: tuple[str, ...] = PRECONDITIONS
    same_last_step: bool = False


def is_training(key: str) -> bool:
    """Tell whether a metric is measured on the training data."""
    return _TRAINING.search(key) is not None


def precondition_of(key: str) -> str:
    """Return the precondition that a change of this param or tag breaks: size, steps or ""."""
    return "size" if _SIZE.search(key) else "steps" if _BUDGET.search(key) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What changed among the inputs, read once for a candidate: keys times metrics is too many."""

    inputs: Mapping[str, str]  # key → how it changed
    size: tuple[str, ...]  # the reason against all metrics that this is, or none
    budget: tuple[str, ...]


def find_broken(
    comparison: Comparison, cells: Cells, candidate: Run, *, guard: Guard
) -> Mapping[str, str]:
    """Return for each metric of the candidate that cannot be compared the reason, as a clause."""
    keys = [row.key for row in comparison.sections.get(Section.METRICS, ())]
    pair = (comparison.baseline.run_id, candidate.run_id)
    found: dict[str, str] = {}
    if "data" in guard.preconditions:
        for on_training, reason in _other_data(comparison, pair):
            for key in keys:
                if is_training(key) == on_training:
                    found.setdefault(key, reason)
    changed = _read_changes(_changed_inputs(cells, pair))
    for key in keys:
        reasons: Iterable[str] = _by_inputs(changed, key, guard)
        if "steps" in guard.preconditions:
            is_strict = guard.same_last_step
            reasons = chain(reasons, _other_end(comparison, key, candidate, is_strict=is_strict))
        for reason in reasons:
            found.setdefault(key, reason)
            break
    return found


def broken_by(changed: Sequence[KeyChange], metric: str, guard: Guard) -> str:
    """Return why two recipes that differ in these keys cannot be compared on a metric; "" if not.

    For recipes neither of which need be a column, so that their histories are not at hand.
    """
    inputs = {}
    for one in changed:
        if not (one.before and one.after):
            continue
        if one.section != Section.DATASETS:
            inputs[one.key] = f"'{one.key}' is {one.after[1]}, not {one.before[1]}"
            continue
        context, _, field = one.key.partition(" · ")
        on_training = bool(re.match(r"train", context, re.IGNORECASE))
        is_digest = field.rsplit(" · ", 1)[-1] == "digest" and "data" in guard.preconditions
        if is_digest and is_training(metric) == on_training:
            return f"dataset '{context}' has another digest"
    return next(_by_inputs(_read_changes(inputs), metric, guard), "")


def _read_changes(inputs: Mapping[str, str]) -> _Changes:
    return _Changes(
        inputs=inputs,
        size=_first_match(inputs, _SIZE, "the evaluation has another size"),
        budget=_first_match(inputs, _BUDGET, "the step budget is another one"),
    )


def _by_inputs(changed: _Changes, key: str, guard: Guard) -> Iterator[str]:
    if "size" in guard.preconditions and not is_training(key):
        yield from changed.size
    if "definition" in guard.preconditions:
        for name in (f"{key}.version", f"{key}_version", f"metric_version.{key}", "metric_version"):
            if name in changed.inputs:
                yield f"the metric has another definition: {changed.inputs[name]}"
    if "steps" in guard.preconditions:
        yield from changed.budget


def _changed_inputs(cells: Cells, pair: tuple[str, str]) -> dict[str, str]:
    """Return the params and tags that both runs have and that could matter, with what changed.

    Once for a candidate: with thousands of metrics, a search for each was the slowest part of all.
    """
    found = {}
    for (section, key), by_run in cells.items():
        if section not in (Section.PARAMS, Section.TAGS):
            continue
        before, after = (by_run.get(run_id) for run_id in pair)
        if before and after and not _is_same(before, after):
            found[key] = f"'{key}' is {after.value}, not {before.value}"
    return found


def _first_match(
    inputs: Mapping[str, str], pattern: re.Pattern[str], clause: str
) -> tuple[str, ...]:
    found = (f"{clause}: {words}" for key, words in inputs.items() if pattern.search(key))
    return tuple(islice(found, 1))


def _other_data(comparison: Comparison, pair: tuple[str, str]) -> Iterator[tuple[bool, str]]:
    """Yield (whether it is training data, reason) for each context whose data changed."""
    before, after = (comparison.datasets.get(run_id, ()) for run_id in pair)
    for context in sorted({dataset.context for dataset in (*before, *after)}):
        old = {d.name: d for d in before if d.context == context}
        new = {d.name: d for d in after if d.context == context}
        on_training = bool(re.match(r"train", context, re.IGNORECASE))
        for name in sorted(old.keys() & new.keys()):
            one, two = old[name], new[name]
            if one.digest and two.digest and one.digest != two.digest:
                yield on_training, f"dataset '{name}' has another digest than the baseline's"
            elif one.rows is not None and two.rows is not None and one.rows != two.rows:
                yield on_training, f"dataset '{name}' has {two.rows} rows, not {one.rows}"
        digests = [{d.digest for d in side.values() if d.digest} for side in (old, new)]
        if not old.keys() & new.keys() and all(digests) and digests[0] != digests[1]:
            yield on_training, f"dataset '{min(new)}' stands in place of '{min(old)}'"


def _is_same(before: SelectedCell, after: SelectedCell) -> bool:
    if before.number is not None and before.number == after.number:
        return True
    return before.value == after.value


def _other_end(
    comparison: Comparison, key: str, candidate: Run, *, is_strict: bool
) -> Iterator[str]:
    ends: dict[str, float] = {}
    for series in comparison.series.get(key, ()):
        if len(series.steps):
            ends[series.run_id] = series.steps[-1]
    before, after = ends.get(comparison.baseline.run_id), ends.get(candidate.run_id)
    if before is None or after is None or before == after:
        return
    is_unfinished = candidate.status not in ("finished", "") or candidate.state != "complete"
    if is_strict:
        yield f"its history ends at step {after:g}, the baseline's at {before:g}"
    elif is_unfinished and after < before:
        state = candidate.status if candidate.status != "finished" else candidate.state
        yield f"the run is {state} at step {after:g}, the baseline went on to {before:g}"
