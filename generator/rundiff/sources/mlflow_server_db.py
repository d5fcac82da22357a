"""MLflow's tables in PostgreSQL and MySQL, for the same SQL that reads sqlite files.

The drivers are extras (``rundiff[postgres]``: psycopg, ``rundiff[mysql]``: PyMySQL), because few
people point a report at the database behind their server. Addresses are those that MLflow takes,
SQLAlchemy's ``postgresql+psycopg2://…`` and ``mysql+pymysql://…`` among them. Everything is read in
one read-only transaction with a snapshot, so that a run that is being logged is not seen half.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from rundiff.errors import SourceError
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from urllib.parse import SplitResult

    from rundiff.sources.mlflow_database import Row

CONNECT_SECONDS = 10
READ_SECONDS = 300
DIALECTS = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql",
            "mariadb": "mysql"}  # fmt: skip
_COLUMNS = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN information_schema.tables t
      ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema = """
_SCHEMA = {"postgresql": "current_schema()", "mysql": "DATABASE()"}


class _Cursor(Protocol):
    def execute(self, query: str, parameters: Sequence[object] = ()) -> object: ...
    def fetchall(self) -> Sequence[Sequence[object]]: ...


class _Connection(Protocol):
    def cursor(self) -> _Cursor: ...
    def close(self) -> None: ...


class ServerDatabase:
    """A database on a server, open for reading; ``location`` is its address without credentials."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        kind = parts.scheme.partition("+")[0]
        self.dialect = DIALECTS[kind]
        host = (parts.hostname or "localhost") + (f":{parts.port}" if parts.port else "")
        self.location = clean_text(f"{kind}://{host}{parts.path}")
        try:
            connection = _connect(self.dialect, parts)
        except ModuleNotFoundError as error:
            extra = "postgres" if self.dialect == "postgresql" else "mysql"
            raise SourceError(
                f"reading {kind} needs the package {error.name}: pip install 'rundiff[{extra}]'"
            ) from None
        except Exception as error:  # noqa: BLE001  # each driver has exceptions of its own
            raise SourceError(f"cannot connect to {self.location}: {_reason(error)}") from None
        self._connection = connection
        self._tables: dict[str, set[str]] = {}
        for table, column in self.rows(_COLUMNS + _SCHEMA[self.dialect]):
            self._tables.setdefault(str(table), set()).add(str(column))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        with suppress(Exception):
            self._connection.close()

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a table, none if there is no such table."""
        return frozenset(self._tables.get(table, ()))

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return all rows of a query; raises SourceError when the connection fails."""
        try:
            cursor = self._connection.cursor()
            cursor.execute(query.replace("?", "%s"), tuple(parameters))
            return [tuple(row) for row in cursor.fetchall()]
        except Exception as error:  # noqa: BLE001  # each driver has exceptions of its own
            raise SourceError(f"{self.location} failed: {_reason(error)}") from None


def is_tracking(database: ServerDatabase) -> bool:
    """Tell whether a database has MLflow's tables."""
    return "run_uuid" in database.columns("runs") and bool(database.columns("experiments"))


def _connect(dialect: str, parts: SplitResult) -> _Connection:
    return _connect_postgresql(parts) if dialect == "postgresql" else _connect_mysql(parts)


def _connect_postgresql(parts: SplitResult) -> _Connection:
    import psycopg

    connection: Any = psycopg.connect(
        urlunsplit(("postgresql", *parts[1:4], "")),
        connect_timeout=CONNECT_SECONDS,
        options=f"-c statement_timeout={READ_SECONDS * 1_000}",
    )
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    found: _Connection = connection
    return found


def _connect_mysql(parts: SplitResult) -> _Connection:
    import pymysql

    connection: Any = pymysql.connect(
        host=parts.hostname or "localhost",
        port=parts.port or 3306,
        user=unquote(parts.username or "") or None,
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")) or None,
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        local_infile=False,
    )
    cursor = connection.cursor()
    cursor.execute("SET SESSION sql_mode = 'ANSI_QUOTES'")
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    cursor.execute("START TRANSACTION READ ONLY")
    found: _Connection = connection
    return found


def _reason(error: Exception) -> str:
    """Return a driver's message in one line; MySQL's are (number, text)."""
    if len(error.args) == 2 and isinstance(error.args[1], str):
        return clean_text(error.args[1])
    return clean_text(" ".join(str(error).split()) or type(error).__name__)
