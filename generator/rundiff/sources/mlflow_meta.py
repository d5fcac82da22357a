"""The ``meta.yaml`` files of MLflow's file store.

MLflow dumps them by YAML 1.1, where ``1e3`` and the run id ``12345678e901…`` are text and written
without quotes. So unquoted scalars stay text here, and whoever needs a number asks for it. Nearly
all are flat and simple, and those are taken apart line by line: libyaml needs ten times as long,
which is felt with a thousand runs.
"""

from __future__ import annotations

import re

from rundiff.errors import RecordError
from rundiff.sources.text import decode_text
from rundiff.sources.yaml import parse_yaml

Meta = dict[str, object]
MAX_META_BYTES = 4 << 20
_FLAT = re.compile(
    r"(?:[A-Za-z_]+: (?:'[^'\n]*'|(?![-?!&*#%@`|>\[{\"',:~ ])(?:(?!: | #)[!-~ ])*[!-9;-~])\n)+\Z"
)
_LINE = re.compile(r"([A-Za-z_]+): (?:'([^'\n]*)'|([^\n]*))\n")


def parse_meta(data: bytes, *, notices: list[tuple[int, str]]) -> Meta:
    """Return the mapping of a meta.yaml; raises RecordError when it holds none."""
    if data.isascii() and b"tags: []" in data:
        data = data.replace(b"\ntags: []\n", b"\n")
    text = data.decode("ascii") if data.isascii() else ""
    if _FLAT.match(text):
        found = _LINE.findall(text)
        meta: Meta = {key: quoted or (plain if plain != "null" else None)
                      for key, quoted, plain in found}  # fmt: skip
        if len(meta) == len(found):
            return meta
    document = parse_yaml(data, limit=MAX_META_BYTES, is_text=True)
    notices.extend(document.notices)
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "holds no mapping"
        raise RecordError(what)
    return document.value


def text_of(meta: Meta, key: str) -> str:
    """Return a field as text, nothing where it is missing or null."""
    value = meta.get(key)
    if value is None:
        return ""
    return value if isinstance(value, str) else decode_text(repr(value).encode())


def extra_tags(meta: Meta, tags: dict[str, str]) -> dict[str, object]:
    """Return what a run's meta.yaml says that has no place but a tag, under MLflow's own names."""
    fields = {
        "artifact_uri": "mlflow.artifact_uri",
        "deleted_time": "mlflow.deleted_time",
        "source_name": "mlflow.source.name",
        "source_version": "mlflow.source.version",
        "entry_point_name": "mlflow.entry_point",
    }
    return {
        key: text_of(meta, field)
        for field, key in fields.items()
        if text_of(meta, field) and key not in tags
    }


def text_map(value: object) -> dict[str, str]:
    """Return the tags of an input: a mapping, or a list of keys and values."""
    if isinstance(value, dict):
        return {str(key): str(each) for key, each in value.items()}
    if isinstance(value, list):  # MLflow 2 writes a list of {key, value}
        pairs = [each for each in value if isinstance(each, dict)]
        return {str(each.get("key", "")): str(each.get("value", "")) for each in pairs}
    return {}
