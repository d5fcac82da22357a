"""Adds the bands of replicates to a comparison that is judged.

Histories are loaded for the runs that stand as columns; the other runs of a recipe are loaded here,
and only if a recipe of three runs or more stands as a column.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.assembly.values import load_histories
from rundiff.comparison import Series
from rundiff.stats.bands import ENOUGH_RUNS, build_band

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rundiff.comparison import Comparison
    from rundiff.judgement import Band, Replicates
    from rundiff.sources.merge import MergedRuns

SeriesByRun = dict[tuple[str, str], Series]  # (run id, metric)


def with_bands(comparison: Comparison, merged: MergedRuns) -> Comparison:
    """Return the comparison with a band for each metric with history of each recipe shown."""
    compared = [run.run_id for run in comparison.compared]
    recipes = [
        (first, recipe)
        for recipe in comparison.judgement.replicates
        if len(recipe.run_ids) >= ENOUGH_RUNS
        and (first := next((one for one in compared if one in recipe.run_ids), ""))
    ]
    if not recipes or not comparison.series:
        return comparison
    known: SeriesByRun = {
        (series.run_id, key): series for key, many in comparison.series.items() for series in many
    }
    known |= _of_others(comparison, [recipe for _, recipe in recipes], merged)
    found: dict[str, tuple[Band, ...]] = {}
    for key in comparison.series:
        bands = [
            build_band(
                key,
                first,
                [known[run_id, key] for run_id in recipe.run_ids if (run_id, key) in known],
                confidence=comparison.judgement.confidence,
            )
            for first, recipe in recipes
        ]
        drawn = tuple(band for band in bands if band is not None)
        if drawn:
            found[key] = drawn
    return replace(comparison, bands=found)


def _of_others(
    comparison: Comparison, recipes: list[Replicates], merged: MergedRuns
) -> Mapping[tuple[str, str], Series]:
    """Return the histories of those runs of the recipes that are no columns."""
    shown = {run.run_id for run in comparison.compared}
    others = [run_id for recipe in recipes for run_id in recipe.run_ids if run_id not in shown]
    if not others:
        return {}
    ordered, points, _ = merged.load_series(others)
    found = {
        (one.run_id, one.key): Series(
            run_id=one.run_id, key=one.key, steps=one.steps, times=one.times, values=one.values
        )
        for one in ordered
        if one.key in comparison.series
    }
    histories = load_histories(points, set(comparison.series))
    return found | {
        (run_id, key): Series(
            run_id=run_id,
            key=key,
            steps=[point.step for point in history],
            times=[point.time for point in history],
            values=[point.value for point in history],
        )
        for (run_id, key), history in histories.items()
    }
