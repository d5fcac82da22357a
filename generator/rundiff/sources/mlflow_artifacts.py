"""The artifacts of MLflow runs: files below a run's own folder in the given tree.

A recorded ``artifact_uri`` (``file:///c:/…``, ``mlflow-artifacts:/…``) was right on the machine
that wrote it and is never opened. Where the run's folder lies in the given tree is found by the
longest tail of that address that exists there *and* holds the run's id.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rundiff.errors import RecordError
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from rundiff.sources.mlflow import MlflowRows
    from rundiff.sources.tree import Tree

MAX_ARTIFACTS = 2_000


class RunArtifacts:
    """Lists artifact folders of runs, and loads files that were listed."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._files: dict[tuple[str, str], str] = {}

    def add_folder(self, out: MlflowRows, run_id: str, path: str) -> None:
        """Add the files below a folder to a run; at most 2,000, and then it is said."""
        count = 0
        for folder in self.tree.walk(path):
            for name in folder.files:
                inner = folder.join(name)
                count += 1
                if count > MAX_ARTIFACTS:
                    out.notice(
                        self.tree.show(path),
                        f"more than {MAX_ARTIFACTS:,} artifacts; the rest is not listed",
                    )
                    return
                shown = clean_text(inner[len(path) + 1 :])
                self._files[run_id, shown] = inner
                out.add_artifact(run_id, shown, self._size(inner), media_type(shown))

    def load(self, run_id: str, path: str, limit: int) -> bytes | None:
        """Return the bytes of a listed artifact, None if it is too large or unreadable."""
        inner = self._files.get((run_id, path))
        if inner is None:
            return None
        try:
            return self.tree.read(inner, limit=limit)
        except RecordError:
            return None

    def _size(self, path: str) -> int | None:
        try:
            return self.tree.size(path)
        except RecordError:
            return None


class SqlArtifacts(RunArtifacts):
    """Finds the artifact folders of a database's runs beside the database, or further up."""

    def __init__(self, tree: Tree, database: str) -> None:
        super().__init__(tree)
        self._names: dict[str, frozenset[str]] = {}  # by folder, the database's own first
        base = database
        while base and tree.only_file is None:
            base = base.rpartition("/")[0]
            self._names[base] = frozenset(tree.folder(base).folders)

    def add(self, out: MlflowRows, run_id: str, recorded_id: str, uri: str) -> None:
        """Add the artifacts of a run whose recorded address is ``uri``."""
        parts = [part for part in unquote(urlsplit(uri).path).replace("\\", "/").split("/") if part]
        if recorded_id not in parts or ".." in parts:
            return
        for base, names in self._names.items():
            for start in range(parts.index(recorded_id) + 1):
                if parts[start] in names:
                    path = "/".join([*base.split("/"), *parts[start:]]).lstrip("/")
                    if self.tree.exists(path):
                        self.add_folder(out, run_id, path)
                        return


def media_type(path: str) -> str | None:
    """Return the media type that a file's name suggests."""
    return mimetypes.guess_type(path, strict=False)[0]
