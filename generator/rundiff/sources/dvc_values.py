"""Params and metrics files of DVC: YAML, JSON, TOML and Python, as nested values."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.foreign_json import parse_foreign_json
from rundiff.sources.text import decode_text
from rundiff.sources.yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFAULT_PARAMS = "params.yaml"
MAX_BYTES = 64 << 20


def parse_values(path: str, data: bytes) -> object:
    """Return what a params or metrics file holds, by its suffix; raises RecordError."""
    suffix = path.rpartition(".")[2].lower()
    if suffix == "json":
        return parse_foreign_json(data).value
    if suffix == "toml":
        try:
            return tomllib.loads(decode_text(data))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise RecordError(f"not TOML: {error}") from None
    if suffix == "py":
        return _python_values(decode_text(data))
    return parse_yaml(data).value


def numbers_of(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the leaves of a metrics file with dotted keys."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from numbers_of(child, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def add_param(params: dict[str, object], path: str, key: str, value: object) -> None:
    """Add a param under its own key where its file is a ``params.yaml``, else as ``file:key``.

    So is one of a second ``params.yaml`` (dvclive's) that has another value for a key.
    """
    spelled = f"{path}:{key}"
    is_usual = path.rpartition("/")[2] == DEFAULT_PARAMS
    is_known = is_usual and key in params and params[key] != value
    params[key if is_usual and not is_known else spelled] = value


def by_key(found: Sequence[tuple[str, str, object]]) -> dict[str, object]:
    """Return metrics (file, key, value) by key, those that two files hold as ``file:key``."""
    counts = Counter(key for _, key, _ in found)
    return {key if counts[key] == 1 else f"{path}:{key}": value for path, key, value in found}


def pick(values: object, key: str) -> object:
    """Return a value by its dotted key; raises KeyError when it is not there."""
    here = values
    for part in key.split("."):
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        else:
            raise KeyError(key)
    return here


def _python_values(text: str) -> Mapping[str, object]:
    """Return the literal assignments of a module and of its classes; nothing is run."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RecordError(f"not Python: {error}", line=getattr(error, "lineno", None)) from None
    return dict(_assignments(tree.body))


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, object]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield statement.name, dict(_assignments(statement.body))
        elif isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        if isinstance(statement, ast.ClassDef):
            continue
        try:
            literal = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, literal
