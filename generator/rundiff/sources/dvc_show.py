"""``dvc exp show --json`` dumps: a list since DVC 3, a mapping by revision before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rundiff.sources.foreign_json import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator


class Shown(NamedTuple):
    """One row of the dump; ``parent`` is the revision that an experiment started from."""

    revision: str
    name: str
    data: dict[str, object]
    error: str
    parent: str
    state: str


def looks_like_dump(head: bytes) -> bool:
    """Tell whether a file's first bytes are those of a dump."""
    squeezed = head.replace(b" ", b"").replace(b"\n", b"").replace(b"\r", b"")
    return squeezed.startswith((b'[{"rev":"', b'{"workspace":{"baseline":'))


def shown_revisions(value: object) -> Iterator[Shown]:
    """Yield the workspace, the commits and their experiments, in the order of the dump."""
    if isinstance(value, dict):
        for revision, group in value.items():
            base = as_dict(as_dict(group).get("baseline"))
            yield _shown(revision, base, "")
            for inner, fields in as_dict(group).items():
                if inner != "baseline":
                    yield _shown(inner, as_dict(fields), revision)
        return
    for each in as_list(value):
        fields = as_dict(each)
        revision = str(fields.get("rev") or "")
        yield _shown(revision, fields, "")
        for experiment in as_list(fields.get("experiments")):
            state = str(as_dict(as_dict(experiment).get("executor")).get("state") or "")
            for raw in as_list(as_dict(experiment).get("revs")):
                trial = as_dict(raw)
                found = _shown(str(trial.get("rev") or ""), trial, revision)
                yield found._replace(state=state or found.state)


def _shown(revision: str, fields: dict[str, object], parent: str) -> Shown:
    data = as_dict(fields.get("data"))
    problem = fields.get("error")
    message: object = as_dict(problem).get("msg") if isinstance(problem, dict) else problem
    return Shown(
        revision=revision or str(data.get("rev") or ""),
        name=str(fields.get("name") or data.get("name") or ""),
        data=data,
        error=str(message or ""),
        parent=parent,
        state=str(data.get("status") or ""),
    )
