"""Finds out what the given paths hold, and has it read.

Each path is walked once, folders in sorted order, so that the outcome does not depend on the order
of a directory listing. In each folder the formats are asked in the order of the registry, and each
is offered only what nobody claimed before it. A folder that is claimed is not descended into.

Whatever cannot be read is a listed problem as long as one run is found somewhere. With none at all
there is nothing to compare, and ``SourceError`` says what was looked for and what is there.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import field
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import RecordError, RundiffError, SourceError
from rundiff.frozen import dataclass
from rundiff.sources.registry import Known, known_formats
from rundiff.sources.skipping import SKIPPED_FOLDERS, artifacts_hint, is_skipped
from rundiff.sources.tree import MAX_DEPTH, Folder, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.sources.base import Batch, Claim, Format, ReadOptions

MAX_NAMES = 8  # of files or problems in one message
_TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json")
_SETTINGS = frozenset({"package.json", "tsconfig.json", "package-lock.json", "config.json"})


class ProblemRow(NamedTuple):
    """One row of the ``problem`` table."""

    location: str
    line: int | None
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read: a batch for each claim, or for all claims of one format under one path.

    ``problems`` are those of finding; those of reading are in the batches' tables. ``given`` says
    of each batch which of the sources it is of, from 0.
    """

    batches: tuple[Batch, ...]
    given: tuple[int, ...] = ()
    problems: tuple[ProblemRow, ...]
    titles: Mapping[str, str] = field(default_factory=dict)  # kind → its format's title


def load_sources(
    given: Sequence[str], options: ReadOptions, *, formats: Sequence[Format] | None = None
) -> Loaded:
    """Read every run under the given paths and URIs.

    Raises SourceError when a path does not exist, or when no run is found in any of them.
    """
    asked = known_formats() if formats is None else tuple(map(_always, formats))
    titles: dict[str, str] = {}
    batches: list[Batch] = []
    numbers: list[int] = []
    problems: list[ProblemRow] = []
    fruitless: dict[str, str] = {}  # source → what is there instead of runs
    sources = tuple(dict.fromkeys(given))
    shown = _told_apart(sources)
    for number, source in enumerate(sources):
        read = _read_uri(source, asked, options, titles)
        if read is None:
            tree = open_tree(source)
            tree.shown = shown.get(source, tree.label)
            walk = _Walk(tree, asked)
            met = {kind.kind: kind for kind, _ in walk.claims}
            titles.update((kind.kind, kind.title) for kind in met.values())
            read = _read_claims(tree, walk.claims, options, walk.problems)
            for kind in met.values():
                read = kind.join(read) if kind.join is not None else read
            problems.extend(walk.problems)
        batches.extend(read)
        numbers.extend([number] * len(read))
        if not any(batch.tables["run"].num_rows for batch in read):
            fruitless[source] = _empty_stores(read) or _what_is_there(source)
    if len(fruitless) == len(sources):
        messages = [f"no runs found in {source!r}: {there}" for source, there in fruitless.items()]
        messages += [hint for source in fruitless if (hint := _hint(source))]
        is_known = bool(batches)  # then what was looked for is beside the point
        reasons = _error_lines(batches, problems) or ([] if is_known else [_looked_for(asked)])
        raise SourceError("\n".join([*messages, *reasons]))
    problems.extend(
        ProblemRow(_last_part(source), None, "error", f"no runs found: {there}")
        for source, there in fruitless.items()
    )
    return Loaded(
        batches=tuple(batches), given=tuple(numbers), problems=tuple(problems), titles=titles
    )


def _told_apart(sources: Sequence[str]) -> dict[str, str]:
    """Return as much of the ends of paths that end alike as tells them apart: a/runs, b/runs.

    Nothing where that would be a whole path: where files lie is not in a report.
    """
    paths = {source: Path(source).parts for source in sources}
    found: dict[str, str] = {}
    for source, own in paths.items():
        alike = [path for one, path in paths.items() if one != source and path[-1:] == own[-1:]]
        for length in range(2, len(own) + 1 if alike else 0):
            end = own[-length:]
            if end[0] in ("/", ".."):
                break
            if end not in [path[-length:] for path in alike]:
                found[source] = "/".join(end)
                break
    return found


def _empty_stores(read: Sequence[Batch]) -> str:
    """Say what was recognised although it has no runs."""
    return ", ".join(dict.fromkeys(f"{each.location} ({each.kind}) holds none" for each in read))


def _always(kind: Format) -> Known:
    return Known(lambda: kind, files="", folders="", own="", scheme="" if kind.opens_uri else None)


def open_tree(given: str) -> Tree:
    """Return the tree of a given path.

    Raises SourceError; where there is no such path, it names what is there instead.
    """
    try:
        return Tree(given)
    except SourceError as error:
        path = Path(given)
        if not given or os.path.lexists(given) or not path.parent.is_dir():
            raise
        names = [entry.name for entry in path.parent.iterdir() if entry.name[0] != "."]
        close = difflib.get_close_matches(path.name, names, n=1)
        hint = (
            f"did you mean {str(path.with_name(close[0]))!r}?" if close else _listing(path.parent)
        )
        raise SourceError(f"{error}; {hint}") from error


class _Walk:
    """One walk through a tree: the claims met, and what could not be looked into.

    ``claims`` holds every claim with its format, parents before what is below them.
    """

    def __init__(self, tree: Tree, formats: Sequence[Known]) -> None:
        self.claims: list[tuple[Format, Claim]] = []
        self.problems: list[ProblemRow] = []
        self._tree, self._formats = tree, formats
        self._links: list[str] = []
        self._enter("", 0)
        if self._links:
            count = len(self._links)
            self.problems.append(
                ProblemRow(
                    self._tree.show(self._links[0]), None, "notice",
                    "a symbolic link, not followed" if count == 1
                    else f"one of {count} symbolic links, none of them followed",
                )
            )  # fmt: skip

    def _enter(self, path: str, depth: int) -> None:
        try:
            folder = self._tree.folder(path)
        except RecordError as error:
            self.problems.append(ProblemRow(error.location, None, "error", error.message))
            return
        if path and is_skipped(folder):
            return
        name = path.rpartition("/")[2] or self._tree.label
        for known in self._formats:
            # A file that was named is shown to every format, whatever it is called.
            if self._tree.only_file is None and not known.may_find(folder, name):
                continue
            kind = known.format
            for claim in self._ask(kind, folder):
                self.claims.append((kind, claim))
                if claim.is_whole_folder:
                    return
                folder = _without(folder, claim.consumed)
            if not (folder.files or folder.folders or folder.links):
                return
        links = (folder.join(name) for name in folder.links)
        self._links.extend(link for link in links if not self._tree.leads_inside(link))
        inner = [name for name in folder.folders if name not in SKIPPED_FOLDERS]
        if inner and depth >= MAX_DEPTH:
            self.problems.append(
                ProblemRow(
                    self._tree.show(path), None, "error",
                    f"folders are nested more than {MAX_DEPTH} deep; those below are not read",
                )
            )  # fmt: skip
            return
        for name in inner:
            self._enter(folder.join(name), depth + 1)

    def _ask(self, kind: Format, folder: Folder) -> Sequence[Claim]:
        try:
            return tuple(kind.find(self._tree, folder))
        except RecordError as error:
            self.problems.append(
                ProblemRow(
                    error.location or self._tree.show(folder.path),
                    error.line,
                    "error",
                    error.message,
                )
            )
            return ()


def _without(folder: Folder, consumed: frozenset[str]) -> Folder:
    if not consumed:
        return folder
    is_gone = consumed.__contains__
    return Folder(
        path=folder.path,
        files=tuple(filterfalse(is_gone, folder.files)),
        folders=tuple(filterfalse(is_gone, folder.folders)),
        links=tuple(filterfalse(is_gone, folder.links)),
    )


def _read_uri(
    source: str, asked: Sequence[Known], options: ReadOptions, titles: dict[str, str]
) -> list[Batch] | None:
    for known in asked:
        if not known.may_open(source):
            continue
        kind = known.format
        if kind.opens_uri is not None and kind.read_uri is not None and kind.opens_uri(source):
            batch = kind.read_uri(source, options)
            titles.setdefault(batch.kind, kind.title)
            return [batch]
    return None


def _read_claims(
    tree: Tree,
    claims: Sequence[tuple[Format, Claim]],
    options: ReadOptions,
    problems: list[ProblemRow],
) -> list[Batch]:
    """Read the claims in the order found; those of a format with ``read_many`` together."""
    groups: dict[object, tuple[Format, list[Claim]]] = {}
    for place, (kind, claim) in enumerate(claims):
        together = kind.kind if kind.read_many is not None else place
        groups.setdefault(together, (kind, []))[1].append(claim)
    batches: list[Batch] = []
    for kind, group in groups.values():
        try:
            if kind.read_many is not None:
                batches.append(kind.read_many(tree, group, options))
            else:
                batches.append(kind.read(tree, group[0], options))
        except RecordError as error:
            place_of = error.location or tree.show(group[0].path)
            problems.append(ProblemRow(place_of, error.line, "error", error.message))
        except RundiffError as error:
            problems.append(ProblemRow(tree.show(group[0].path), None, "error", str(error)))
    return batches


def _looked_for(asked: Sequence[Known]) -> str:
    kinds = [f"{known.format.title} ({known.format.recognised_by})" for known in asked]
    return "looked for: " + "\n            ".join(kinds)


def _what_is_there(source: str) -> str:
    path = Path(source)
    if path.is_dir():
        return _listing(path)
    return "the file has none of the known shapes" if path.exists() else "it gave none"


def _hint(source: str) -> str:
    """Say where the runs of artifacts are, or that a table there is read when it is named."""
    if said := artifacts_hint(source):
        return said
    folder = Path(source)
    names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    found = [name for ending in _TABLES for name in names
             if name.lower().endswith(ending) and name not in _SETTINGS]  # fmt: skip
    table = next(iter(found), None)
    if table is None:
        return ""
    return f"a table is read when it is named itself: {str(folder / table)!r}"


def _last_part(source: str) -> str:
    """Return how a source is called in problems: never an absolute path or a password."""
    return source.rstrip("/").rpartition("/")[2] or source


def _listing(folder: Path) -> str:
    names = sorted(entry.name + "/" * entry.is_dir() for entry in folder.iterdir())
    if not names:
        return "the folder is empty"
    shown = ", ".join(names[:MAX_NAMES])
    return f"there is {shown}" + (f" and {len(names) - MAX_NAMES} more" * (len(names) > MAX_NAMES))


def _error_lines(batches: Sequence[Batch], problems: Sequence[ProblemRow]) -> list[str]:
    """Return the listed errors, which explain why nothing was found (at most eight)."""
    rows = [ProblemRow(**row) for batch in batches for row in batch.tables["problem"].to_pylist()]
    lines = [
        f"{row.location}{'' if row.line is None else f':{row.line}'}: {row.message}"
        for row in [*problems, *rows]
        if row.severity == "error"
    ]
    more = [f"and {len(lines) - MAX_NAMES} more problems"] if len(lines) > MAX_NAMES else []
    return lines[:MAX_NAMES] + more
