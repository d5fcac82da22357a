"""``rundiff.compare``: the comparison for notebooks and scripts.

``ComparedRuns`` is a Comparison that can draw itself. The two are apart because ``comparison``
holds values only and everything that draws imports it; here is the one place that imports both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rundiff.assembly.build import CompareOptions, build_comparison
from rundiff.budgets import Budgets
from rundiff.comparison import Comparison, Direction
from rundiff.errors import RundiffError
from rundiff.frozen import dataclass
from rundiff.gates.file import load_gates
from rundiff.selection.choose import SelectionOptions
from rundiff.sources.base import ReadOptions
from rundiff.stats.judge import JudgeOptions, build_judging
from rundiff.stats.tolerance import parse_tolerance
from rundiff.stats.value_choice import CHOICE, EVERY_METRIC

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa

Source = str | os.PathLike[str]
_GOALS = {"min": Direction.LOWER, "max": Direction.HIGHER}
TESTS = ("t", "permutation")
_FRAME_HEIGHT = 720


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ComparedRuns(Comparison):
    """A comparison that can be written, drawn and shown."""

    def __repr__(self) -> str:
        return f"<comparison {self.title!r}, baseline {self.baseline.name!r}>"

    def to_html(self, path: str | os.PathLike[str] | None = None, *, force: bool = False) -> str:
        """Return the report, and write it if a path is given."""
        from rundiff.render.html import render_html

        return self._written(render_html(self), path, force=force)

    def to_markdown(
        self, path: str | os.PathLike[str] | None = None, *, force: bool = False
    ) -> str:
        """Return the summary for a pull request, and write it if a path is given."""
        from rundiff.render.markdown import render_markdown

        return self._written(render_markdown(self), path, force=force)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, force: bool = False) -> str:
        """Return everything as JSON text, and write it if a path is given."""
        from rundiff.render.json import render_json

        return self._written(render_json(self).decode(), path, force=force)

    def to_arrow(self) -> pa.Table:
        """Return the comparison relation: one row for each section, key and run.

        The columns and types are those of the Parquet file.
        """
        from rundiff.render.relation import relation_table

        return relation_table(self)

    def figure(self, metric: str) -> go.Figure:
        """Return a plotly figure of one metric: its history, or bars where it has none.

        Raises KeyNotFoundError when no compared run has it.
        """
        import plotly.graph_objects as go

        from rundiff.charts.figure import build_figure

        return go.Figure(build_figure(self, metric))

    def _repr_html_(self) -> str:
        """Return the report in a frame of its own, so that neither page can touch the other."""
        page = escape(self.to_html(), quote=True)
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts allow-downloads" '
            f'style="width:100%;height:{_FRAME_HEIGHT}px;border:0"></iframe>'
        )

    def _written(self, text: str, path: str | os.PathLike[str] | None, *, force: bool) -> str:
        from rundiff.render.files import write_file

        if path is not None:
            write_file(Path(path), text.encode(), force=force)
        return text


def compare(  # noqa: PLR0913  # each is an option of the command of the same name
    *sources: Source | Iterable[Source],
    runs: Sequence[str] = (),
    experiments: Sequence[str] = (),
    where: str = "",
    order_by: str | Sequence[str] = (),
    limit: int | None = None,
    baseline: str = "",
    columns: int | None = None,
    goals: Mapping[str, str] | None = None,
    tolerances: Mapping[str, str | float] | None = None,
    values: Mapping[str, str] | str = "last",
    gates: str | os.PathLike[str] | None = None,
    today: date | None = None,
    confidence: float | None = None,
    test: str | None = None,
    seed_keys: Sequence[str] | None = None,
    max_bytes: int | None = None,
    max_cells: int | None = None,
    max_points: int | None = None,
    max_pairs: int | None = None,
    title: str = "",
    include_deleted: bool = False,
) -> ComparedRuns:
    """Compare the runs under the given paths and URIs, one by one or in a list.

    ``runs``: ids or names. ``where`` and ``order_by``: MLflow's grammar. ``columns``: how many runs
    stand side by side. ``goals``: metric → "min" or "max"; ``tolerances``: metric → 0.005 or "1%";
    ``values``: metric → "best", "min", "max", "mean:5" or "at:METRIC", or one such text for all.
    ``gates``: a gate file, whose waivers are held against ``today`` (a waiver needs it).
    Replicates are tested with ``confidence`` (otherwise the gate file's or 0.95) by the t-test or,
    with ``test="permutation"``, by permutation; they may differ in keys with one of the words
    ``seed_keys`` (none: each run stands for itself).
    ``max_bytes``, ``max_cells``, ``max_points``: how large its page may be; ``max_pairs``: how many
    pairs of recipes *Change by change* judges. Raises
    RundiffError: SourceError when no run is found, SelectionError when none is left or something
    asked for is not there, GateFileError for a wrong gate file.
    """
    wrong = [goal for goal in (goals or {}).values() if goal not in _GOALS]
    if wrong:
        raise RundiffError(f"goal {wrong[0]!r} is neither 'min' nor 'max'")
    numbers = (limit, columns, max_bytes, max_cells, max_points, max_pairs)
    if any(number is not None and number < 1 for number in numbers):
        raise RundiffError("limit, columns, max_bytes, … are numbers from 1 on")
    selection = SelectionOptions(
        where=where,
        experiments=_texts(experiments),
        names=_texts(runs),
        order_by=_texts(order_by),
        limit=limit,
        baseline=baseline,
        include_deleted=include_deleted,
    )
    options = CompareOptions(
        selection=selection,
        reading=ReadOptions(include_deleted=include_deleted),
        columns=columns,
        directions={metric: _GOALS[goal] for metric, goal in (goals or {}).items()},
        title=title,
        budgets=Budgets(bytes=max_bytes, cells=max_cells, points=max_points),
        judging=_judging(tolerances or {}, confidence, test, seed_keys, max_pairs),
        **_rules(values, gates, today),
    )
    built = build_comparison(list(_paths(sources)), options)
    parts: dict[str, Any] = {part.name: getattr(built, part.name) for part in fields(built)}
    return ComparedRuns(**parts)


def _judging(
    tolerances: Mapping[str, str | float],
    confidence: float | None,
    test: str | None,
    seed_keys: Sequence[str] | None,
    max_pairs: int | None,
) -> JudgeOptions:
    """Return when a metric is better. Raises RundiffError."""
    texts = {metric: str(tolerance) for metric, tolerance in tolerances.items()}
    try:
        for text in texts.values():
            parse_tolerance(text)
    except ValueError as error:
        raise RundiffError(str(error)) from error
    if confidence is not None and not 0.5 <= confidence < 1:
        raise RundiffError(f"confidence {confidence!r} is not a number from 0.5 to below 1")
    if test not in (None, *TESTS):
        raise RundiffError(f"test {test!r} is not {' or '.join(map(repr, TESTS))}")
    return build_judging(
        texts,
        confidence=confidence,
        test=test,
        seed_keys=None if seed_keys is None else _texts(seed_keys),
        most_pairs=max_pairs,
    )


def _rules(
    values: Mapping[str, str] | str, gates: str | os.PathLike[str] | None, today: date | None
) -> dict[str, Any]:
    """Return the fields of CompareOptions that say what is judged. Raises RundiffError."""
    choices = {EVERY_METRIC: values} if isinstance(values, str) else dict(values)
    wrong = [choice for choice in choices.values() if not CHOICE.fullmatch(choice)]
    if wrong:
        raise RundiffError(f"value {wrong[0]!r} is not last, best, min, max, mean:N or at:METRIC")
    file = load_gates(Path(gates)) if gates is not None else None
    if file is not None and file.waivers and today is None:
        raise RundiffError(f"{file.name} has waivers: say today=datetime.date.today()")
    return {
        "values": {} if values == "last" else choices,
        "gates": file,
        "today": today or date.min,
    }


def _paths(given: Iterable[Source | Iterable[Source]]) -> Iterator[str]:
    """Yield what was given as paths and URIs, that of lists included. Raises RundiffError."""
    for source in given:
        if isinstance(source, str | os.PathLike):
            yield os.fspath(source)
            continue
        several: object = source
        if not isinstance(several, Iterable) or isinstance(several, Mapping | bytes):
            raise RundiffError(
                f"a source is a path or a URI, not a {type(source).__name__};"
                " records at hand can be written to a .json file, which is one"
            )
        yield from _paths(several)


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
