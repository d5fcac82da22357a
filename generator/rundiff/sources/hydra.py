"""Hydra jobs: ``outputs/…`` and ``multirun/…`` folders with ``.hydra/config.yaml``.

Hydra records what was asked for and never what came out. The composed config becomes params
(``${…}`` stays text, as Hydra leaves it), the overrides, which say what the job was *meant* to
change, become tags. Numbers in a flat ``metrics.json`` or ``results.json`` of the job are its
metrics; runs that other formats find below the folder take over the config (``hydra_join``). All
else that Hydra writes is about itself and stays in the files, which are artifacts. The folder's
date is local time of an unknown zone (four hours off beside W&B's in a real project), so it is part
of the name and no start time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, entries_of, yaml_object, yaml_value
from rundiff.sources.foreign_json import as_dict, nested_leaves, text_or_none
from rundiff.sources.history import number_of
from rundiff.sources.hydra_join import KIND, join
from rundiff.sources.json_series import (
    STEPS,
    add_history,
    add_series,
    is_history,
    is_series,
    load_results,
)
from rundiff.sources.table_nested import section_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

SUBFOLDER = ".hydra"
_NAMES = frozenset({"config.yaml", "hydra.yaml", "overrides.yaml"})
_RESULTS = re.compile(r"(?:\w+_)?(?:metrics|results|scores|summary)\.(?:json|ya?ml)\Z")
_OTHERS_YAML = frozenset({"optimization_results.yaml"})  # a sweeper's, of all its jobs
_STEPS = re.compile(rb"\s*" + STEPS)
_YAML_NUMBER = re.compile(rb"^[ ]*[\"']?[\w./ -]+[\"']?:[ ]+[-+]?\.?\d", re.MULTILINE)
_OTHERS_RESULTS = frozenset({"trainer_state.json", "run.json", "wandb-summary.json", "dvc.yaml"})
_FOREIGN = re.compile(rb'\s*\{\s*"(?:results|runs|run_id|run_uuid|params|benchmarks)"\s*:')
MAX_TYPED = 60
_NUMBER_OR_TIME = re.compile(r"\d+\Z|\d\d-\d\d-\d\d\Z")


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim ``.hydra`` and flat results beside it; all else in the folder is for others."""
    if SUBFOLDER in folder.folders:
        inner = entries_of(tree, folder.join(SUBFOLDER))
        if inner is not None and not _NAMES.isdisjoint(inner.files):
            results = [name for name in folder.files if _has_results(tree, folder, name)]
            yield Claim(path=folder.path, kind=KIND, consumed=frozenset({SUBFOLDER, *results}))
    elif set(folder.files) >= _NAMES:  # the folder itself was given, or has another name
        yield Claim(path=folder.path, kind=KIND, consumed=_NAMES, version="settings")


def _has_results(tree: Tree, folder: Folder, name: str) -> bool:
    if not _RESULTS.match(name) or not _OTHERS_RESULTS.isdisjoint(folder.files):
        return False
    ends = ends_of(tree, folder.join(name))
    if not name.endswith(".json"):
        return name not in _OTHERS_YAML and _YAML_NUMBER.search(ends) is not None
    is_ours = ends.lstrip().startswith(b"{") and not _FOREIGN.match(ends)
    return is_ours or _STEPS.match(ends) is not None


def _read_job(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    is_settings = claim.version == "settings"
    here = tree.folder(claim.path)
    settings = here if is_settings else tree.folder(here.join(SUBFOLDER))
    names = set(settings.files)
    own: dict[str, object] = {}
    if "hydra.yaml" in names:
        own = as_dict(yaml_object(collector, tree, settings.join("hydra.yaml")).get("hydra"))
    overrides: object = None
    if "overrides.yaml" in names:
        overrides = yaml_value(collector, tree, settings.join("overrides.yaml"))
    run_id = collector.add_run(
        place_of(tree, claim.path),
        tree.show(claim.path),
        name=_name(claim.path or tree.label, overrides),
        experiment=text_or_none(as_dict(own.get("job")).get("name")),
    )
    if "config.yaml" in names:
        config = yaml_object(collector, tree, settings.join("config.yaml"))
        collector.add_values("param", run_id, config)
    tags = dict(_tags(own))
    if isinstance(overrides, list):
        tags |= _overrides(overrides)
    elif overrides is not None:
        collector.problem(tree.show(settings.join("overrides.yaml")), "not a list")
    collector.add_plain("tag", run_id, tags)
    version = text_or_none(as_dict(own.get("runtime")).get("version"))
    if version is not None:
        collector.add_plain("environment", run_id, {"packages.hydra-core": version})
    results = sorted(claim.consumed - {SUBFOLDER} if not is_settings else ())
    for name in results:
        prefix = f"{name.rpartition('.')[0]}." if len(results) > 1 else ""
        _add_results(collector, run_id, tree, here.join(name), prefix)
    _add_files(collector, run_id, tree, (here, settings))


def _name(path: str, overrides: object) -> str:
    """Return the job's folder, with the one above where it is but a number or a time of day.

    Then it is not what people know the job by: what they typed is, where that is short.
    """
    above, _, name = path.rpartition("/")
    if not _NUMBER_OR_TIME.match(name):
        return name
    typed = ",".join(map(str, overrides)) if isinstance(overrides, list) else ""
    place = f"{above.rpartition('/')[2]}/{name}" if above else name
    return f"{place} {typed}" if 0 < len(typed) <= MAX_TYPED else place


def _overrides(overrides: list[object]) -> dict[str, object]:
    """Return overrides by key, with their sign; what is no ``key=value`` stays whole."""
    found: dict[str, object] = {}
    for number, raw in enumerate(overrides):
        # "+db@backup: x" unquoted is a mapping to YAML
        entries = [f"{key}: {value}" for key, value in as_dict(raw).items()]
        text = entries[0] if entries else str(raw)
        key, equals, value = text.partition("=")
        is_assignment = bool(equals) and re.fullmatch(r"[+~]*[\w./@$:-]+", key) is not None
        found[f"overrides.{key}" if is_assignment else f"overrides.{number}"] = (
            value if is_assignment else text
        )
    return found


def _tags(own: dict[str, object]) -> Iterator[tuple[str, object]]:
    runtime, job = as_dict(own.get("runtime")), as_dict(own.get("job"))
    for name, choice in as_dict(runtime.get("choices")).items():
        if not name.startswith("hydra/") and choice is not None:
            yield f"choices.{name}", choice
    facts = {"mode": own.get("mode"), "cwd": runtime.get("cwd"), "job.num": job.get("num"),
             "job.id": job.get("id"), "config_name": job.get("config_name")}  # fmt: skip
    for name, fact in facts.items():
        if fact not in (None, "", "???") and not isinstance(fact, dict | list):
            yield f"hydra.{name}", fact


def _add_results(collector: Collector, run_id: str, tree: Tree, path: str, prefix: str) -> None:
    rest: dict[str, object] = {}
    params: dict[str, object] = {}
    for whole, raw in nested_leaves(load_results(collector, run_id, tree, path, prefix=prefix)):
        section, own = section_of(whole) or ("metrics", whole)
        key = prefix + own
        number = number_of(raw)
        if section != "metrics":
            params[own] = raw
        elif isinstance(raw, list) and is_series(raw):
            add_series(collector, run_id, key, raw)
        elif isinstance(raw, list) and is_history(raw):
            add_history(collector, run_id, tree.show(path), key, raw)
        elif number is None:
            rest[f"results.{key}"] = raw
        else:
            collector.add_summary(run_id, key, number)
    collector.add_values("tag", run_id, rest)
    collector.add_values("param", run_id, params, other="results.")


def _add_files(
    collector: Collector, run_id: str, tree: Tree, folders: tuple[Folder, Folder]
) -> None:
    here, settings = folders
    for name in settings.files:
        shown = name if here == settings else f"{SUBFOLDER}/{name}"
        collector.add_artifact(run_id, shown, tree, settings.join(name))
    for name in here.files if here != settings else ():
        if name.endswith(".log"):
            collector.add_artifact(run_id, name, tree, here.join(name))


FORMAT = Format(
    kind=KIND,
    title="Hydra jobs",
    recognised_by="a folder with .hydra/config.yaml, overrides.yaml or hydra.yaml",
    find=find,
    read=reader_of_one(KIND, _read_job),
    read_many=reader_of_many(KIND, _read_job),
    join=join,
)
