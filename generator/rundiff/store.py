"""Opens DuckDB, locks it down, loads the canonical tables.

The engine gets no file, no network and no extension, before any record is loaded, and can get none
afterwards: configuration is locked last (research/security.md, row 15; with the default
``temp_directory`` a folder ``.tmp`` below the working directory stays readable and writable, hence
the empty one). Data comes in as Arrow streams only. Every text that is executed is a constant of
this package: names and values of records are data in tables, never part of a text.

Tables are handed over as an Arrow C stream and stored, not registered as Arrow objects: registering
imports ``pyarrow.dataset`` and, where it is installed, pandas (0.27 s of CPU against 1 ms), and a
stored table is scanned faster the second time (2026-11; the same on DuckDB 1.5.6 and 2.0.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from rundiff.errors import RundiffError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

MEMORY_LIMIT = "2GB"
_AT_CONNECT: dict[str, str | bool | int | float | list[str]] = {
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "threads": "1",  # results are small; one thread gives one order of evaluation
}
_LOCK_DOWN = (
    "SET enable_progress_bar = false",  # it goes to stdout, where the results go
    f"SET memory_limit = '{MEMORY_LIMIT}'",
    "SET TimeZone = 'UTC'",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class StoreError(RundiffError):
    """The engine gave up, for want of memory."""


class Store:
    """A locked-down DuckDB in memory that holds the tables of one comparison."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:", config=_AT_CONNECT)
        self._execute("; ".join(_LOCK_DOWN))

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()

    def load(self, name: str, table: pa.Table, select: str = "SELECT * FROM incoming") -> None:
        """Store an Arrow table under a name that this package chose, or some of its rows."""
        self._connection.register("incoming", table.__arrow_c_stream__())
        self.create_table(name, select)

    def create_table(self, name: str, select: str) -> None:
        """Store the rows of a SELECT."""
        self._execute(f"CREATE OR REPLACE TABLE {name} AS {select}")

    def create_view(self, name: str, select: str) -> None:
        """Let a name stand for a SELECT."""
        self._execute(f"CREATE OR REPLACE VIEW {name} AS {select}")

    def fetch_rows(self, select: str, **numbers: int) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT as tuples: of few rows the cheaper way."""
        try:
            return self._connection.execute(select, numbers or None).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise _too_large() from error

    def fetch(self, select: str, **numbers: int | Sequence[int]) -> pa.Table:
        """Return the rows of a SELECT; ``numbers`` are its parameters."""
        try:
            return self._connection.sql(select, params=numbers or None).to_arrow_table()
        except duckdb.OutOfMemoryException as error:
            raise _too_large() from error

    def _execute(self, text: str) -> None:
        try:
            self._connection.execute(text)
        except duckdb.OutOfMemoryException as error:
            raise _too_large() from error


def _too_large() -> StoreError:
    return StoreError(
        f"comparing these runs takes more than {MEMORY_LIMIT} of memory; choose fewer with "
        "--where, --experiment or --limit"
    )
