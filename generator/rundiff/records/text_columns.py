"""Columns of typed values for texts, as trackers that store everything as text give them.

The same few texts stand in most runs of a sweep, so each different one is looked at once. It gives
what ``values.text_value`` gives, row by row (tested).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.records.arrays import column_of, text_column
from rundiff.records.values import text_value

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_columns(texts: pa.Array) -> Mapping[str, pa.Array]:
    """Return the columns type, value, number and numeric of a string array without nulls."""
    encoded = texts.dictionary_encode()
    values = [text_value(text) for text in encoded.dictionary.to_pylist()]
    numbers = column_of([value.number for value in values], pa.float64())
    numerics = text_column([value.numeric for value in values])
    return {
        "type": pa.DictionaryArray.from_arrays(
            pa.nulls(len(texts), pa.int32()).fill_null(0), text_column(["text"])
        ).dictionary_decode(),
        "value": texts,
        "number": numbers.take(encoded.indices),
        "numeric": numerics.take(encoded.indices),
    }


def nested_mask(texts: pa.Array) -> pa.Array:
    """Tell which texts may hold a JSON object or array, or a literal of one."""
    return pc.or_(pc.starts_with(texts, "{"), pc.starts_with(texts, "["))
