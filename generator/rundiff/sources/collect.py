"""What the readers of foreign formats share: one collector of rows, points and left-out values.

A reader walks its files and tells the collector what it met; the collector sees to it that keys are
unique within a run, that text can be written out, and that values with no place are counted in one
notice a file instead of one a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.records.tables import TableBuilder
from rundiff.records.values import Value, flatten, value_of
from rundiff.sources.base import Batch
from rundiff.sources.history import History, Number, number_of
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rundiff.sources.base import Claim, ReadOptions
    from rundiff.sources.tree import Tree

MAX_SHOWN = 60
# Names that tell nothing: the folder's name does.
_EVERYBODYS = frozenset({"", "log", "logs", "history", "metrics", "progress", "result", "results",
                         "scores", "training", "training_log"})  # fmt: skip


class Collector:
    """Rows of one batch."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.builder = TableBuilder()
        self.history = History()
        self._values: dict[tuple[str, str], dict[str, Value]] = {}
        self._summaries: dict[str, dict[str, Number]] = {}
        self._artifacts: dict[tuple[str, str], tuple[Tree, str]] = {}
        self._counted: dict[tuple[str, str, str], tuple[int, str, int | None]] = {}
        self._versions: dict[str, None] = {}

    def add_run(self, run_id: str, location: str, **columns: object) -> str:
        """Add a run of this kind and return the id for its further rows."""
        cleaned = {
            name: clean_text(value) if isinstance(value, str) else value
            for name, value in columns.items()
        }
        return self.builder.add_run(
            clean_text(run_id), source=self.kind, location=clean_text(location), **cleaned
        )

    def add_values(
        self, table: str, run_id: str, values: Mapping[str, object], *, other: str = ""
    ) -> None:
        """Add params, tags or environment entries leaf by leaf; of equal keys the first counts.

        A later one of another value is kept as a tag whose key begins with ``other``, if given.
        """
        seen = self._values.setdefault((table, run_id), {})
        rows, others = [], {}
        for name, raw in values.items():
            for key, value in flatten(clean_text(name), raw):
                if key not in seen:
                    seen[key] = value
                    rows.append((key, value))
                elif other and not _is_same(seen[key], value):
                    others[f"{other}{key}"] = value
                elif not other:
                    self.notice(run_id, f"{table} {key!r} occurs twice; the first one counts")
        self.builder.add_values(table, run_id, rows)
        self.builder.add_values("tag", run_id, list(others.items()))

    def add_plain(self, table: str, run_id: str, values: Mapping[str, object]) -> None:
        """Add entries that are not taken apart, even where their text looks like JSON."""
        seen = self._values.setdefault((table, run_id), {})
        fresh = [(clean_text(key), value_of(raw)) for key, raw in values.items() if key not in seen]
        seen.update(fresh)
        self.builder.add_values(table, run_id, fresh)

    def add_point(
        self, run_id: str, key: str, step: float, raw: object, *, time: int | None = None
    ) -> bool:
        """Add a metric point; False where the value is no number, for the caller to say so."""
        number = number_of(raw)
        if number is None:
            return False
        self.history.series(run_id, clean_text(key)).add(step, number, time)
        return True

    def note_restarts(self, run_id: str, location: str) -> None:
        """Say where the steps of a run begin again: a log may hold several runs in a row."""
        found = self.history.of_run(run_id).values()
        longest = max(found, key=lambda series: len(series.steps), default=None)
        count = longest.restarts() if longest is not None else 0
        if count:
            times = "once" if count == 1 else f"{count:,} times"
            self.notice(location, f"the steps begin again {times}; all points are kept in one run")

    def add_summary(self, run_id: str, key: str, number: Number) -> None:
        """Add a metric of one value; a tag ``summary.<key>`` where its history ends in another."""
        key = clean_text(key)
        first = self._summaries.setdefault(run_id, {}).setdefault(key, number)
        if repr(first) != repr(number):  # NaN is NaN
            self.notice(run_id, f"metric {key!r} occurs twice; the first one counts")

    def summary_keys(self, run_id: str) -> set[str]:
        """Return the metrics of a run that have one value."""
        return set(self._summaries.get(run_id, ()))

    def add_definition(
        self, run_id: str, key: str, *, goal: str | None = None, unit: str | None = None
    ) -> None:
        """Say which direction is better, or the unit, where the source does."""
        self.builder.add(
            "metric_definition",
            {
                "run_id": run_id,
                "key": clean_text(key),
                "goal": goal,
                "unit": unit,
                "origin": "source",
            },
        )

    def add_artifact(self, run_id: str, name: str, tree: Tree, path: str) -> None:
        """Add a file of the run, whose bytes can be had later; what cannot be opened is listed."""
        name = clean_text(name)
        try:
            size = tree.size(path)
        except RecordError as error:
            self.error(error, tree.show(path))
            return
        self._artifacts[run_id, name] = (tree, path)
        self.builder.add("artifact", {"run_id": run_id, "path": name, "size": size})

    def load_artifact(self, run_id: str, name: str, limit: int) -> bytes | None:
        """Return the bytes of a file that was added; None if there is none or it is too large."""
        found = self._artifacts.get((run_id, name))
        if found is None:
            return None
        tree, path = found
        try:
            return tree.read(path, limit=limit)
        except RecordError:
            return None

    def leave_out(self, location: str, what: str, example: str, *, line: int | None = None) -> None:
        """Count something without a place; one notice per location says how many."""
        self._count(location, (what, "; left out"), example, line)

    def count(self, location: str, what: str, example: str, *, line: int | None = None) -> None:
        """Count something worth knowing; one notice per location says how many, with an example."""
        self._count(location, (what, ""), example, line)

    def _count(self, location: str, what: tuple[str, str], example: str, line: int | None) -> None:
        count, first, at = self._counted.get((location, *what), (0, example, line))
        self._counted[location, *what] = (count + 1, first, at)

    def met_version(self, version: object) -> None:
        """Note which version of the tool wrote a run, where its files say so."""
        if isinstance(version, str | int | float) and version:
            self._versions[clean_text(str(version))] = None

    def problem(self, location: str, message: str, *, line: int | None = None) -> None:
        """List something that could not be read."""
        self.builder.add_problem(clean_text(location), clean_text(message), line=line)

    def notice(self, location: str, message: str, *, line: int | None = None) -> None:
        """List something that was read but is worth knowing."""
        self.builder.add_problem(
            clean_text(location), clean_text(message), line=line, severity="notice"
        )

    def add_problems(self, location: str, problems: Iterable[tuple[int | None, str, str]]) -> None:
        """List what a reader of text met: (line, severity, message)."""
        for line, severity, message in problems:
            say = self.problem if severity == "error" else self.notice
            say(location, message, line=line)

    def error(self, error: RecordError, location: str) -> None:
        """List an error of the reading itself."""
        self.problem(error.location or location, error.message, line=error.line)

    def _settle(self, run_id: str, numbers: Mapping[str, Number]) -> None:
        """Add the metrics of one value, those with a history as tags where they differ from it."""
        histories = self.history.of_run(run_id)
        for key, number in numbers.items():
            series = histories.get(key)
            if series is None or not series.values:
                row = {"run_id": run_id, "key": key, "last": number.value, "points": 0}
                self.builder.add("metric_summary", row | {"exact": number.exact})
            elif repr(series.values[series.last_index()]) != repr(number.value):
                self.add_plain("tag", run_id, {f"summary.{key}": number.exact or number.value})

    def batch(self, location: str) -> Batch:
        """Return what was collected; the points stay here until they are asked for."""
        for (where, what, outcome), (count, example, line) in self._counted.items():
            shown = example if len(example) <= MAX_SHOWN else example[:MAX_SHOWN] + "…"
            self.notice(where, f"{what}: {count:,}{outcome}, e.g. {shown}", line=line)
        self._counted.clear()
        for run_id, numbers in self._summaries.items():
            self._settle(run_id, numbers)
        self.history.add_summaries(self.builder)
        return Batch(
            tables=self.builder.build(),
            kind=self.kind,
            location=clean_text(location),
            version=_versions(list(self._versions)),
            load_points=self.history.load_points,
            load_artifact=self.load_artifact,
        )


def reader_of_many(
    kind: str, read_one: Callable[[Collector, Tree, Claim, ReadOptions], None]
) -> Callable[[Tree, Sequence[Claim], ReadOptions], Batch]:
    """Return a ``Format.read_many`` that reads claim after claim into one batch.

    A claim that cannot be read at all is a listed problem and costs the others nothing.
    """

    def read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
        collector = Collector(kind)
        for claim in claims:
            try:
                read_one(collector, tree, claim, options)
            except RecordError as error:
                collector.error(error, tree.show(claim.path))
        location = tree.show(claims[0].path) if len(claims) == 1 else tree.show("")
        return collector.batch(location)

    return read_many


def reader_of_one(
    kind: str, read_one: Callable[[Collector, Tree, Claim, ReadOptions], None]
) -> Callable[[Tree, Claim, ReadOptions], Batch]:
    """Return a ``Format.read`` for one claim."""
    read_many = reader_of_many(kind, read_one)

    def read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
        return read_many(tree, [claim], options)

    return read


def place_of(tree: Tree, path: str) -> str:
    """Return a path under the name of what was given: the id of runs that have none of their own.

    A file that was named itself is called by its folder too: every run has a ``results.csv``.
    """
    if tree.only_file is not None:
        folder = tree.root.rstrip("/").rpartition("/")[2]
        return clean_text(f"{folder}/{tree.only_file}" if folder else tree.only_file)
    return clean_text(tree.show(path).removeprefix("./"))


def name_of(tree: Tree, path: str) -> str:
    """Return a name for a run without one: its path below what was given, or its folder's name."""
    if tree.only_file is not None:
        return clean_text(tree.root.rstrip("/").rpartition("/")[2] or tree.label)
    return clean_text(path or tree.label)


def add_folder_run(collector: Collector, tree: Tree, path: str) -> str:
    """Add the run that a folder is; the folder it lies in is its experiment."""
    return collector.add_run(
        place_of(tree, path),
        tree.show(path),
        name=name_of(tree, path),
        experiment=path.rpartition("/")[0].rpartition("/")[2] or None,
    )


def file_name_of(tree: Tree, path: str) -> str:
    """Return a name for a run that is one file: its path without the ending."""
    if tree.only_file is None:
        return clean_text(path.rpartition(".")[0] or path)
    stem = tree.only_file.rpartition(".")[0]
    return name_of(tree, path) if stem.lower() in _EVERYBODYS else clean_text(stem)


def _is_same(one: Value, other: Value) -> bool:
    """Tell whether two records of one setting agree: 2 and 2.0 are one number of steps."""
    are_numbers = {one.type, other.type} <= {"int", "float"}
    return one == other or (are_numbers and float(one.value) == float(other.value))


def _versions(found: Sequence[str]) -> str:
    """Return one version as it is, two or more as the lowest and the highest."""
    if len(found) < 2:
        return "".join(found)
    ordered = sorted(found, key=lambda text: [int(part) for part in re.findall(r"\d+", text)])
    return f"{ordered[0]} to {ordered[-1]}"
