"""Credentials that other trackers recorded, masked when they are read.

W&B and MLflow record the git remote with the token of the CI job in it, DVC whole command lines,
and people log database URLs as params. A report goes to more people than its records do. So all
sources pass here, rundiff's own included: someone may have logged the URL himself. What was masked
shows ``***`` in its place, and one notice names the keys.

Nearly no store holds any. So the texts of a table are first searched as bytes, all at once, for
what every pattern needs (``MASKABLE_SIGNS``).
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.records.arrays import cells_of, text_column
from rundiff.records.redaction import (
    MASK,
    MASKABLE_SIGNS,
    OPTION_SIGNS,
    mask_text,
    names_secret,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TYPED = ("param", "tag", "environment")
_PLAIN = (("run", "note"), ("dataset", "source"), ("dataset", "extra"))
_MOST_NAMED = 8


class Masked(NamedTuple):
    """Tables without credentials, and where some were: ``params 'db.url'``, ``notes``."""

    tables: Mapping[str, pa.Table]
    places: tuple[str, ...]


def mask_credentials(tables: Mapping[str, pa.Table]) -> Masked:
    """Return canonical tables with what is unmistakably a credential as ``***``."""
    found = dict(tables)
    places: list[str] = []
    for name in _TYPED:
        found[name], keys = _mask_values(found[name], is_environment=name == "environment")
        places.extend(f"{name} {key!r}" for key in keys)
    for name, column in _PLAIN:
        table = found[name]
        texts = table.column(column)
        if not _has_signs(texts.chunks):
            continue
        shown = [text and mask_text(text) for text in texts.to_pylist()]
        if shown != texts.to_pylist():
            at = table.column_names.index(column)
            found[name] = table.set_column(at, table.schema.field(column), [text_column(shown)])
            places.append(f"{name} {column}")
    return Masked(found, tuple(places))


def masking_notice(places: tuple[str, ...]) -> str:
    """Say in a sentence what was masked."""
    named = ", ".join(places[:_MOST_NAMED])
    more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
    return f"credentials are masked as {MASK} in: {named}{more}"


def _mask_values(table: pa.Table, *, is_environment: bool) -> tuple[pa.Table, list[str]]:
    """Return a typed table with its credentials masked, and the keys that had some, sorted."""
    keys = table.column("key")
    secret = {key for key in _words(keys.chunks) if names_secret(key)}
    values = [chunk.dictionary for chunk in table.column("value").chunks]
    if not secret and not _has_signs(values) and not (is_environment and _has_options(values)):
        return table, []
    mask = cache(partial(mask_text, is_command=is_environment))  # runs repeat each other's values
    shown: list[str | None] = []
    masked: set[str] = set()
    for key, kind, value in zip(
        *(cells_of(column) for column in (keys, table.column("type"), table.column("value"))),
        strict=True,
    ):
        is_text = kind == "text" and value
        text = value if not is_text else MASK if key in secret else mask(value)
        if text != value:
            masked.add(key)
        shown.append(text)
    if not masked:
        return table, []
    at = table.column_names.index("value")
    column = text_column(shown).dictionary_encode()
    return table.set_column(at, table.schema.field("value"), [column]), sorted(masked)


def _words(chunks: Iterable[pa.DictionaryArray]) -> Iterator[str]:
    for chunk in chunks:
        yield from chunk.dictionary.to_pylist()


def _has_signs(arrays: Iterable[pa.Array]) -> bool:
    return any(sign in data for data in map(_bytes_of, arrays) for sign in MASKABLE_SIGNS)


def _has_options(arrays: Iterable[pa.Array]) -> bool:
    texts = [_bytes_of(array).lower() for array in arrays]
    return any(sign in data for data in texts for sign in OPTION_SIGNS)


def _bytes_of(texts: pa.Array) -> bytes:
    data = texts.buffers()[2]
    return b"" if data is None else data.to_pybytes()
