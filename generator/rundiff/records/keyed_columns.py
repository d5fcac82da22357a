"""Typed values by key, in columns of codes: what most of the rows of a comparison are.

A store of 1,000 runs holds 60,000 params and tags but hardly 2,000 different values. Each value is
made once, gets a number, and a row is three integers; Arrow takes them as they are, as indices into
dictionaries. Making a value and six cells for each row took four times as long (2026-11).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import column_of, text_column
from rundiff.records.values import Value, float_value, is_nesting, leaves_of, text_value, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NESTED = -1


class Numbered(dict[str, int]):
    """Numbers texts in the order in which they are first asked for."""

    def __missing__(self, text: str) -> int:
        return self.setdefault(text, len(self))


class ValueCodes:
    """Numbers the different values of one builder.

    What JSON gives is looked up by its type and itself, so that 1, 1.0, true and "1" stay apart.
    """

    def __init__(self) -> None:
        self._codes: dict[Value, int] = {}
        self._by_type = _ByType()
        self._by_type.update({kind: _Scalars(self) for kind in (int, bool, type(None))})
        self._by_type.update({str: _Texts(self), float: _Floats(self)})

    def code(self, value: Value) -> int:
        """Return the number of a value."""
        return self._codes.setdefault(value, len(self._codes))

    def codes(self, recorded: Iterable[object]) -> list[int] | None:
        """Return the numbers of recorded values, None where one is to be taken apart."""
        by_type = self._by_type
        found = [by_type[type(raw)][raw] for raw in recorded]
        return None if _NESTED in found else found

    def columns(self) -> list[pa.Array]:
        """Return the columns of a typed value, each in the order of the numbers."""
        if not self._codes:
            return [text_column(()), text_column(()), column_of((), pa.float64()), text_column(())]
        kinds, texts, numbers, numerics = zip(*self._codes, strict=True)
        return [
            text_column(kinds),
            text_column(texts),
            column_of(numbers, pa.float64()),
            text_column(numerics),
        ]


class KeyedColumns:
    """The rows of ``param``, ``tag`` or ``environment``."""

    def __init__(self, keys: Numbered, values: ValueCodes) -> None:
        self._key_codes, self._known = keys, values
        self._runs, self._keys, self._values = array("i"), array("i"), array("i")

    def add(self, run: int, pairs: Iterable[tuple[str, Value]]) -> None:
        """Append values of the run with a code."""
        before = len(self._keys)
        for key, value in pairs:
            self._keys.append(self._key_codes[key])
            self._values.append(self._known.code(value))
        self._runs.extend(array("i", [run]) * (len(self._keys) - before))

    def add_recorded(self, run: int, recorded: Mapping[str, object]) -> None:
        """Append values as JSON gives them, nested ones leaf by leaf."""
        codes = self._known.codes(recorded.values())
        if codes is None:
            self.add(run, leaves_of(recorded))
            return
        self._keys.extend(map(self._key_codes.__getitem__, recorded))
        self._values.extend(codes)
        self._runs.extend(array("i", [run]) * len(codes))

    def columns(
        self, run_ids: pa.Array, keys: pa.Array, values: Sequence[pa.Array]
    ) -> list[pa.Array]:
        """Return the columns of the schema as indices into run ids, keys and typed values."""
        indices = _indices(self._values)
        return [
            pa.DictionaryArray.from_arrays(_indices(self._runs), run_ids),
            pa.DictionaryArray.from_arrays(_indices(self._keys), keys),
            *(pa.DictionaryArray.from_arrays(indices, each) for each in values),
        ]


class _Scalars(dict[object, int]):
    """The numbers of scalars of one type."""

    def __init__(self, known: ValueCodes) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, raw: object) -> int:
        return self.setdefault(raw, self._known.code(value_of(raw)))


class _Texts(_Scalars):
    def __missing__(self, raw: object) -> int:
        text = str(raw)
        if is_nesting(text):
            return _NESTED
        return self.setdefault(raw, self._known.code(text_value(text)))


class _Floats(_Scalars):
    """0.0 and -0.0 are equal and differ in their text, so neither is kept."""

    def __missing__(self, raw: object) -> int:
        assert isinstance(raw, float)
        code = self._known.code(float_value(raw))
        return self.setdefault(raw, code) if raw else code


class _Nested:
    """Stands for types whose values have no number of their own."""

    def __getitem__(self, raw: object) -> int:
        return _NESTED


class _ByType(dict[type, "_Scalars"]):
    def __missing__(self, kind: type) -> _Nested:
        return _Nested()


def _indices(codes: array[int]) -> pa.Array:
    """Return a copy as an Arrow array: the builder may go on collecting."""
    buffer = pa.py_buffer(codes.tobytes())
    return pa.Array.from_buffers(pa.int32(), len(codes), [None, buffer])
