"""The stages of a ``dvc.yaml`` as DVC runs them: templates filled in, loops unrolled.

``foreach`` and ``matrix`` make a stage for each item (``train@us``); ``${…}`` is filled in from the
params, ``vars`` and the item; paths of a stage with ``wdir`` start there. What cannot be filled in
stays as it is written. A few lines can ask for gigabytes, so what all of it may come to is bounded.
"""

from __future__ import annotations

import re
from itertools import product
from posixpath import normpath
from typing import TYPE_CHECKING

from rundiff.sources.dvc_values import DEFAULT_PARAMS, pick
from rundiff.sources.foreign_json import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_STAGES, MAX_FILLED = 10_000, 2_000_000  # entries, and characters that were filled in
MAX_DEPTH = 20
_VARIABLE = re.compile(r"\$\{\s*([\w.\[\]-]+)\s*\}")
_PATHS = ("metrics", "plots", "params")


class TemplatesError(ValueError):
    """Loops and templates come to more than is read."""

    def __init__(self) -> None:
        super().__init__(
            f"its loops and templates come to more than {MAX_STAGES:,} stages or {MAX_FILLED:,}"
            " entries; read as it is written"
        )


class Templates:
    """Fills in the templates of one ``dvc.yaml``; every method raises TemplatesError."""

    def __init__(self, variables: Mapping[str, object]) -> None:
        self._variables = variables
        self._left = MAX_FILLED

    def unrolled(self, stages: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """Return the stages by name, none of them a loop."""
        found: dict[str, dict[str, object]] = {}
        for name, raw in stages.items():
            for own, stage in self._runs(name, as_dict(raw)):
                found[own] = stage
                if len(found) > MAX_STAGES:
                    raise TemplatesError
        return found

    def filled(self, value: object) -> object:
        """Return a value with every ``${…}`` in it filled in, those in keys too."""
        return self._filled(value, self._variables)

    def _filled(self, value: object, variables: Mapping[str, object], depth: int = 0) -> object:
        self._take(1)
        if isinstance(value, str):
            whole = _VARIABLE.fullmatch(value)
            if whole is not None:
                return _picked(variables, whole)
            return _VARIABLE.sub(lambda found: self._text(variables, found), value)
        if depth >= MAX_DEPTH:
            return value
        if isinstance(value, dict):
            return {self._key(key, variables): self._filled(child, variables, depth + 1)
                    for key, child in value.items()}  # fmt: skip
        if isinstance(value, list):
            return [self._filled(child, variables, depth + 1) for child in value]
        return value

    def _key(self, key: object, variables: Mapping[str, object]) -> str:
        text = str(self._filled(key, variables))
        self._take(len(text))
        return text

    def _text(self, variables: Mapping[str, object], found: re.Match[str]) -> str:
        text = str(_picked(variables, found))
        self._take(len(text))
        return text

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TemplatesError

    def _runs(self, name: str, stage: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
        own = dict(self._variables)
        for each in as_list(stage.get("vars")):
            own |= as_dict(each)
        if "do" in stage:
            for key, item in _items(self._filled(stage.get("foreach"), own)):
                yield self._stage(name, stage["do"], own, item, key)
        elif "matrix" in stage:
            axes = as_dict(self._filled(stage["matrix"], own))
            body = {key: value for key, value in stage.items() if key != "matrix"}
            for combination in product(*(_items(values) for values in axes.values())):
                named = list(zip(axes, combination, strict=True))
                item = {axis: value for axis, (_, value) in named}
                key = "-".join(f"{axis}{place}" if isinstance(value, dict | list) else place
                               for axis, (place, value) in named)  # fmt: skip
                yield self._stage(name, body, own, item, key)
        else:
            yield name, _placed(as_dict(self._filled(stage, own)))

    def _stage(
        self, name: str, body: object, own: dict[str, object], item: object, key: str
    ) -> tuple[str, dict[str, object]]:
        """Return the stage that a loop makes for an item."""
        self._take(len(own) + len(key))
        scope = own | {"item": item, "key": key}
        return f"{name}@{key}", _placed(as_dict(self._filled(body, scope)))


def joined(folder: str, path: str) -> str:
    """Return a path below a folder, without ``./`` and with ``..`` resolved."""
    whole = normpath(f"{folder}/{path}".replace("\\", "/").lstrip("/"))
    return "" if whole == "." else whole


def _items(value: object) -> list[tuple[str, object]]:
    """Return the items of a loop with their keys: of a list their text, or place where nested."""
    if isinstance(value, dict):
        return [(str(key), child) for key, child in value.items()]
    return [(str(place) if isinstance(child, dict | list) else str(child), child)
            for place, child in enumerate(as_list(value))]  # fmt: skip


def _picked(variables: Mapping[str, object], found: re.Match[str]) -> object:
    try:
        return pick(variables, found.group(1).replace("[", ".").replace("]", ""))
    except KeyError:
        return found.group()


def _placed(stage: dict[str, object]) -> dict[str, object]:
    """Return a stage with its paths below its ``wdir``."""
    folder = stage.get("wdir")
    if not isinstance(folder, str) or normpath(folder) == ".":
        return stage
    placed = dict(stage)
    for what in _PATHS:
        declared = stage.get(what)
        entries = [declared] if isinstance(declared, dict) else as_list(declared)
        found: list[object] = []
        for each in entries:
            if isinstance(each, dict):
                found.append({joined(folder, str(path)): rest for path, rest in each.items()})
            elif what == "params":
                found.append({joined(folder, DEFAULT_PARAMS): [each]})
            else:
                found.append(joined(folder, str(each)))
        if what in stage:
            placed[what] = found
    return placed
