"""The folders of an MLflow file store: what lies in them, and what of it cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.mlflow_meta import parse_meta
from rundiff.sources.text import clean_text, decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.sources.mlflow import MlflowRows
    from rundiff.sources.mlflow_meta import Meta
    from rundiff.sources.tree import Folder, Tree

MAX_DEPTH = 24


class StoreFolders:
    """Looks into the folders of one tree; what cannot be read becomes a problem of ``out``."""

    def __init__(self, tree: Tree, out: MlflowRows) -> None:
        self.links: list[str] = []  # symbolic links that were met and not followed
        self._tree = tree
        self._out = out

    def texts(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield key and text of every file below a folder, none if there is no such folder."""
        if not self._tree.exists(path):
            return
        for key, _, data in self.contents(path):
            yield key, decode_text(data)

    def contents(self, path: str, prefix: str = "", depth: int = 0
                  ) -> Iterator[tuple[str, str, bytes]]:  # fmt: skip
        """Yield key, path and bytes of each file; a key with "/" lies in folders of its own."""
        folder = self.folder(path)
        if folder is None:
            return
        for name, data in self._tree.read_files(folder):
            if isinstance(data, RecordError):
                self._out.problem(data.location, data.message)
            else:
                yield clean_text(prefix + name), folder.join(name), data
        if folder.folders and depth >= MAX_DEPTH:
            self._out.problem(self._tree.show(path), f"folders nested more than {MAX_DEPTH} deep")
            return
        for name in folder.folders:
            yield from self.contents(folder.join(name), f"{prefix}{name}/", depth + 1)

    def inner(self, path: str) -> list[tuple[str, str]]:
        """Return name and path of every folder in a folder."""
        folder = self.folder(path)
        return [(name, folder.join(name)) for name in folder.folders] if folder else []

    def metas(self, path: str, prefix: str = "") -> dict[str, Meta]:
        """Return the meta.yaml of every folder in a folder that is so called, by its name."""
        folder = self.folder(path)
        found: dict[str, Meta] = {}
        for name in folder.folders if folder else ():
            if not name.startswith(prefix):
                continue
            meta = self.meta(f"{path}/{name}")
            if meta is not None:
                found[clean_text(name)] = meta
        return found

    def meta(self, path: str) -> Meta | None:
        """Return the meta.yaml in a folder, None where there is none that can be read."""
        place = f"{path}/meta.yaml".lstrip("/")
        shown = self._tree.show(place)
        notices: list[tuple[int, str]] = []
        try:
            meta = parse_meta(self._tree.read(place), notices=notices)
        except RecordError as error:
            self._out.problem(error.location or shown, error.message, line=error.line)
            return None
        for line, message in notices:
            self._out.notice(shown, message, line=line)
        return meta

    def folder(self, path: str) -> Folder | None:
        """Return what is in a folder, None where it cannot be read."""
        try:
            folder = self._tree.folder(path)
        except RecordError as error:
            self._out.problem(error.location, error.message)
            return None
        self.links.extend(folder.join(name) for name in folder.links)
        return folder
