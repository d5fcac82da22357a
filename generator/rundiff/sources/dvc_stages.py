"""The stages of a ``dvc.yaml`` as DVC runs them: templates filled in, loops unrolled.

``foreach`` and ``matrix`` make a stage for each item (``train@us``); ``${…}`` is filled in from the
params, ``vars`` and the item; paths of a stage with ``wdir`` start there. What cannot be filled in
stays as it is written.
"""

from __future__ import annotations

import re
from itertools import islice, product
from posixpath import normpath
from typing import TYPE_CHECKING

from rundiff.sources.dvc_values import pick
from rundiff.sources.foreign_json import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_STAGES = 10_000
MAX_DEPTH = 20
DEFAULT_PARAMS = "params.yaml"
_VARIABLE = re.compile(r"\$\{\s*([\w.\[\]-]+)\s*\}")
_PATHS = ("metrics", "plots", "params")


def unrolled(
    stages: Mapping[str, object], variables: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """Return the stages by name, none of them a loop; at most ``MAX_STAGES``."""
    found = (each for name, raw in stages.items() for each in _runs(name, as_dict(raw), variables))
    return dict(islice(found, MAX_STAGES))


def filled(value: object, variables: Mapping[str, object], depth: int = 0) -> object:
    """Return a value with every ``${…}`` in it filled in, those in keys too."""
    if isinstance(value, str):
        whole = _VARIABLE.fullmatch(value)
        if whole is not None:
            return _picked(variables, whole)
        return _VARIABLE.sub(lambda found: str(_picked(variables, found)), value)
    if depth >= MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {str(filled(key, variables)): filled(child, variables, depth + 1)
                for key, child in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [filled(child, variables, depth + 1) for child in value]
    return value


def joined(folder: str, path: str) -> str:
    """Return a path below a folder, without ``./`` and with ``..`` resolved."""
    whole = normpath(f"{folder}/{path}".replace("\\", "/").lstrip("/"))
    return "" if whole == "." else whole


def _runs(
    name: str, stage: dict[str, object], variables: Mapping[str, object]
) -> Iterator[tuple[str, dict[str, object]]]:
    own = dict(variables)
    for each in as_list(stage.get("vars")):
        own |= as_dict(each)
    if "do" in stage:
        for key, item in _items(filled(stage.get("foreach"), own)):
            scope = own | {"item": item, "key": key}
            yield f"{name}@{key}", _placed(as_dict(filled(stage["do"], scope)))
    elif "matrix" in stage:
        axes = as_dict(filled(stage["matrix"], own))
        body = {key: value for key, value in stage.items() if key != "matrix"}
        for combination in product(*(_items(values) for values in axes.values())):
            named = list(zip(axes, combination, strict=True))
            item = {axis: value for axis, (_, value) in named}
            key = "-".join(f"{axis}{place}" if isinstance(value, dict | list) else place
                           for axis, (place, value) in named)  # fmt: skip
            yield f"{name}@{key}", _placed(as_dict(filled(body, own | {"item": item, "key": key})))
    else:
        yield name, _placed(as_dict(filled(stage, own)))


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
