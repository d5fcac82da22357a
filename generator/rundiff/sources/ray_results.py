"""What a Ray Tune trial reported: ``result.json``, or ``progress.csv`` where that is of no use.

The table's header is that of the first row: names that come later are lost in it, so the lines
count first. The step is ``training_iteration``; nested names are joined with "/", as in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.csv_text import cell_number, is_missing, parse_csv
from rundiff.sources.foreign_json import as_dict, iterate_json_lines, text_or_none
from rundiff.sources.history import Series, number_of
from rundiff.sources.times import micros_of_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

_NOT_METRICS = frozenset({"config", "training_iteration", "timestamp", "date", "pid", "hostname",
                          "node_ip", "trial_id", "experiment_id", "experiment_tag", "done",
                          "should_checkpoint", "checkpoint_dir_name"})  # fmt: skip
_TEXTS = _NOT_METRICS - {"training_iteration", "timestamp", "done"}


class Results:
    """The results of one trial folder: series, first and last row, config and texts."""

    def __init__(self, collector: Collector, tree: Tree, folder: Folder) -> None:
        self.out, self.tree, self.here = collector, tree, folder
        self.series: dict[str, Series] = {}
        self.first: dict[str, object] = {}
        self.last: dict[str, object] = {}
        self.config: dict[str, object] = {}
        self.texts: dict[str, object] = {}

    def read(self) -> None:
        """Read what is there; what is wrong with it is listed."""
        if "result.json" in self.here.files and self._read_lines(self.here.join("result.json")):
            return
        if "progress.csv" in self.here.files:
            self._read_table(self.here.join("progress.csv"))

    def _read_lines(self, path: str) -> bool:
        where = self.tree.show(path)
        try:
            data = self.tree.read(path)
        except RecordError as error:
            self.out.error(error, where)
            return False
        count = 0
        for line, found in iterate_json_lines(data, location=where):
            if isinstance(found, RecordError):
                self.out.error(found, where)
                continue
            row = as_dict(found.value)
            if not row:
                self.out.problem(where, "not a JSON object", line=line)
                continue
            count += 1
            self.config = as_dict(row.get("config")) or self.config
            self._take(row, count, where)
        if not count and (data.strip() or "progress.csv" in self.here.files):
            self.out.problem(where, "no result in it")
        elif not count:
            self.out.notice(where, "empty: the trial ended before its first result")
        return count > 0

    def _take(self, row: dict[str, object], place: int, where: str) -> None:
        self.first = self.first or row
        self.last = row
        at = number_of(row.get("training_iteration"))
        step, time = at.value if at else float(place), micros_of_seconds(row.get("timestamp"))
        for key, raw in leaves_of(row, ""):
            number = number_of(raw)
            if number is not None:
                self.series.setdefault(key, Series()).add(step, number, time)
            elif isinstance(raw, list):
                self.out.leave_out(where, "lists in results", key)
            elif isinstance(raw, str | bool):
                self.texts[key] = raw

    def _read_table(self, path: str) -> None:
        where = self.tree.show(path)
        try:
            table = parse_csv(self.tree.read(path), delimiter=",")
        except RecordError as error:
            self.out.error(error, where)
            return
        for count, (_, cells) in enumerate(table.rows(), start=1):
            row = {
                name: cell if name in _TEXTS else _cell(cell)
                for name, cell in zip(table.header, cells, strict=True)
                if not is_missing(cell)
            }
            self._take(row, count, where)
        for line, severity, message in table.problems:
            if severity == "error":
                self.out.problem(where, message, line=line)
            else:
                self.out.notice(where, message, line=line)


def leaves_of(row: dict[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    """Yield nested results by their names joined with "/", as progress.csv spells them."""
    for name, raw in row.items():
        if not prefix and name in _NOT_METRICS:
            continue
        key = f"{prefix}/{name}" if prefix else name
        if isinstance(raw, dict):
            yield from leaves_of(raw, key)
        else:
            yield key, raw


def _cell(cell: str) -> object:
    """Return a cell as result.json would have it."""
    number = cell_number(cell)
    if number is not None:
        return number
    text = cell.strip()
    if text.startswith("[") and text.endswith("]"):
        return [text]
    return {"True": True, "False": False}.get(text, text_or_none(text))
