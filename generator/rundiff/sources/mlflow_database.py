"""What the readers of MLflow's database ask of sqlite, PostgreSQL and MySQL alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from rundiff.errors import RecordError
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.sources.mlflow import MlflowRows

Row = tuple[object, ...]


class Database(Protocol):
    """What a reader asks of a database; parameters are written ``?``, identifiers ``"so"``."""

    @property
    def dialect(self) -> str:
        """Return sqlite, postgresql or mysql."""

    @property
    def location(self) -> str:
        """Return how the database is shown in problems."""

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table, none if there is no such table."""

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of a query; raises RecordError."""


class OpenDatabase(Database, Protocol):
    """A database that is open, to be used as a context manager."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *exception: object) -> None:
        """Close it."""


class CheckedTables:
    """Reads tables of which some, or some columns, may not be there; says so in ``out``."""

    def __init__(self, database: Database, out: MlflowRows) -> None:
        self.columns = database.columns
        self.location = database.location
        self._database = database
        self._out = out

    def select(
        self, table: str, columns: Sequence[str], where: str = "", *, is_needed: bool = True
    ) -> list[Row]:
        """Return columns of a table; those that an older schema lacks are None."""
        present = self._database.columns(table)
        if not present:
            if is_needed:
                self._out.problem(self.location, f"there is no table {table!r}")
            return []
        missing = [name for name in columns if name not in present]
        named = ", ".join("NULL" if name in missing else f'"{name}"' for name in columns)
        try:
            rows = self._database.rows(f'SELECT {named} FROM "{table}"{where}')  # noqa: S608  # names are ours
        except RecordError as error:
            self._out.problem(self.location, f"table {table!r} {error.message}")
            return []
        if self._database.dialect != "sqlite":  # a server's order is its own, and its collation's
            rows.sort(key=repr)
        return rows


def cell_text(cell: object) -> str:
    r"""Return a cell as text: nothing for NULL, ``\xNN`` for bytes that are not UTF-8."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).decode("utf-8", "backslashreplace")
    return clean_text(str(cell))
