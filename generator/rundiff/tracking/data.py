"""Data sets as inputs of a run: name, digest, schema and number of rows, never the data.

pandas, Arrow, polars and NumPy objects are recognised through ``sys.modules``: whoever has such an
object has imported the library, and nobody else should pay for it. Digests are SHA-256 over the
content, so that two runs on the same data agree whatever the path.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rundiff.errors import LoggingError
from rundiff.frozen import dataclass
from rundiff.records.redaction import redact_text

_MAX_SCHEMA = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A data set as it is logged; what MLflow calls a Dataset."""

    name: str
    digest: str
    source: str = ""
    rows: int | None = None
    schema: str = ""

    def as_record(self, *, context: str) -> dict[str, object]:
        """Return the members of the journal's ``dataset`` record."""
        return {
            "name": self.name,
            "digest": self.digest,
            "context": context,
            "source": self.source,
            "rows": self.rows,
            "schema": self.schema,
        }


def from_pandas(
    df: Any,  # noqa: ANN401 - a pandas object; the library is not imported for its name
    source: object = None,
    targets: str | None = None,
    name: str | None = None,
    **_: object,
) -> Dataset:
    """Describe a pandas DataFrame or Series by its columns, types and values (index included)."""
    table = df.to_frame() if hasattr(df, "to_frame") and not hasattr(df, "columns") else df
    columns = [(str(column), str(kind)) for column, kind in table.dtypes.items()]
    hashed = _hashed(table)
    digest = hashlib.sha256(json.dumps(columns).encode())
    digest.update(hashed.to_numpy().astype("<u8").tobytes())
    return _dataset(name, "table", digest, source=_source(source, targets), rows=len(table),
                    schema=dict(columns))  # fmt: skip


def from_arrow(
    table: Any,  # noqa: ANN401 - a pyarrow object
    source: object = None,
    name: str | None = None,
    **_: object,
) -> Dataset:
    """Describe an Arrow table or record batch by its schema and values."""
    arrow = sys.modules["pyarrow"]
    if hasattr(table, "combine_chunks"):
        whole = table.combine_chunks()
    else:
        whole = arrow.Table.from_batches([table])
    digest = hashlib.sha256()
    sink = arrow.PythonFile(_Sink(digest), mode="w")
    plain = whole.replace_schema_metadata(None)
    with arrow.ipc.new_stream(sink, plain.schema) as writer:
        writer.write_table(plain)
    schema = {field.name: str(field.type) for field in plain.schema}
    return _dataset(name, "table", digest, source=_source(source), rows=plain.num_rows,
                    schema=schema)  # fmt: skip


def from_numpy(
    features: Any,  # noqa: ANN401 - a NumPy array, or a dict of them
    source: object = None,
    targets: object = None,
    name: str | None = None,
    **_: object,
) -> Dataset:
    """Describe a NumPy array (or a dict of arrays) by shape, type and values.

    ``targets`` count as well.
    """
    arrays = dict(features) if isinstance(features, dict) else {"features": features}
    if targets is not None:
        arrays["targets"] = targets
    digest = hashlib.sha256()
    schema: dict[str, str] = {}
    rows = None
    for key, array in sorted(arrays.items(), key=lambda item: str(item[0])):
        shape = "×".join(map(str, array.shape))
        schema[str(key)] = f"{array.dtype} [{shape}]"
        rows = rows if rows is not None or not array.shape else int(array.shape[0])
        digest.update(f"{key}\0{array.dtype.str}\0{array.shape}\0".encode())
        is_object = array.dtype.hasobject
        digest.update(repr(array.tolist()).encode() if is_object else array.tobytes())
    return _dataset(name, "array", digest, source=_source(source), rows=rows, schema=schema)


def from_path(path: str | os.PathLike[str], name: str | None = None, **_: object) -> Dataset:
    """Describe a file by its bytes, or a folder by the names and bytes of its files."""
    place = Path(path)
    if place.is_dir():
        digest = hashlib.sha256()
        for file in sorted(entry for entry in place.rglob("*") if entry.is_file()):
            relative = file.relative_to(place).as_posix()
            digest.update(f"{relative}\0{_file_digest(file).hexdigest()}\n".encode())
    elif place.is_file():
        digest = _file_digest(place)
    else:
        raise LoggingError(f"dataset {str(place)!r} is neither a file nor a folder")
    return _dataset(name or place.name, "file", digest, source=redact_text(str(place)))


def describe(dataset: object) -> Dataset:
    """Return the description of anything that can be logged as an input.

    Raises LoggingError otherwise.
    """
    if isinstance(dataset, Dataset):
        return dataset
    if isinstance(dataset, str | os.PathLike):
        return from_path(dataset)
    for module, names, make in _LIBRARIES:
        if _is_a(dataset, module, *names):
            return make(dataset)
    name, digest = getattr(dataset, "name", None), getattr(dataset, "digest", None)
    if isinstance(name, str) and isinstance(digest, str):  # MLflow's own datasets
        return Dataset(name=name, digest=digest, source=_source(getattr(dataset, "source", None)))
    raise LoggingError(
        f"a dataset is given as {type(dataset).__name__}; expected a pandas or Arrow table, a NumPy"
        " array, the path of a file, or one of rundiff.data.from_*"
    )


def _from_polars(frame: Any) -> Dataset:  # noqa: ANN401 - a polars object
    arrow = frame.to_arrow()
    return from_arrow(arrow)


_LIBRARIES: tuple[tuple[str, tuple[str, ...], Callable[[Any], Dataset]], ...] = (
    ("pandas", ("DataFrame", "Series"), from_pandas),
    ("pyarrow", ("Table", "RecordBatch"), from_arrow),
    ("numpy", ("ndarray",), from_numpy),
    ("polars", ("DataFrame",), _from_polars),
)


class _Sink:
    """A file to write to that only computes a digest."""

    closed = False

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nothing behind it."""

    def close(self) -> None:
        self.closed = True


def _is_a(value: object, module: str, *names: str) -> bool:
    library = sys.modules.get(module)
    kinds = tuple(kind for name in names if (kind := getattr(library, name, None)) is not None)
    return bool(kinds) and isinstance(value, kinds)


def _hashed(table: Any) -> Any:  # noqa: ANN401 - pandas in, pandas out
    """Return a hash for each row; lists, dicts and the like, which pandas cannot hash, as text."""
    hashed = sys.modules["pandas"].util.hash_pandas_object
    try:
        return hashed(table, index=True)
    except TypeError:
        table = table.copy(deep=False)
        for place, kind in enumerate(table.dtypes):
            if str(kind) == "object":
                table.isetitem(place, table.iloc[:, place].map(repr))
        return hashed(table, index=True)


def _dataset(
    name: str | None,
    kind: str,
    digest: hashlib._Hash,
    *,
    source: str = "",
    rows: int | None = None,
    schema: dict[str, str] | Iterable[str] = (),
) -> Dataset:
    text = json.dumps(schema, ensure_ascii=False) if schema else ""
    return Dataset(
        name=name or kind,
        digest=f"sha256:{digest.hexdigest()}",
        source=source,
        rows=rows,
        schema=text if len(text) <= _MAX_SCHEMA else f"{len(dict(schema))} columns",  # type: ignore[arg-type]
    )


def _source(source: object, targets: str | None = None) -> str:
    text = getattr(source, "uri", source)
    shown = redact_text(str(text)) if text is not None else ""
    return f"{shown} (targets: {targets})".strip() if targets else shown


def _file_digest(path: Path) -> hashlib._Hash:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")
