"""What is wanted of files of packs, decoded together.

A few rows of each of ten files take a third of the time in one go (``records.parquet_frame``).
Where that fails each is decoded alone, to say which file is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rundiff.errors import RecordError
from rundiff.sources.own_parquet import Extract, Part, decode_extracts, extract_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

_TOGETHER = 64 << 20  # bytes when unpacked
_Owner = TypeVar("_Owner")


class Piece(NamedTuple):
    """What is wanted of a file, which is at a location: a part of its columns, still packed."""

    location: str
    schema: pa.Schema
    part: Part
    extract: Extract


def piece_of(content: bytes, location: str, schema: pa.Schema, part: Part) -> Piece:
    """Return what is wanted of a file. Raises RecordError where it has not that form."""
    try:
        return Piece(location, schema, part, extract_own(content, schema, part))
    except ValueError as error:
        raise RecordError(str(error), location=location) from error


def decode_piece(piece: Piece) -> pa.Table:
    """Return the rows of a piece. Raises RecordError."""
    try:
        return decode_extracts([piece.extract], piece.schema, piece.part)[0]
    except ValueError as error:
        raise RecordError(str(error), location=piece.location) from error


def decode_pieces(pieces: Sequence[Piece]) -> list[pa.Table | RecordError]:
    """Return the rows of pieces of the same columns and keys, or why they cannot be had."""
    if not pieces:
        return []
    try:
        extracts = [piece.extract for piece in pieces]
        return list(decode_extracts(extracts, pieces[0].schema, pieces[0].part))
    except ValueError:
        return [_decoded_alone(piece) for piece in pieces]


def decode_each(
    pieces: Iterable[tuple[_Owner, Piece | RecordError]],
) -> Iterator[tuple[_Owner, pa.Table | RecordError]]:
    """Yield the rows of such pieces, or why they cannot be had; not too many bytes at once."""
    owners: list[_Owner] = []
    waiting: list[Piece] = []
    taken = 0
    for owner, piece in pieces:
        if isinstance(piece, RecordError):
            yield owner, piece
            continue
        if waiting and taken + piece.extract.unpacked > _TOGETHER:
            yield from zip(owners, decode_pieces(waiting), strict=True)
            owners, waiting, taken = [], [], 0
        owners.append(owner)
        waiting.append(piece)
        taken += piece.extract.unpacked
    yield from zip(owners, decode_pieces(waiting), strict=True)


def _decoded_alone(piece: Piece) -> pa.Table | RecordError:
    try:
        return decode_piece(piece)
    except RecordError as error:
        return error
