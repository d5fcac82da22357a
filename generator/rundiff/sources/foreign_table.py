"""The rows of a foreign table as runs: one row a run, a step, or a point.

TensorBoard's own CSV download ("Wall time,Step,Value") is a table of one metric, called as the
file. Rows of runs that have neither id nor name are called as their first column, if that tells
them apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.collect import MAX_SHOWN, Collector, file_name_of, place_of
from rundiff.sources.csv_text import cell_number, is_missing
from rundiff.sources.grid import MAX_TEXT, Grid
from rundiff.sources.history import Number, number_of
from rundiff.sources.table_shape import Layout, Shape, is_metric_name, layout_of
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Tree

MAX_RUNS = 100_000
_DOWNLOAD = ("Wall time", "Step", "Value")
_DOWNLOAD_NAME = re.compile(r"(?:run-)?(.*?)-tag-(.+)\.csv\Z")
_TABLES = {"param": "params", "tag": "tags", "environment": "environment"}
_STATUS = {"finished": "finished", "completed": "finished", "complete": "finished",
           "success": "finished", "running": "running", "scheduled": "running", "failed": "failed",
           "crashed": "failed", "error": "failed", "killed": "killed"}  # fmt: skip


class ForeignTable:
    """One table on its way into runs."""

    def __init__(self, collector: Collector, tree: Tree, path: str) -> None:
        self.out = collector
        self.where = tree.show(path)
        self.place = place_of(tree, path)
        self.name = file_name_of(tree, path)
        self.ids: dict[str, str] = {}

    def add(self, grid: Grid, options: ReadOptions) -> None:
        """Find out what the columns mean and hand over the rows."""
        header = tuple(options.columns.get(name, name) for name in grid.header)
        for name in options.columns.keys() - set(grid.header):
            self.out.notice(self.where, f"there is no column {name!r}")
        layout = layout_of(header, is_named=True)
        if layout is None:
            self.out.problem(self.where, "empty: a table without columns")
        elif grid.header == _DOWNLOAD:
            self._add_download(grid)
        elif layout.shape is Shape.RUNS:
            self._add_runs(grid, layout)
        elif layout.shape is Shape.POINTS:
            self._add_points(grid, layout)
        else:
            self._add_steps(grid, layout)
        self.out.add_problems(self.where, grid.problems)

    def _run(self, cells: list[object], at: int | None) -> str:
        """Return the id of the run that a row of a history belongs to."""
        wanted = self.place if at is None or cells[at] is None else str(cells[at]).strip()
        if wanted not in self.ids:
            name = self.name if at is None else wanted
            self.ids[wanted] = self.out.add_run(wanted, self.where, name=name)
        return self.ids[wanted]

    def _add_runs(self, grid: Grid, layout: Layout) -> None:
        rows = list(grid.rows)
        if len(rows) > MAX_RUNS:
            raise RecordError(
                f"{len(rows):,} rows; at most {MAX_RUNS:,} runs are read from a table"
            )
        metrics = dict(layout.sections.get("metrics", {}))
        params = dict(layout.sections.get("params", {}))
        if layout.others and not layout.sections:
            guessed = self._guess(grid, layout.others, rows)
            metrics |= guessed
            params |= {name: at for name, at in layout.others.items() if name not in guessed}
        if not rows:
            self.out.problem(self.where, "a table without rows")
        names = _names(layout, rows)
        for number, (line, cells) in enumerate(rows, start=1):
            own = self.name if len(rows) == 1 else names.get(number, f"{self.name}#{number}")
            place = self.place if len(rows) == 1 else f"{self.place}#{number}"
            run_id = self._add_run(cells, layout, place, own)
            self._add_values("param", run_id, params, cells)
            tags = layout.sections.get("tags", {})
            self._add_values(
                "tag", run_id, tags | (layout.others if layout.sections else {}), cells
            )
            self._add_values("environment", run_id, layout.sections.get("environment", {}), cells)
            for key, at in metrics.items():
                number_found = self._number(grid, cells[at], key, line)
                if number_found is not None:
                    self.out.add_summary(run_id, key, number_found)

    def _guess(
        self, grid: Grid, others: dict[str, int], rows: list[tuple[int, list[object]]]
    ) -> dict[str, int]:
        """Return the columns that are metrics, by name; where none is, all that hold numbers."""
        numeric = {name: at for name, at in others.items() if _is_numeric(grid, at, rows)}
        named = {name: at for name, at in numeric.items() if is_metric_name(name)} or numeric
        if named:
            shown = ", ".join(map(repr, list(named)[:8])) + (" …" if len(named) > 8 else "")
            self.out.notice(
                self.where,
                f"taken as metrics by name: {shown}; --column NAME=params.NAME says otherwise",
            )
        return named

    def _add_run(self, cells: list[object], layout: Layout, place: str, own: str) -> str:
        found = {name: cells[at] for name, at in layout.fields.items() if cells[at] is not None}
        name = _text(found.get("name"))
        return self.out.add_run(
            _text(found.get("run_id")) or name or place,
            self.where,
            name=name or _text(found.get("run_id")) or own,
            experiment=_text(found.get("experiment")),
            status=_STATUS.get((_text(found.get("status")) or "").lower(), ""),
            start_time=micros_of_any(_moment(found.get("start_time"))),
            end_time=micros_of_any(_moment(found.get("end_time"))),
            user=_text(found.get("user")),
            parent_run_id=_text(found.get("parent_run_id")),
            note=_text(found.get("note")),
        )

    def _add_values(
        self, table: str, run_id: str, columns: dict[str, int], cells: list[object]
    ) -> None:
        found: dict[str, object] = {}
        for key, at in columns.items():
            cell = cells[at]
            if cell is None:
                continue
            if isinstance(cell, str) and len(cell) > MAX_TEXT:
                self.out.count(
                    self.where, f"texts cut to {MAX_TEXT:,} characters", f"{key!r} of {run_id!r}"
                )
                cell = cell[:MAX_TEXT] + "…"
            found[key] = cell
        self.out.add_values(table, run_id, found)

    def _add_points(self, grid: Grid, layout: Layout) -> None:
        counts: dict[tuple[str, str], int] = {}
        assert layout.key is not None
        assert layout.value is not None
        for line, cells in grid.rows:
            run_id = self._run(cells, layout.run)
            key = str(cells[layout.key] if cells[layout.key] is not None else "")
            number = self._number(grid, cells[layout.value], key, line)
            index = counts[run_id, key] = counts.get((run_id, key), -1) + 1
            if number is not None:
                self._add_point(grid, layout, cells, (run_id, key, float(index)), number)

    def _add_steps(self, grid: Grid, layout: Layout) -> None:
        columns = layout.others | layout.sections.get("metrics", {})
        texts: dict[str, dict[str, object]] = {}
        described: set[str] = set()
        if layout.run is None:
            self._run([], None)
        for index, (line, cells) in enumerate(grid.rows):
            run_id = self._run(cells, layout.run)
            if run_id not in described:
                described.add(run_id)
                for table, section in _TABLES.items():
                    self._add_values(table, run_id, layout.sections.get(section, {}), cells)
            for key, at in columns.items():
                cell = cells[at]
                if isinstance(cell, str) and _as_number(grid, cell) is None:
                    if not is_missing(cell):
                        texts.setdefault(run_id, {})[key] = cell
                    continue
                number = self._number(grid, cell, key, line)
                if number is not None:
                    self._add_point(grid, layout, cells, (run_id, key, float(index)), number)
        for run_id, found in texts.items():
            self.out.add_values("tag", run_id, found)

    def _add_point(
        self, grid: Grid, layout: Layout, cells: list[object], of: tuple[str, str, float],
        number: Number,
    ) -> None:  # fmt: skip
        run_id, key, index = of
        at = _as_number(grid, cells[layout.step]) if layout.step is not None else None
        time = micros_of_any(_moment(cells[layout.time])) if layout.time is not None else None
        self.out.history.series(run_id, key).add(index if at is None else at.value, number, time)

    def _add_download(self, grid: Grid) -> None:
        match = _DOWNLOAD_NAME.search(self.place.rpartition("/")[2])
        run, tag = match.groups() if match else (self.place, "value")
        run_id = self.out.add_run(run or self.place, self.where, name=run or self.name)
        for line, cells in grid.rows:
            number = self._number(grid, cells[2], tag, line)
            step = _as_number(grid, cells[1])
            if number is not None and step is not None:
                time = micros_of_any(_moment(cells[0]))
                self.out.history.series(run_id, tag).add(step.value, number, time)

    def _number(self, grid: Grid, cell: object, key: str, line: int) -> Number | None:
        if cell is None or (isinstance(cell, str) and is_missing(cell)):
            return None
        number = _as_number(grid, cell)
        if number is None:
            shown = repr(cell)[:MAX_SHOWN]
            self.out.leave_out(
                self.where, "metric cells that are no numbers", f"{key!r}: {shown}", line=line
            )
        return number


def _names(layout: Layout, rows: list[tuple[int, list[object]]]) -> dict[int, str]:
    """Return names for runs by row number: the texts of the first column, if no two are equal."""
    places = sorted(layout.others.values())
    first = [_text(cells[places[0]]) for _, cells in rows] if places else []
    texts = [text for text in first if text is not None and cell_number(text) is None]
    texts = [text for text in texts if len(text) <= MAX_SHOWN]
    is_telling = len(texts) == len(set(texts)) == len(rows)
    return dict(enumerate(texts, start=1)) if is_telling else {}


def _is_numeric(grid: Grid, at: int, rows: list[tuple[int, list[object]]]) -> bool:
    found = [cells[at] for _, cells in rows if cells[at] is not None]
    present = [cell for cell in found if not (isinstance(cell, str) and is_missing(cell))]
    return bool(present) and all(
        not isinstance(cell, bool) and _as_number(grid, cell) is not None for cell in present
    )


def _as_number(grid: Grid, cell: object) -> Number | None:
    if isinstance(cell, bool):
        return Number(float(cell))
    number = number_of(cell)
    if number is None and isinstance(cell, str):
        value = cell_number(cell, has_decimal_comma=grid.has_decimal_comma)
        number = None if value is None else Number(value)
    return number


def _text(cell: object) -> str | None:
    text = "" if cell is None else str(cell).strip()
    return text[:1_000] or None


def _moment(cell: object) -> object:
    """Return a time as a number where a text spells one."""
    number = cell_number(cell) if isinstance(cell, str) else None
    return cell if number is None else number
