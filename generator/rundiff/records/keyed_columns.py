"""Typed values by key, in columns of codes: what most of the rows of a comparison are.

A store of 1,000 runs holds 60,000 params and tags but hardly 2,000 different values. Each value is
made once, gets a number, and a row is three integers; Arrow takes them as they are, as indices into
dictionaries. Making a value and six cells for each row took four times as long (2026-11).

The runs of a sweep have the same keys, and under one key values of one type. So runs wait as long
as their keys are those of the run before, and are numbered key by key, in half the time.
"""

from __future__ import annotations

from array import array
from operator import getitem
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import column_of, text_column
from rundiff.records.values import Value, is_nesting, leaves_of, value_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_MOST_WAITING, _FEW_WAITING = 256, 8  # runs: those of 50 params hold 1 MB; few are done one by one
_SCALARS = (str, int, float, bool, type(None))


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
        self._of_recorded: dict[type, _Recorded] = {kind: _Recorded(self) for kind in _SCALARS}

    def code(self, value: Value) -> int:
        """Return the number of a value."""
        return self._codes.setdefault(value, len(self._codes))

    def codes(self, recorded: Collection[object]) -> list[int] | None:
        """Return the numbers of recorded values, None where one is to be taken apart."""
        kinds = set(map(type, recorded))
        known = self._of_recorded
        try:
            if len(kinds) == 1:
                return list(map(known[kinds.pop()].__getitem__, recorded))
            return list(map(getitem, map(known.__getitem__, map(type, recorded)), recorded))
        except (KeyError, _NestedError):  # the first for a dict or a list
            return None

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
        self._numbers, self._known = keys, values
        self._runs, self._keys, self._values = array("i"), array("i"), array("i")
        self._waiting: list[tuple[int, tuple[object, ...]]] = []  # runs and their values, by key
        self._shared: tuple[str, ...] = ()  # the keys of all that wait
        self._shared_codes: array[int] = array("i")

    def add(self, run: int, pairs: Iterable[tuple[str, Value]]) -> None:
        """Append values of the run with a code."""
        self.settle()
        self._add(run, pairs)

    def add_recorded(self, run: int, recorded: Mapping[str, object]) -> None:
        """Append values as JSON gives them, nested ones leaf by leaf."""
        keys = tuple(recorded)
        if keys != self._shared or len(self._waiting) == _MOST_WAITING:
            self.settle()
            self._shared = keys
            self._shared_codes = array("i", map(self._numbers.__getitem__, keys))
        self._waiting.append((run, tuple(recorded.values())))

    def settle(self) -> None:
        """Append the rows of the runs that wait."""
        waiting, self._waiting = self._waiting, []
        if len(waiting) < _FEW_WAITING or not self._add_together(waiting):
            for run, values in waiting:
                codes = self._known.codes(values)
                if codes is None:
                    self._add(run, leaves_of(dict(zip(self._shared, values, strict=True))))
                else:
                    self._keys.extend(self._shared_codes)
                    self._values.fromlist(codes)
                    self._runs.extend(array("i", (run,)) * len(codes))

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

    def _add(self, run: int, pairs: Iterable[tuple[str, Value]]) -> None:
        before = len(self._keys)
        for key, value in pairs:
            self._keys.append(self._numbers[key])
            self._values.append(self._known.code(value))
        self._runs.extend(array("i", (run,)) * (len(self._keys) - before))

    def _add_together(self, waiting: Sequence[tuple[int, tuple[object, ...]]]) -> bool:
        """Append rows of many runs, numbered key by key; tell whether none is to be taken apart."""
        runs, rows = zip(*waiting, strict=True)
        width, numbers = len(self._shared), array("i", runs)
        block = array("i", bytes(numbers.itemsize * width * len(rows)))
        values = block[:]
        for at, column in enumerate(zip(*rows, strict=True)):
            codes = self._known.codes(column)
            if codes is None:
                return False
            values[at::width] = array("i", codes)
            block[at::width] = numbers
        self._values.extend(values)
        self._runs.extend(block)
        self._keys.extend(self._shared_codes * len(rows))
        return True


class SingleColumns:
    """The rows of ``metric_summary`` that know one double each, and no history."""

    def __init__(self, keys: Numbered) -> None:
        self._numbers = keys
        self._runs, self._keys, self._lasts = array("i"), array("i"), array("d")
        self._last_keys: tuple[str, ...] = ()
        self._last_codes: array[int] = array("i")

    def __len__(self) -> int:
        return len(self._lasts)

    def add(self, run: int, numbers: Mapping[str, float]) -> None:
        """Append the metrics of the run with a code."""
        keys = tuple(numbers)
        if keys != self._last_keys:
            self._last_keys = keys
            self._last_codes = array("i", map(self._numbers.__getitem__, keys))
        self._keys.extend(self._last_codes)
        self._lasts.fromlist(list(numbers.values()))
        self._runs.extend(array("i", (run,)) * len(numbers))

    def columns(self, keys: pa.Array) -> tuple[pa.Array, dict[str, pa.Array]]:
        """Return the codes of the runs, and the columns that are not null."""
        buffers = [None, pa.py_buffer(self._lasts.tobytes())]
        counts = [None, pa.py_buffer(bytes(8 * len(self)))]
        return _indices(self._runs), {
            "key": pa.DictionaryArray.from_arrays(_indices(self._keys), keys),
            "last": pa.Array.from_buffers(pa.float64(), len(self), buffers),
            "points": pa.Array.from_buffers(pa.int64(), len(self), counts),
        }


class _NestedError(ValueError):
    """A recorded value is to be taken apart."""


class _Recorded(dict[object, int]):
    """The numbers of scalars of one type."""

    def __init__(self, known: ValueCodes) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, raw: object) -> int:
        if isinstance(raw, str) and is_nesting(raw):
            raise _NestedError
        code = self._known.code(value_of(raw))
        # 0.0 and -0.0 are equal and differ in their text, so neither is kept.
        return code if isinstance(raw, float) and not raw else self.setdefault(raw, code)


def _indices(codes: array[int]) -> pa.Array:
    """Return a copy as an Arrow array: the builder may go on collecting."""
    buffer = pa.py_buffer(codes.tobytes())
    return pa.Array.from_buffers(pa.int32(), len(codes), [None, buffer])
