"""The manifest of a pack (``packed``): what it holds, and the digest of each of its files."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.records.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.sources.tree import Tree

FORMAT_NAME, MANIFEST = "rundiff-pack/3", "rundiff-pack.json"
MAX_RUNS = 10_000  # of one pack
_MOST_BYTES = 4 << 20
FOLDER = re.compile(r"packed-[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack holds: how many runs and metrics, points if all were counted.

    ``groups``: file → the first and last run of each of its row groups of points. Where texts hold
    credentials, all rows must be read to say which (``masking``).
    """

    runs: int
    metrics: int
    points: int | None
    has_credentials: bool
    files: Mapping[str, str]
    groups: Mapping[str, Sequence[tuple[int, int]]]


def folder_name(manifest: bytes) -> str:
    """Return the name of the folder of a pack with this manifest."""
    return f"packed-{hashlib.sha256(manifest).hexdigest()[:32]}"


def encode_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as the bytes of its file."""
    document = {
        "format": FORMAT_NAME,
        "runs": manifest.runs,
        "metrics": manifest.metrics,
        "points": manifest.points,
        "has_credentials": manifest.has_credentials,
        "files": dict(manifest.files),
        "groups": {name: list(map(list, groups)) for name, groups in manifest.groups.items()},
    }
    return (json.dumps(document, indent=0) + "\n").encode()


def load_manifest(tree: Tree, folder: str) -> Manifest:
    """Return what the pack in a folder says of itself. Raises RecordError."""
    path = f"{folder}/{MANIFEST}"
    data = tree.read(path, limit=_MOST_BYTES)
    location = tree.show(path)
    if folder_name(data) != folder.rpartition("/")[2] and FOLDER.match(folder.rpartition("/")[2]):
        raise RecordError("damaged: it is not the manifest of this pack", location=location)
    document = parse_json(data, location=location).value
    try:
        if not isinstance(document, dict) or document["format"] != FORMAT_NAME:
            raise ValueError
        points = document["points"]
        return Manifest(
            runs=_count(document["runs"], MAX_RUNS),
            metrics=_count(document["metrics"]),
            points=None if points is None else _count(points),
            has_credentials=document["has_credentials"] is not False,
            files={str(name): str(digest) for name, digest in document["files"].items()},
            groups={
                str(name): [(int(first), int(last)) for first, last in groups]
                for name, groups in document["groups"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise RecordError(f"not a manifest of the form {FORMAT_NAME}", location=location) from None


def _count(value: object, most: int = 1 << 62) -> int:
    """Return a number of things. Raises ValueError."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError
    return value
