"""An MLflow tracking server by its address, ``http(s)://host:port``, over its REST API.

The address of a page of its web interface works too: ``…/#/experiments/3`` reads that experiment,
``…/#/experiments/3/runs/<id>`` that run. Every list is paged to its end. What older servers do not
have (logged models, registered models) is left out; experiments have been listed in two ways. The
artifacts of a run take a request for each folder, so they are listed for up to 100 runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import SourceError
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.foreign_json import as_dict
from rundiff.sources.http_client import JsonServer, NotThereError
from rundiff.sources.mlflow import MlflowRows
from rundiff.sources.mlflow_rest_pages import fetch_pages
from rundiff.sources.mlflow_rest_points import RestPoints
from rundiff.sources.mlflow_rest_rows import (
    RestRows,
    logged_model_tags,
    registered_model_tags,
    text_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "mlflow-server"
API = "/api/2.0/mlflow"
MAX_RUNS_WITH_ARTIFACTS = 100
MAX_ARTIFACTS = 500
_PAGE = 1_000
_FRAGMENT = re.compile(r"/?(?:compare-)?experiments/(?P<experiment>\d+)(?:/runs/(?P<run>\w+))?")


def opens_uri(source: str) -> bool:
    """Tell whether a source is the address of a server."""
    return source.startswith(("http://", "https://"))


def read_uri(source: str, options: ReadOptions) -> Batch:
    """Read the runs of a server; raises SourceError when it does not give all of them."""
    address, _, fragment = source.partition("#")
    wanted = _FRAGMENT.match(fragment)
    server = JsonServer(address)
    experiments = list(_experiments(server))
    if wanted:
        experiments = [
            each for each in experiments if text_at(each, "experiment_id") == wanted["experiment"]
        ]
        if not experiments:
            raise SourceError(f"{server.shown} has no experiment {wanted['experiment']!r}")
    rows = RestRows(
        MlflowRows(KIND, is_wanted_deleted=options.include_deleted), server.shown, experiments
    )
    rows.models = _models(server, [text_at(each, "experiment_id") for each in experiments])
    run_ids: list[str] = []
    for run in _runs(server, experiments):
        if (
            wanted
            and wanted["run"]
            and text_at(as_dict(run.get("info")), "run_id") != wanted["run"]
        ):
            continue
        added = rows.add_run(run)
        if added is not None:
            run_ids.append(added)
    _add_artifacts(server, rows, run_ids)
    rows.out.finish(server.shown)
    points = RestPoints(server, rows.out.recorded_ids, rows.metric_keys)
    return Batch(
        tables=rows.out.build(),
        kind=KIND,
        location=server.shown,
        load_points=points.load,
    )


def _experiments(server: JsonServer) -> Iterator[dict[str, object]]:
    body = {"max_results": _PAGE, "view_type": "ALL"}
    try:
        yield from fetch_pages(server, f"{API}/experiments/search", body, "experiments")
    except NotThereError:  # before 1.28
        path = f"{API}/experiments/list"
        yield from fetch_pages(server, path, {"view_type": "ALL"}, "experiments", is_get=True)


def _runs(
    server: JsonServer, experiments: Iterable[Mapping[str, object]]
) -> Iterator[dict[str, object]]:
    ids = [text_at(each, "experiment_id") for each in experiments]
    for start in range(0, len(ids), 100):
        body = {
            "experiment_ids": ids[start : start + 100],
            "run_view_type": "ALL",
            "max_results": _PAGE,
            "order_by": ["attribute.start_time ASC"],
        }
        yield from fetch_pages(server, f"{API}/runs/search", body, "runs")


def _models(server: JsonServer, experiment_ids: list[str]) -> dict[str, dict[str, object]]:
    """Return tags about models by run; older servers have fewer of them, or none."""
    found: dict[str, dict[str, object]] = {}
    limit = {"max_results": 100}
    try:
        path = f"{API}/registered-models/search"
        models = list(fetch_pages(server, path, limit, "registered_models", is_get=True))
        path = f"{API}/model-versions/search"
        versions = (
            list(fetch_pages(server, path, limit, "model_versions", is_get=True)) if models else []
        )
        for run_id, tags in registered_model_tags(models, versions):
            found.setdefault(run_id, {}).update(tags)
        for start in range(0, len(experiment_ids), 10):
            body = {"experiment_ids": experiment_ids[start : start + 10], "max_results": 50}
            for each in fetch_pages(server, f"{API}/logged-models/search", body, "models"):
                run_id, tags = logged_model_tags(each)
                found.setdefault(run_id, {}).update(tags)
    except NotThereError:
        pass
    return found


def _add_artifacts(server: JsonServer, rows: RestRows, run_ids: list[str]) -> None:
    if len(run_ids) > MAX_RUNS_WITH_ARTIFACTS:
        message = f"artifacts are listed for up to {MAX_RUNS_WITH_ARTIFACTS} runs, not for more"
        rows.out.notice(server.shown, message)
        return
    for run_id in run_ids:
        _add_artifacts_of(server, rows, run_id)


def _add_artifacts_of(server: JsonServer, rows: RestRows, run_id: str) -> None:
    """Add the files of a run, folder by folder; that there are too many of both is said."""
    recorded = rows.out.recorded_ids[run_id]
    where = f"{server.shown}#{recorded}"
    folders, count = [""], 0
    for folder in folders:  # it grows meanwhile
        query = {"run_id": recorded} | ({"path": folder} if folder else {})
        try:
            found = list(fetch_pages(server, f"{API}/artifacts/list", query, "files", is_get=True))
        except SourceError as error:  # its artifact store may be out of reach
            rows.out.notice(where, f"artifacts: {error}")
            return
        for each in found:
            path = text_at(each, "path")
            if not path or path in folders:
                continue
            if count + len(folders) > MAX_ARTIFACTS:
                message = f"more than {MAX_ARTIFACTS:,} artifacts; the rest is not listed"
                rows.out.notice(where, message)
                return
            if each.get("is_dir"):
                folders.append(path)
            else:
                count += 1
                rows.add_artifact(run_id, path, each.get("file_size"))


def _find_nothing(_: Tree, __: Folder) -> Iterable[Claim]:
    return ()


def _read_nothing(tree: Tree, claim: Claim, _: ReadOptions) -> Batch:
    raise SourceError(f"{tree.show(claim.path)} is no server")


FORMAT = Format(
    kind=KIND,
    title="MLflow tracking server",
    recognised_by="an address, http://… or https://…",
    find=_find_nothing,
    read=_read_nothing,
    opens_uri=opens_uri,
    read_uri=read_uri,
)
