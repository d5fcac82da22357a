"""What is wanted of files of packs, decoded together.

A few rows of each of ten files take a third of the time in one go (``records.parquet_frame``).
Where that fails each is decoded alone, to say which file is wrong.

A file of some kB may hold half a gigabyte, and a store as many files as it likes. So what is
decoded for one reading has a limit, too: the smallest ones that fit are read, the others are listed
problems. That is known before anything is decoded, and a file that is made to be large takes no
place from others.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from rundiff.errors import RecordError
from rundiff.sources.own_parquet import Extract, Part, decode_extracts, extract_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

# Bytes when unpacked. What follows takes some five times as much for rows of runs (2026-11).
MOST_OF_RUNS, MOST_OF_POINTS = 1 << 30, 2 << 30
_TOGETHER = 64 << 20
_Owner = TypeVar("_Owner")


class Packed(Protocol):
    """What is known of something before it is decoded."""

    @property
    def location(self) -> str:
        """Where it is, as a problem says."""

    @property
    def unpacked(self) -> int:
        """How many bytes it takes when it is decoded."""


_Packed = TypeVar("_Packed", bound=Packed)


class Piece(NamedTuple):
    """What is wanted of a file, which is at a location: a part of its columns, still packed."""

    location: str
    schema: pa.Schema
    part: Part
    extract: Extract

    @property
    def unpacked(self) -> int:
        """How many bytes it takes when it is decoded."""
        return self.extract.unpacked


def fit_together(
    found: Iterable[tuple[_Owner, _Packed | RecordError]], most: int
) -> list[tuple[_Owner, _Packed | RecordError]]:
    """Return what was found, with an error for each of the largest that do not fit together."""
    fitting: list[tuple[_Owner, _Packed | RecordError]] = []
    largest: list[tuple[int, int]] = []  # a heap of (−bytes, −place)
    taken = 0
    for owner, each in found:
        fitting.append((owner, each))
        if isinstance(each, RecordError):
            continue
        taken += each.unpacked
        heappush(largest, (-each.unpacked, 1 - len(fitting)))
        while taken > most:
            size, place = heappop(largest)
            taken += size
            dropped = fitting[-place]
            if not isinstance(dropped[1], RecordError):
                fitting[-place] = (dropped[0], _too_much(dropped[1].location, most))
    return fitting


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
    pieces: Iterable[tuple[_Owner, Piece | RecordError]], most: int
) -> Iterator[tuple[_Owner, pa.Table | RecordError]]:
    """Yield the rows of such pieces, or why they cannot be had; not too many bytes at once.

    Of pieces that are more than ``most`` bytes together the smallest are decoded.
    """
    owners: list[_Owner] = []
    waiting: list[Piece] = []
    taken = 0
    for owner, piece in fit_together(pieces, most):
        if isinstance(piece, RecordError):
            yield owner, piece
            continue
        if waiting and taken + piece.unpacked > _TOGETHER:
            yield from zip(owners, decode_pieces(waiting), strict=True)
            owners, waiting, taken = [], [], 0
        owners.append(owner)
        waiting.append(piece)
        taken += piece.unpacked
    yield from zip(owners, decode_pieces(waiting), strict=True)


def _decoded_alone(piece: Piece) -> pa.Table | RecordError:
    try:
        return decode_piece(piece)
    except RecordError as error:
        return error


def _too_much(location: str, most: int) -> RecordError:
    message = f"with the smaller ones it is more than {most >> 20:,} MiB when decoded"
    return RecordError(f"{message}; choose fewer runs", location=location)
