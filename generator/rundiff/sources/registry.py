"""The formats that are known, in the order in which they are asked.

A format that recognises a whole folder stands before one that recognises single files, and a
particular shape before a general one; ``records``, which looks into any JSON file, is last. To add
a format: one module with a ``FORMAT``, one line here with the names that make it worth asking.

A module is imported only where such a name is met: all of them together, with the libraries that
they need, take 0.19 s of CPU, a quarter of a whole report (2026-11). Packages add their own formats
through the entry point group ``rundiff.sources``; those are asked last, about every folder.
"""

from __future__ import annotations

import re
from functools import cache, cached_property, lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from rundiff.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from rundiff.sources.base import Format
    from rundiff.sources.tree import Folder

ENTRY_POINTS = "rundiff.sources"


class Known:
    """A format by name, loaded when it is needed.

    ``files``, ``folders`` and ``own`` are patterns, found anywhere in a name: of the files and
    folders in the folder asked about, and of that folder itself. ``scheme`` is how its URIs begin.
    """

    def __init__(
        self, load: str | Callable[[], Format], *, files: str | None = None,
        folders: str | None = None, own: str | None = None, scheme: str | None = None,
    ) -> None:  # fmt: skip
        self._load = load
        self._folders, self._own, self._scheme = (
            None if pattern is None else re.compile(pattern) for pattern in (folders, own, scheme)
        )
        # The files of one run are called as those of the next.
        self._is_file = None if files is None else lru_cache(1_024)(re.compile(files).search)

    @cached_property
    def format(self) -> Format:
        """The format itself."""
        if callable(self._load):
            return self._load()
        found: Format = import_module(f"rundiff.sources.{self._load}").FORMAT
        return found

    def may_find(self, folder: Folder, name: str) -> bool:
        """Tell whether a folder of that name is worth asking about."""
        return (
            (self._is_file is not None and any(map(self._is_file, folder.files)))
            or (self._folders is not None and any(map(self._folders.search, folder.folders)))
            or (self._own is not None and self._own.search(name) is not None)
        )

    def may_open(self, source: str) -> bool:
        """Tell whether a source is a URI of this format."""
        return self._scheme is not None and self._scheme.match(source) is not None


_TABLES = r"(?i)\.(csv|tsv|json|jsonl|ndjson|parquet)$"
_SQLITE = r"(?i:\.(db|sqlite|sqlite3|db3)$)"

FORMATS: tuple[Known, ...] = (
    Known("native", files=r"\.jsonl$|^run\.json$|^rundiff-pack\.json$", own=r"^\.packing-"),
    Known("hydra", files=r"^(hydra|config|overrides)\.yaml$", folders=r"^\.hydra$"),
    Known("dvc", files=r"(?i)^dvc\.yaml$|\.json$", scheme=r"dvc:"),
    Known("mlflow_files", files=r"^meta\.yaml$", folders=r"^(\d{1,20}|\.trash)$", own=r"^mlruns$"),
    Known("mlflow_sql", files=_SQLITE, scheme=r"(sqlite|postgresql|postgres|mysql|mariadb)[+\w]*:"),
    Known("mlflow_rest", scheme=r"https?:"),
    Known("optuna", files=rf"{_SQLITE}|(?i:journal|\.(log|jsonl|txt)$)"),
    Known("trackio", files=rf"{_SQLITE}|\.parquet$"),
    Known("wandb", files=r"\.wandb$|^wandb-(summary|metadata)\.json$", folders=r"^files$"),
    Known("sacred", files=r"^run\.json$", folders=r"^_(sources|resources)$"),
    Known("ray_tune", files=r"^experiment_state-|^result\.json$|^progress\.csv$"),
    Known("hf_trainer", files=r"\.json$", folders=r"^checkpoint-\d+$"),
    Known("ultralytics", files=r"^results\.csv$|^(args|opt|hyp)\.yaml$"),
    Known("lightning", files=r"^metrics\.csv$|^hparams\.yaml$"),
    Known("dvclive", files=r"\.tsv$|^metrics\.json$", folders=r"^plots$"),
    Known("tensorboard", files=r"tfevents"),
    Known("keras_csv", files=r"\.(csv|tsv|log|txt|json)$"),
    Known("lm_eval", files=r"\.json$"),
    Known("pytest_benchmark", files=r"\.json$"),
    Known("asv", files=r"\.json$"),
    Known("tabular", files=rf"{_TABLES}|(?i:log.*\.txt$|^progress\.txt$|\.log$)"),
    Known("metrics_files", files=r"(?i)(metrics?|results?|scores?)\.(json|ya?ml)$"),
    Known("records", files=_TABLES),
)


@cache
def known_formats() -> tuple[Known, ...]:
    """Return the built-in formats, then those of installed packages by name.

    They are looked up once, like what is imported: of 56 packages that takes 2 ms (2026-11).
    """
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return FORMATS + tuple(_foreign(point) for point in found)


def all_formats() -> tuple[Format, ...]:
    """Return every format; raises SourceError when one of another package cannot be loaded."""
    return tuple(known.format for known in known_formats())


def _foreign(point: EntryPoint) -> Known:
    def load() -> Format:
        try:
            found: Format = point.load()
        except Exception as error:  # whatever a foreign module raises when it is imported
            raise SourceError(
                f"the source {point.name!r} of another package cannot be used: {error}"
            ) from error
        return found

    return Known(load, files="", folders="", own="", scheme="")
