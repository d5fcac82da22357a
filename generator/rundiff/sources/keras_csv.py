"""Keras' CSVLogger: a file with ``epoch`` first and the logs after it, one row an epoch.

The file name and the separator are the user's. A log that was absent is ``NA``; arrays are written
as ``"[1, 2]"`` and left out with a notice; ``append=True`` goes on in the same file, so epochs
repeat, and all are kept. There are no params.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import file_name_of, place_of, reader_of_many, reader_of_one
from rundiff.sources.metric_rows import add_metric_rows, load_csv, peek_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "keras-csv"
_ENDINGS = (".csv", ".tsv", ".log", ".txt")
_LOGS = frozenset({"loss", "accuracy", "acc", "lr", "learning_rate", "mae", "mse"})


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim files whose first column is ``epoch`` and whose others include Keras' own names."""
    for name in folder.files:
        if name.endswith(_ENDINGS) and _is_log(peek_header(tree, folder.join(name))):
            yield Claim(path=folder.join(name), kind=KIND, consumed=frozenset({name}))


def _is_log(header: tuple[str, ...]) -> bool:
    logs = header[1:]
    is_known = any(name in _LOGS or f"val_{name}" in logs for name in logs)
    return header[:1] == ("epoch",) and is_known and "step" not in logs


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    run_id = collector.add_run(
        place_of(tree, claim.path), tree.show(claim.path), name=file_name_of(tree, claim.path)
    )
    table = load_csv(tree, claim.path)
    add_metric_rows(collector, run_id, table, tree.show(claim.path), steps=("epoch",))


FORMAT = Format(
    kind=KIND,
    title="Keras CSVLogger",
    recognised_by="a CSV file with epoch as first column and loss, accuracy or val_* after it",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
