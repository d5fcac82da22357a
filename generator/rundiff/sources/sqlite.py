"""Opens other people's sqlite files so that nothing is ever written and nothing in them runs.

How a file is opened depends on what lies beside it, because sqlite itself would write there:

- no write-ahead log: ``mode=ro``, which takes read locks only, so a trainer may go on writing;
- a log and its ``-shm`` (someone is writing now): ``mode=ro&readonly_shm=1``;
- a log or a journal without a live writer (a crash, a copy, a read-only file system): sqlite would
  have to write to use it, so the files are copied to a private temporary folder and read there;
- WAL mode without a log, or a file system that allows no locks: ``immutable=1``.

The schema is not trusted: only real tables are read (an endless recursive VIEW may be called
``metrics``), no function in it may run, and a budget of virtual machine steps that grows with the
file bounds what a damaged file can cost. sqlite does not enforce types and texts need not be UTF-8:
readers check every cell.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from rundiff.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.sources.tree import Folder, Tree

MAGIC = b"SQLite format 3\0"
SUFFIXES = (".db", ".sqlite", ".sqlite3", ".db3")
WAL_MODE = b"\x02\x02"
COMPANIONS = ("-wal", "-journal")
MAX_COPY_BYTES = 4 << 30
BUSY_SECONDS = 5.0
_STEPS_PER_CALL = 200_000
_LEAST_STEPS = 50_000_000
_STEPS_PER_BYTE = 20
_MAX_CELL_BYTES = 256 << 20
# No memory mapping: a file that is cut off while it is read would end the process. The larger page
# cache serves a second query over the same rows.
_SETTINGS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0",
             "cache_size=-65536")  # fmt: skip

DOUBLES = "rundiff_doubles"
"""An aggregate of ours: the doubles of a column, in the order of the rows, as one blob.

No schema can call it: ``trusted_schema`` is off.
"""

Row = tuple[object, ...]


def sqlite_files(tree: Tree, folder: Folder) -> Iterator[str]:
    """Yield the paths of files in a folder that are sqlite databases, by name and first bytes."""
    for name in folder.files:
        path = folder.join(name)
        if tree.only_file is not None or name.lower().endswith(SUFFIXES):
            try:
                head = read_head(tree, path)
            except RecordError:
                continue
            if head[:16] == MAGIC:
                yield path


def read_head(tree: Tree, path: str) -> bytes:
    """Return the first hundred bytes of a file, in which sqlite says what it is."""
    fd = tree.open(path)
    try:
        return os.read(fd, 100)
    finally:
        os.close(fd)


class SqliteFile:
    """A sqlite file that is open for reading; use it as a context manager."""

    dialect = "sqlite"

    def __init__(self, tree: Tree, path: str) -> None:
        self.location = tree.show(path)
        self.notices: list[str] = []
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open(tree, path)
            self._connection.execute("BEGIN")  # what is read is one state of the file
            self.declared = self._find_tables()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise RecordError(f"cannot be read: {error}", location=self.location) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and remove the copy, if one was needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table, none if there is no such table."""
        return frozenset(self.declared.get(table, ()))

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        r"""Return all rows of a query; raises RecordError for a damaged file.

        Text that is not UTF-8 is shown as ``\xNN``. Decoding it in Python is slow, so it is done
        only after sqlite refused.
        """
        connection = self._connection
        if connection is None:
            raise RecordError("is closed", location=self.location)
        try:
            return connection.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise self._unreadable(error) from error
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            raise self._unreadable(error) from error
        connection.text_factory = _decode
        try:
            return connection.execute(query, parameters).fetchall()
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            raise self._unreadable(error) from error
        finally:
            connection.text_factory = str

    def _unreadable(self, error: Exception) -> RecordError:
        reason = "reading it takes too long" if "interrupted" in str(error) else str(error)
        return RecordError(f"cannot be read: {reason}", location=self.location)

    def _find_tables(self) -> dict[str, dict[str, str]]:
        """Return the declared type of every column, upper case, by table and column."""
        connection = self._connection
        assert connection is not None
        tables: dict[str, dict[str, str]] = {}
        views: list[str] = []
        found = connection.execute(
            "SELECT m.type, m.name, m.sql, c.name, c.type"
            " FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c"
            " WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
            " UNION ALL SELECT type, name, '', '', '' FROM sqlite_master WHERE type = 'view'"
        )
        for kind, name, _, column, declared in found:
            if kind == "view":
                views.append(str(name))
            else:
                tables.setdefault(str(name), {})[str(column)] = str(declared).upper()
        if views:
            self.notices.append(f"views are not read: {', '.join(sorted(views)[:8])}")
        return tables

    def _open(self, tree: Tree, path: str) -> sqlite3.Connection:
        head = read_head(tree, path)
        size = tree.size(path)
        real = os.path.join(tree.root, *path.split("/"))
        try:
            if head[18:20] != WAL_MODE:
                return _connect(real, "mode=ro", size)
            if not (_has(tree, path + "-wal") and tree.size(path + "-wal")):
                return _connect(real, "mode=ro&immutable=1", size)
            if _has(tree, path + "-shm"):
                return _connect(real, "mode=ro&readonly_shm=1", size)
        except sqlite3.OperationalError:
            if not any(_has(tree, path + suffix) for suffix in COMPANIONS):
                self.notices.append("it is locked; read without waiting for its writer")
                return _connect(real, "mode=ro&immutable=1", size)
        return _connect(self._copied(tree, path), "mode=rw", size)

    def _copied(self, tree: Tree, path: str) -> str:
        """Copy the file and its log to a private folder and return the copy's path."""
        self._copy = tempfile.TemporaryDirectory(prefix="rundiff-")
        target = Path(self._copy.name) / "copy.db"
        for suffix in ("", *COMPANIONS):
            if suffix and not _has(tree, path + suffix):
                continue
            if tree.size(path + suffix) > MAX_COPY_BYTES:
                raise RecordError("too large to be copied", location=tree.show(path + suffix))
            source = os.fdopen(tree.open(path + suffix), "rb")
            with source, Path(f"{target}{suffix}").open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        return str(target)


def _has(tree: Tree, path: str) -> bool:
    try:
        os.close(tree.open(path))
    except RecordError:
        return False
    return True


def _connect(path: str, options: str, size: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(path)}?{options}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL_BYTES)
    budget = _Budget((_LEAST_STEPS + _STEPS_PER_BYTE * size) // _STEPS_PER_CALL)
    connection.set_progress_handler(budget.spend, _STEPS_PER_CALL)
    connection.create_aggregate(DOUBLES, 1, _Doubles)  # type: ignore[arg-type]  # may give bytes
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class _Doubles:
    """What ``DOUBLES`` does; ``step`` is no method, so that no frame of Python's runs for a row."""

    def __init__(self) -> None:
        self._found = array("d")
        self.step = self._found.append  # raises TypeError, and ends the query, for what is none

    def finalize(self) -> bytes:
        return self._found.tobytes()


class _Budget:
    """Interrupts a connection that has run for too many steps."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def spend(self) -> bool:
        self._left -= 1
        return self._left < 0


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
