"""What discovery does not look into, because nothing there is a run of its own.

Folders of version control and of Python environments are large and hold other people's tables. The
artifacts of an MLflow run whose record is in a database lie alone in ``<run id>/artifacts``: the
``cv_results.csv`` that autolog puts there is a part of that run, and reading it gave three more.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rundiff.sources.tree import Folder

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".tox", ".venv", "__pycache__", "node_modules", "site-packages"}
)
_ENVIRONMENTS = frozenset({"pyvenv.cfg", "conda-meta"})  # Python's, under whatever name
_OF_A_RUN = re.compile(r"(?:\A|/)(?:m-)?[0-9a-f]{32}/artifacts\Z")  # "m-": of a logged model
_ARTIFACTS = ("*/*/artifacts", "*/artifacts", "artifacts")  # from a store, experiment, run
_LOOKED_AT = 64


def is_skipped(folder: Folder) -> bool:
    """Tell whether a folder below the given one is left alone with all that is in it."""
    if folder.path.endswith("/artifacts") and _OF_A_RUN.search(folder.path) is not None:
        return True
    return not _ENVIRONMENTS.isdisjoint((*folder.files, *folder.folders))


def artifacts_hint(source: str) -> str:
    """Say where the runs are whose artifacts alone lie under a path; "" if there are none."""
    folder = Path(source).resolve()
    found = islice((path for each in _ARTIFACTS for path in folder.glob(each)), _LOOKED_AT)
    if not any(_OF_A_RUN.search(path.as_posix()) for path in found):
        return ""
    above = (place / "mlflow.db" for place in (Path(source), *Path(source).parents))
    database = next((str(path) for path in above if path.is_file()), None)
    told = f"name that: {database!r}" if database else "name its mlflow.db, or the server's address"
    return f"there are artifacts of MLflow's runs, which a database keeps; {told}"
