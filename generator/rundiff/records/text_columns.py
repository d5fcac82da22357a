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
    """Return the columns type, value, number and numeric of a string array without nulls.

    All four are indices into the different texts.
    """
    encoded = texts.dictionary_encode()
    values = [text_value(text) for text in encoded.dictionary.to_pylist()]
    columns = {
        "type": text_column(["text"] * len(values)),
        "value": encoded.dictionary,
        "number": column_of([value.number for value in values], pa.float64()),
        "numeric": text_column([value.numeric for value in values]),
    }
    return {
        name: pa.DictionaryArray.from_arrays(encoded.indices, column)
        for name, column in columns.items()
    }


def nested_mask(texts: pa.Array) -> pa.Array:
    """Tell which texts may hold a JSON object or array, or a literal of one."""
    return pc.or_(pc.starts_with(texts, "{"), pc.starts_with(texts, "["))
