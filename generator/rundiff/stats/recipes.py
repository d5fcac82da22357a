"""Which runs are replicates: equal in everything that makes a recipe, different in a seed.

A recipe is: experiment, params, tags, datasets (name, context, digest), code (commit, dirty flag)
and package versions. Left out are *seed-like* keys, which are what replicates differ in, and
*bookkeeping* keys, which say where a run was put rather than what it was. Runs that are equal but
differ in no seed-like key are not replicates: where only metrics were logged, everything would be
one recipe. Only finished, complete runs count.

Other tools group by hand (Aim, W&B); the rule here is shown beside its result and can be replaced
(``seed_keys``), since a wrong guess would make noise look like knowledge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.frozen import dataclass
from rundiff.recipe_keys import DEFAULT_SEED_KEYS, is_bookkeeping, seed_pattern
from rundiff.records.values import text_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rundiff.comparison import Comparison, Run
    from rundiff.selected import SelectedCell

_COMMIT_TAG = "mlflow.source.git.commit"
# Tags that say what came of a run: MLflow's logged models have ids of their own.
_MADE = ("logged_model.", "registered_model.", "metric_dataset.",
         "summary.", "results.", "dvclive.")  # fmt: skip
_ENDED = ("heartbeat", "fail_trace", "statistics", "durations")  # Sacred's, the benchmarks'
# A trial is its params; the attributes beside them are what it found out, or the sampler's own.
_OF_TRIALS = ("optuna",)
_TOLD = ("overrides.", "choices.", "hydra.")
_CODE = ("git.commit", "git.dirty", "git.patch", "python", "packages")

Values = tuple[tuple[str, str], ...]
Fact = tuple[str, str, str, str]  # section, key, type, value: numeric text by its exact number
Cells = dict[tuple[str, str], dict[str, "SelectedCell"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Runs of one recipe in the order of the selection; ``seeds`` per run, "" values for none.

    ``facts`` is what the recipe consists of, sorted; nothing where its runs did not finish.
    """

    run_ids: tuple[str, ...]
    seeds: tuple[Values, ...]
    varying: tuple[str, ...]
    facts: tuple[Fact, ...] = ()


def find_recipes(
    comparison: Comparison,
    cells: Cells,
    *,
    seed_keys: Sequence[str] = DEFAULT_SEED_KEYS,
    blessed: frozenset[str] = frozenset(),
) -> tuple[Recipe, ...]:
    """Return every run in exactly one recipe; without seed keys each run is its own.

    ``blessed`` runs come from a baseline file: even where nothing that was recorded differs, the
    candidate's code does, or there would be nothing to judge.
    """
    is_seed = seed_pattern(seed_keys)
    parts = {run.run_id: _Parts(run, run.run_id in blessed) for run in comparison.runs}
    for (section, key), by_run in cells.items():
        for run_id, cell in by_run.items():
            if run_id in parts:
                parts[run_id].add(section, key, cell, is_seed=is_seed)
    return tuple(_recipes(comparison.runs, parts))


def replicate_rule(seed_keys: Sequence[str]) -> str:
    """Return the rule as a sentence for the page; "" where grouping is off."""
    if not seed_keys:
        return ""
    return (
        "Runs count as replicates when experiment, params, tags, datasets, code and packages are "
        f"equal and only keys like {', '.join(seed_keys)} differ."
    )


class _Parts:
    """Collects what one run's recipe consists of."""

    def __init__(self, run: Run, is_blessed: bool) -> None:
        self._source = run.source
        self.is_usable = run.is_whole
        side = "baseline" if is_blessed else "candidate"
        self.recipe: list[Fact] = [("side", "side", "text", side)]
        if run.experiment:
            self.recipe.append(("experiment", "experiment", "text", run.experiment))
        self._told: list[Fact] = []  # what Hydra was told; its params say what came of it
        self.seeds: list[tuple[str, str]] = []

    def add(
        self, section: str, key: str, cell: SelectedCell, *, is_seed: re.Pattern[str] | None
    ) -> None:
        if section in (Section.METRICS, Section.ARTIFACTS):
            return
        if section == Section.ENVIRONMENT and not _is_code(key):
            if is_seed is not None and key.startswith("seeds."):
                self.seeds.append((f"{section}.{key}", cell.value))
            return
        if section in (Section.PARAMS, Section.TAGS):
            if is_seed is not None and is_seed.search(key):
                self.seeds.append((f"{section}.{key}", cell.value))
                return
            is_own = key.startswith(("mlflow.", "rundiff.")) and key != _COMMIT_TAG
            if section == Section.TAGS:
                is_own = is_own or key in _ENDED or key.startswith(_MADE)
                is_own = is_own or self._source in _OF_TRIALS
            if is_bookkeeping(key) or is_own:
                return
        numeric = text_value(cell.value).numeric if cell.type == "text" else None
        is_told = section == Section.TAGS and key.startswith(_TOLD)
        facts = self._told if is_told else self.recipe
        facts.append((section, key, cell.type, numeric or cell.value))

    def facts(self) -> tuple[Fact, ...]:
        """Return what the recipe consists of, sorted."""
        has_params = any(section == Section.PARAMS for section, _, _, _ in self.recipe)
        return tuple(sorted(self.recipe if has_params else self.recipe + self._told))


def _recipes(runs: Sequence[Run], parts: Mapping[str, _Parts]) -> Iterable[Recipe]:
    groups: dict[object, list[str]] = {}
    facts = {run.run_id: parts[run.run_id].facts() for run in runs}
    for run in runs:
        part = parts[run.run_id]
        if not part.is_usable:
            facts[run.run_id] = ()
        alone = not (part.is_usable and part.seeds)
        groups.setdefault(run.run_id if alone else facts[run.run_id], []).append(run.run_id)
    for run_ids in groups.values():
        seeds = tuple(tuple(sorted(parts[run_id].seeds)) for run_id in run_ids)
        varying = _varying(seeds)
        shared = facts[run_ids[0]]
        if len(run_ids) > 1 and not varying:
            for run_id, seed in zip(run_ids, seeds, strict=True):
                yield Recipe(run_ids=(run_id,), seeds=(seed,), varying=(), facts=shared)
        else:
            yield Recipe(run_ids=tuple(run_ids), seeds=seeds, varying=varying, facts=shared)


def _varying(seeds: Sequence[Values]) -> tuple[str, ...]:
    """Return the seed-like keys that do not have one value in all runs."""
    names = sorted({name for values in seeds for name, _ in values})
    return tuple(name for name in names if len({dict(values).get(name) for values in seeds}) > 1)


def _is_code(key: str) -> bool:
    return key in _CODE or key.startswith("packages.")
