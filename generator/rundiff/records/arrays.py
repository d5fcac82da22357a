"""Arrow arrays from Python lists, put together from buffers.

``pyarrow.array(list)`` imports pandas where it is installed, to find out that the list is no
pandas object: 0.27 s of CPU, a third of what a whole report may take (2026-11, pyarrow 26). From
buffers nothing is imported, and a column of 80,000 short texts takes 4 ms.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def column_of(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Return an array of texts, doubles, 64-bit or 32-bit integers, or flags; None gives null."""
    if pa.types.is_string(kind):
        return text_column(cast("Sequence[str | None]", values))
    if pa.types.is_boolean(kind):
        return mask_column(cast("Sequence[bool]", values))
    code = _CODES[str(kind)]
    validity, count = None, 0
    try:  # as a rule nothing is missing, and to look for it costs more than this
        numbers = array(code, cast("Sequence[int]", values))
    except TypeError:
        validity, count = _validity(values)
        if count == len(values):
            return pa.nulls(count, kind)
        numbers = array(code, [0 if value is None else value for value in values])  # type: ignore[misc]
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(numbers)], count)


def scalar_of(value: object, kind: pa.DataType) -> pa.Scalar:
    """Return a value for a function of pyarrow.compute; ``pyarrow.scalar`` imports pandas, too."""
    return column_of([value], kind)[0]


def text_column(values: Sequence[str | None]) -> pa.Array:
    """Return an array of texts; beyond 2 GiB of text it is a ``large_string`` array.

    Lone surrogates, which no UTF-8 text can hold, are written as their escapes.
    """
    validity, count = None, 0
    present = cast("Sequence[str]", values)
    try:
        text = "".join(present)
    except TypeError:
        validity, count = _validity(values)
        if count == len(values):
            return pa.nulls(count, pa.string())
        present = [value or "" for value in values]
        text = "".join(present)
    data = text.encode("utf-8", "backslashreplace")
    lengths = list(map(len, present))
    if len(data) != sum(lengths):  # not ASCII alone: characters are not bytes
        lengths = [len(text.encode("utf-8", "backslashreplace")) for text in present]
    is_large = len(data) > 0x7FFF_FFFF
    offsets = array("q" if is_large else "i", accumulate(lengths, initial=0))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(data)]
    kind = pa.large_string() if is_large else pa.string()
    return pa.Array.from_buffers(kind, len(values), buffers, count)


def repeated_text(texts: Iterable[tuple[str, int]]) -> pa.Array:
    """Return an array of texts, each so many times in a row.

    Raises OverflowError where that is more than 2 GiB of text.
    """
    offsets, parts, at = array("i", [0]), [], 0
    for text, count in texts:
        data = text.encode("utf-8", "backslashreplace")
        end = at + len(data) * count
        offsets.extend(range(at + len(data), end + 1, len(data)) if data else [at] * count)
        parts.append((data, count))
        at = end
    joined = b"".join(data * count for data, count in parts)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(joined)]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


def cells_of(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's cells as Python objects; a text of a dictionary is made only once.

    ``to_pylist`` of a dictionary-encoded column takes 30 times as long, of numbers 4 times.
    """
    cells: list[Any] = []
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            known = chunk.dictionary.to_pylist()
            places = _cells(chunk.indices)
            if chunk.null_count:
                cells += [None if at is None else known[at] for at in places]
            else:
                cells += map(known.__getitem__, places)
        else:
            cells += _cells(chunk)
    return cells


def _cells(values: pa.Array) -> list[Any]:
    code = _CODES.get(str(values.type))
    if values.null_count == len(values):
        return [None] * len(values)
    if code is None or values.null_count:
        found: list[Any] = values.to_pylist()
        return found
    numbers: array[Any] = array(code)
    numbers.frombytes(bytes_of(values))
    return numbers.tolist()


def bytes_of(numbers: pa.Array) -> memoryview:
    """Return the bytes of numbers of which none is missing."""
    size = numbers.type.bit_width // 8
    first, last = (at * size for at in (numbers.offset, numbers.offset + len(numbers)))
    return memoryview(numbers.buffers()[1])[first:last]


def may_hold(column: pa.ChunkedArray, text: str) -> bool:
    """Tell whether a text may be among those of a column; it is not if no bytes are like it."""
    sought = text.encode()
    return any(sought in _bytes_of(chunk) for chunk in column.chunks)


def _bytes_of(texts: pa.Array) -> bytes:
    """Return the bytes of texts; a slice has the buffers of the whole."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return b""
    ends = memoryview(offsets).cast("q" if pa.types.is_large_string(texts.type) else "i")
    first, last = ends[texts.offset], ends[texts.offset + len(texts)]
    found: bytes = data.slice(first, last - first).to_pybytes()
    return found


def array_of(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    if column.num_chunks < 2:
        return column.chunk(0) if column.num_chunks else pa.nulls(0, column.type)
    found = column.combine_chunks()
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)


def mask_column(values: Sequence[bool]) -> pa.Array:
    """Return an array of booleans."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])


def _validity(values: Sequence[object]) -> tuple[pa.Buffer | None, int]:
    """Return the validity bitmap (None when nothing is missing) and the number of nulls."""
    if None not in values:
        return None, 0
    flags = [value is not None for value in values]
    return _bits(flags), len(flags) - sum(flags)


def _bits(flags: Sequence[bool]) -> pa.Buffer:
    """Pack flags into bits, the first one lowest, as Arrow wants them."""
    digits = bytes(flags).translate(_DIGITS)[::-1]
    return pa.py_buffer(int(digits or b"0", 2).to_bytes((len(flags) + 7) // 8, "little"))


_CODES = {"double": "d", "int64": "q", "int32": "i"}
_DIGITS = bytes.maketrans(b"\0\1", b"01")
