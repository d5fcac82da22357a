"""MLflow's file store: ``mlruns/`` of any version, read without MLflow.

MLflow 3 itself refuses to open these ("maintenance mode"), and older versions lose every run of an
experiment to one bad file. Here each run stands on its own: a missing folder is normal (git keeps
no empty ones), a run without a readable ``meta.yaml`` is kept as damaged under its folder's name,
and every file that cannot be read is a listed problem.

Ids are those of the folders wherever the record says otherwise, since digits-only ids turn into
numbers on their way through YAML, and a recorded ``../../x`` must not become anything. Metric files
are read whole for the latest value, and again for the points of selected runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.mlflow_meta import parse_meta, text_of
from rundiff.sources.mlflow_store import SIGNS_OF_A_RUN, FileStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.mlflow_meta import Meta
    from rundiff.sources.tree import Folder, Tree

KIND = "mlflow-files"
_EXPERIMENT_NAME = re.compile(r"\d{1,20}\Z|\.trash\Z")
_RUN_NAME = re.compile(r"(?:\A|/)[0-9a-f]{32}\Z")
_LOOKED_AT = 16


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim a store, an experiment's folder or a run's folder."""
    if "meta.yaml" in folder.files:
        shape = _shape(tree, folder.path)
        if shape:
            yield Claim(path=folder.path, kind=shape, is_whole_folder=True)
        return
    likely = [name for name in folder.folders if _EXPERIMENT_NAME.match(name)]
    if folder.path.rpartition("/")[2] == "mlruns" or (not folder.path and tree.label == "mlruns"):
        likely = list(folder.folders)
    for name in likely[:_LOOKED_AT]:
        if _holds_experiment(tree, folder.join(name), is_trash=name == ".trash"):
            yield Claim(path=folder.path, kind="store", is_whole_folder=True)
            return


def read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    """Read every run below a claimed folder."""
    store = FileStore(tree, KIND, is_wanted_deleted=options.include_deleted)
    if claim.kind == "run":
        store.add_run_folder(claim.path)
    elif claim.kind == "experiment":
        store.add_experiment(claim.path)
    else:
        store.add_store(claim.path)
    return Batch(
        tables=store.finish(claim.path),
        kind=KIND,
        location=tree.show(claim.path),
        load_points=store.points.load,
        load_artifact=store.artifacts.load,
        load_problems=store.points.problems,
    )


def _shape(tree: Tree, path: str) -> str:
    """Tell what a folder with a meta.yaml is: run, experiment or nothing of ours."""
    try:
        meta = _meta(tree, path)
    except RecordError:
        return ""
    is_run = text_of(meta, "run_id") or text_of(meta, "run_uuid")
    if is_run and "lifecycle_stage" in meta:
        return "run"
    return "experiment" if "experiment_id" in meta and "lifecycle_stage" in meta else ""


def _holds_experiment(tree: Tree, path: str, *, is_trash: bool) -> bool:
    """Tell whether a folder is an experiment, or has one in it (.trash) or runs."""
    try:
        folder = tree.folder(path)
    except RecordError:
        return False
    if "meta.yaml" in folder.files and _shape(tree, path) == "experiment":
        return True
    wanted = "experiment" if is_trash else "run"
    inner = [folder.join(name) for name in folder.folders[:_LOOKED_AT]]
    return any(_shape(tree, each) == wanted or _is_bare_run(tree, each) for each in inner)


def _is_bare_run(tree: Tree, path: str) -> bool:
    """Tell whether a folder is that of a run that lost its meta.yaml, as in many a repository."""
    if _RUN_NAME.search(path) is None:
        return False
    try:
        return not SIGNS_OF_A_RUN.isdisjoint(tree.folder(path).folders)
    except RecordError:
        return False


def _meta(tree: Tree, path: str) -> Meta:
    return parse_meta(tree.read(f"{path}/meta.yaml".lstrip("/")), notices=[])


FORMAT = Format(
    kind=KIND,
    title="MLflow file store",
    recognised_by="a folder mlruns/ with <experiment>/meta.yaml",
    find=find,
    read=read,
)
