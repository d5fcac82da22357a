"""The rows of a foreign table as runs: one row a run, a step, or a point.

TensorBoard's own CSV download ("Wall time,Step,Value") is a table of one metric, called as the
file. Rows of runs that have neither id nor name are called as their first column, if that tells
them apart. A text in a column of metrics ("crash") is kept as a tag.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.collect import MAX_SHOWN, Collector, file_name_of, place_of
from rundiff.sources.grid import MAX_TEXT, Grid
from rundiff.sources.json_series import add_history, add_series, is_history, is_named_series
from rundiff.sources.table_cells import as_moment, as_number, as_text, is_blank
from rundiff.sources.table_exports import NAMELESS
from rundiff.sources.table_guess import are_row_numbers, guess_metrics, names_of_rows, without
from rundiff.sources.table_nested import expand_columns
from rundiff.sources.table_settle import SAMPLE, identities_of, settle_layout
from rundiff.sources.table_shape import Layout, Shape, layout_of
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from rundiff.sources.base import ReadOptions
    from rundiff.sources.history import Number
    from rundiff.sources.tree import Tree

MAX_RUNS = 100_000
_MAX_NAME = 200
_DECIMAL = re.compile(r"\A(-?\d+),(\d+(?:[eE][-+]?\d+)?)\Z")
_DOWNLOAD = ("Wall time", "Step", "Value")
_DOWNLOAD_NAME = re.compile(r"(?:run-)?(.*?)-tag-(.+)\.csv\Z")
_TABLES = {"param": "params", "tag": "tags", "environment": "environment"}
_STATUS = {"finished": "finished", "completed": "finished", "complete": "finished",
           "success": "finished", "running": "running", "scheduled": "running", "failed": "failed",
           "fail": "failed", "crashed": "failed", "error": "failed", "killed": "killed",
           "pruned": "killed", "preempted": "killed"}  # fmt: skip


class ForeignTable:
    """One table on its way into runs."""

    def __init__(self, collector: Collector, tree: Tree, path: str) -> None:
        self.out = collector
        self.where = tree.show(path)
        self.place = place_of(tree, path)
        self.name = file_name_of(tree, path)
        self.rows_name = path.rpartition(".")[0] or self.name  # where each row is a run
        self.ids: dict[str, str] = {}
        self.header: tuple[str, ...] = ()
        self.has_decimal_comma = False

    def add(self, grid: Grid, options: ReadOptions) -> None:
        """Find out what the columns mean and hand over the rows."""
        for name in options.columns.keys() - set(grid.header):
            self.out.notice(self.where, f"there is no column {name!r}")
        expand_columns(grid)
        self.has_decimal_comma = grid.has_decimal_comma
        self.header = header = tuple(options.columns.get(name, name) for name in grid.header)
        layout = layout_of(header, is_named=True)
        if layout is None:
            self.out.problem(self.where, "empty: a table without columns")
            self.out.add_problems(self.where, grid.problems)
            return
        rows = iter(grid.rows)
        sample = list(islice(rows, SAMPLE))
        grid.rows = chain(sample, rows)
        layout = settle_layout(layout, header, grid, sample)
        if grid.header == _DOWNLOAD:
            self._add_download(grid)
        elif layout.shape is Shape.RUNS:
            self._add_runs(grid, layout)
        elif layout.shape is Shape.POINTS:
            self._add_points(grid, layout)
        else:
            self._add_steps(grid, layout)
        self.out.add_problems(self.where, grid.problems)

    def _run(self, cells: list[object], layout: Layout) -> str:
        """Return the id of the run that a row of a history belongs to."""
        wanted = name = None
        if layout.settings:
            told = {key: as_text(cells[at]) for key, at in layout.settings.items()}
            name = " ".join(f"{key}={text}" for key, text in told.items())[:_MAX_NAME]
            wanted = f"{self.place}#{name}"
        elif layout.run is not None:
            wanted = name = as_text(cells[layout.run])
        wanted = wanted or self.place
        if wanted not in self.ids:
            name = name if name or layout.run is not None else self.name
            self.ids[wanted] = self.out.add_run(wanted, self.where, name=name or wanted)
        return self.ids[wanted]

    def _add_runs(self, grid: Grid, layout: Layout) -> None:
        rows = list(grid.rows)
        if len(rows) > MAX_RUNS:
            raise RecordError(
                f"{len(rows):,} rows; at most {MAX_RUNS:,} runs are read from a table"
            )
        metrics = dict(layout.sections.get("metrics", {}))
        params = dict(layout.sections.get("params", {}))
        others = dict(layout.others)
        for name in NAMELESS & others.keys():
            if are_row_numbers(rows, others[name]):
                del others[name]
        labels = sorted(others.values())
        telling = (*identities_of(others), min(others.values(), default=None),
                   layout.fields.get("start_time"))  # fmt: skip
        if others and "metrics" not in layout.sections:
            guessed, sentence = guess_metrics(grid, others, rows)
            if guessed:
                self.out.notice(self.where, sentence)
            metrics |= guessed
            others = without(others, guessed)
        if "params" not in layout.sections:
            params, others = params | others, {}
        if not rows:
            self.out.problem(self.where, "a table without rows")
        names = names_of_rows([at for at in telling if at is not None], labels, params, rows)
        for number, (line, cells) in enumerate(rows, start=1):
            own = self.name if len(rows) == 1 else names.get(number) or f"{self.rows_name}#{number}"
            place = self.place if len(rows) == 1 else f"{self.place}#{number}"
            run_id = self._add_run(cells, layout, place, own)
            series = self._add_series(run_id, cells, params | others | metrics)
            self._add_values("param", run_id, without(params, series), cells)
            tags = layout.sections.get("tags", {}) | without(others, series)
            tags = tags | self._odd_times(cells, layout)
            for key, at in without(metrics, series).items():
                found = as_number(grid, cells[at])
                if found is not None:
                    self.out.add_summary(run_id, key, found)
                elif not is_blank(cells[at]):
                    what = "metric cells that are no numbers, kept as tags"
                    shown = f"{key!r}: {cells[at]!r}"
                    self.out.count(self.where, what, shown, line=line)
                    tags = tags | {key: at}
            self._add_values("tag", run_id, tags, cells)
            self._add_values("environment", run_id, layout.sections.get("environment", {}), cells)

    def _add_series(self, run_id: str, cells: list[object], columns: dict[str, int]) -> set[str]:
        """Add the histories that JSON cells hold; return the columns they are in."""
        found = set()
        for key, at in columns.items():
            cell = cells[at]
            if isinstance(cell, list) and is_history(cell):
                add_history(self.out, run_id, self.where, key, cell)
            elif isinstance(cell, list) and is_named_series(key, cell):
                add_series(self.out, run_id, key, cell)
            else:
                continue
            found.add(key)
        return found

    def _add_run(self, cells: list[object], layout: Layout, place: str, own: str) -> str:
        found = {name: cells[at] for name, at in layout.fields.items() if cells[at] is not None}
        name = as_text(found.get("name"))
        trial = as_text(found.get("trial"))
        if trial is not None:
            place = f"{self.place}#{trial}"
            name = name or f"trial {trial}"
        note = as_text(found.get("note"))
        return self.out.add_run(
            as_text(found.get("run_id")) or (place if trial else name) or place,
            self.where,
            name=name or as_text(found.get("run_id")) or own,
            experiment=as_text(found.get("experiment")),
            status=_STATUS.get((as_text(found.get("status")) or "").lower(), ""),
            start_time=micros_of_any(as_moment(found.get("start_time"))),
            end_time=micros_of_any(as_moment(found.get("end_time"))),
            user=as_text(found.get("user")),
            parent_run_id=as_text(found.get("parent_run_id")),
            note=None if note == "-" else note,  # W&B's sign for none
        )

    def _odd_times(self, cells: list[object], layout: Layout) -> dict[str, int]:
        """Return the columns of times whose cell is spelled in no way that is understood."""
        places = [layout.fields[name] for name in ("start_time", "end_time")
                  if name in layout.fields]  # fmt: skip
        return {self.header[at]: at for at in places if not is_blank(cells[at])
                and micros_of_any(as_moment(cells[at])) is None}  # fmt: skip

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
            found[key] = self._spelled(cell)
        self.out.add_values(table, run_id, found)

    def _spelled(self, cell: object) -> object:
        """Return a decimal comma as a point, in a table that has such."""
        if self.has_decimal_comma and isinstance(cell, str):
            return _DECIMAL.sub(r"\1.\2", cell)
        return cell

    def _add_points(self, grid: Grid, layout: Layout) -> None:
        counts: dict[tuple[str, str], int] = {}
        assert layout.key is not None
        assert layout.value is not None
        for line, cells in grid.rows:
            run_id = self._run(cells, layout)
            key = str(cells[layout.key] if cells[layout.key] is not None else "")
            number = self._number(grid, cells[layout.value], key, line)
            index = counts[run_id, key] = counts.get((run_id, key), -1) + 1
            if number is not None:
                step, time = self._when(grid, layout, cells, index)
                self.out.history.series(run_id, key).add(step, number, time)

    def _add_steps(self, grid: Grid, layout: Layout) -> None:
        measured = layout.others | layout.sections.get("metrics", {})
        measured = {key: at for key, at in measured.items() if key not in NAMELESS}
        texts: dict[str, dict[str, object]] = {}
        described: set[str] = set()
        if layout.run is None and not layout.settings:
            self._run([], layout)
        for index, (line, cells) in enumerate(grid.rows):
            run_id = self._run(cells, layout)
            if run_id not in described:
                described.add(run_id)
                for table, section in _TABLES.items():
                    columns = layout.sections.get(section, {})
                    columns = columns | layout.settings if table == "param" else columns
                    self._add_values(table, run_id, columns, cells)
            step, time = self._when(grid, layout, cells, index)
            for key, at in measured.items():
                cell = cells[at]
                number = as_number(grid, cell)
                if number is not None:
                    self.out.history.series(run_id, key).add(step, number, time)
                elif isinstance(cell, str) and not is_blank(cell):
                    texts.setdefault(run_id, {})[key] = cell
                else:
                    self._leave_out(cell, key, line)
        for run_id, found in texts.items():
            self.out.add_values("tag", run_id, found)
        for run_id in self.ids.values():
            self.out.note_restarts(run_id, self.where)

    def _when(
        self, grid: Grid, layout: Layout, cells: list[object], index: int
    ) -> tuple[float, int | None]:
        """Return the step of a row, which is its place where none is told, and its time."""
        step = as_number(grid, cells[layout.step]) if layout.step is not None else None
        time = micros_of_any(as_moment(cells[layout.time])) if layout.time is not None else None
        return float(index) if step is None else step.value, time

    def _add_download(self, grid: Grid) -> None:
        match = _DOWNLOAD_NAME.search(self.place.rpartition("/")[2])
        run, tag = match.groups() if match else (self.place, "value")
        run_id = self.out.add_run(run or self.place, self.where, name=run or self.name)
        for line, cells in grid.rows:
            number = self._number(grid, cells[2], tag, line)
            step = as_number(grid, cells[1])
            if number is not None and step is not None:
                time = micros_of_any(as_moment(cells[0]))
                self.out.history.series(run_id, tag).add(step.value, number, time)

    def _number(self, grid: Grid, cell: object, key: str, line: int) -> Number | None:
        number = as_number(grid, cell)
        if number is None:
            self._leave_out(cell, key, line)
        return number

    def _leave_out(self, cell: object, key: str, line: int) -> None:
        """Count a cell that holds no number, unless it holds nothing."""
        if not is_blank(cell):
            shown = repr(cell)[:MAX_SHOWN]
            self.out.leave_out(
                self.where, "metric cells that are no numbers", f"{key!r}: {shown}", line=line
            )
