"""The logging calls at module level, on the active run, with MLflow's names and signatures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from rundiff.frozen import dataclass
from rundiff.tracking import checks
from rundiff.tracking.compatibility import warn_unknown
from rundiff.tracking.outcome import Outcome, status_of
from rundiff.tracking.place import experiment_folder, store_path
from rundiff.tracking.run import Run
from rundiff.tracking.session import Session
from rundiff.tracking.start import Request

_session = Session()  # a process has one; see its docstring


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What set_experiment returns; the id is the experiment's folder in the store."""

    name: str
    experiment_id: str


def set_store(path: str | os.PathLike[str]) -> None:
    """Log runs below this folder from now on.

    Otherwise ``RUNDIFF_STORE``, or ``runs`` in the current folder.
    """
    _session.store = path


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, **unknown: object
) -> Experiment:
    """Start further runs in this experiment."""
    warn_unknown("set_experiment", unknown)
    _session.experiment = checks.check_key(experiment_name or experiment_id, "experiment")
    return Experiment(
        name=_session.experiment, experiment_id=experiment_folder(_session.experiment)
    )


def start_run(  # noqa: PLR0913, PLR0917 - MLflow's signature
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, object] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
    *,
    name: str | None = None,
    experiment: str | None = None,
    store: str | os.PathLike[str] | None = None,
    note: str | None = None,
    **unknown: object,
) -> Run:
    """Start a run, or resume the one with this id, and make it the active one.

    Use it in a ``with`` block.

    An id that is not in the store starts a run with that id, so that the ranks of a distributed job
    can share one. ``nested`` makes the run a child of the active one.
    """
    if unknown or log_system_metrics:
        warn_unknown("start_run", {**unknown, "log_system_metrics": log_system_metrics or None})
    given = {"name": name or run_name, "experiment": experiment or experiment_id}
    texts = {key: checks.check_key(value, key) for key, value in given.items() if value}
    request = Request(
        run_id=run_id or "",
        name=texts.get("name", ""),
        experiment=texts.get("experiment", ""),
        store="" if store is None else store_path(store),
        parent=parent_run_id or "",
        note=str(note or description or ""),
        tags=tags or {},
    )
    return _session.start(request, is_nested=nested)


def end_run(status: str = "FINISHED") -> None:
    """End the active run, if there is one, with FINISHED, FAILED or KILLED."""
    run = _session.active()
    outcome = Outcome(status=status_of(status))
    if run is not None:
        _session.end(run, outcome)


def active_run() -> Run | None:
    """Return the active run, or None."""
    return _session.active()


def last_active_run() -> Run | None:
    """Return the run that is active, or was active last in this process."""
    return _session.active() or _session.last


def log_metric(
    key: str,
    value: float,
    step: float | None = None,
    timestamp: int | None = None,
    **unknown: object,
) -> None:
    """Log one value of a metric; see ``Run.log_metric``."""
    run = _session.only
    if run is None:
        run = _session.active_or_new()
    if unknown:
        run.log_metric(key, value, step, timestamp, **unknown)
    elif timestamp is not None or not run.segment.append_point(key, value, step):
        run.log_checked_metric(key, value, step, timestamp)


def log_metrics(
    metrics: Mapping[str, float],
    step: float | None = None,
    timestamp: int | None = None,
    **unknown: object,
) -> None:
    """Log several metrics at one step."""
    _session.active_or_new().log_metrics(metrics, step, timestamp, **unknown)


def log_batch(
    metrics: Iterable[object] = (),
    params: Iterable[object] | Mapping[str, object] = (),
    tags: Iterable[object] | Mapping[str, object] = (),
    **unknown: object,
) -> None:
    """Log many points, params and tags at once; see ``Run.log_batch``."""
    _session.active_or_new().log_batch(metrics, params, tags, **unknown)


def log_param(key: str, value: object, **unknown: object) -> object:
    """Log one param and return its value."""
    run = _session.only
    if run is None:
        run = _session.active_or_new()
    return run.log_param(key, value, **unknown) if unknown else run.log_param(key, value)


def log_params(params: Mapping[str, object], **unknown: object) -> None:
    """Log params."""
    _session.active_or_new().log_params(params, **unknown)


def set_tag(key: str, value: object, **unknown: object) -> None:
    """Set a tag."""
    _session.active_or_new().set_tag(key, value, **unknown)


def set_tags(tags: Mapping[str, object], **unknown: object) -> None:
    """Set tags."""
    _session.active_or_new().set_tags(tags, **unknown)


def set_note(note: str) -> None:
    """Set the run's note (Markdown)."""
    _session.active_or_new().set_note(note)


def define_metric(
    name: str, goal: str = "", unit: str = "", tolerance: float | str = "", **unknown: object
) -> None:
    """Say which direction of a metric is better, its unit.

    And below which delta it does not matter.
    """
    _session.active_or_new().define_metric(name, goal, unit, tolerance, **unknown)


def log_input(
    dataset: object,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    **unknown: object,
) -> None:
    """Log a data set that the run reads; see ``Run.log_input``."""
    _session.active_or_new().log_input(dataset, context, tags, **unknown)


def log_artifact(
    local_path: str | os.PathLike[str], artifact_path: str | None = None, **unknown: object
) -> None:
    """Copy a file or folder into the run's artifacts."""
    _session.active_or_new().log_artifact(local_path, artifact_path, **unknown)


def log_artifacts(
    local_dir: str | os.PathLike[str], artifact_path: str | None = None, **unknown: object
) -> None:
    """Copy what a folder holds into the run's artifacts."""
    _session.active_or_new().log_artifacts(local_dir, artifact_path, **unknown)


def log_text(text: str, artifact_file: str, **unknown: object) -> None:
    """Store a text as an artifact."""
    _session.active_or_new().log_text(text, artifact_file, **unknown)


def log_dict(dictionary: object, artifact_file: str, **unknown: object) -> None:
    """Store a dict or list as a JSON or YAML artifact."""
    _session.active_or_new().log_dict(dictionary, artifact_file, **unknown)


def log_figure(figure: object, artifact_file: str, **unknown: object) -> None:
    """Store a matplotlib or plotly figure as an artifact."""
    _session.active_or_new().log_figure(figure, artifact_file, **unknown)


def log_image(
    image: object,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    **unknown: object,
) -> None:
    """Store a PIL image or an array as an artifact."""
    _session.active_or_new().log_image(image, artifact_file, key, step, **unknown)


def sync() -> bool:
    """Make everything logged so far survive a power cut.

    False if the disk refused, true if there is no run.
    """
    run = _session.active()
    return run is None or run.sync()


def set_tracking_uri(uri: str | os.PathLike[str]) -> None:
    """Take MLflow's ``file:`` URI or path as the store.

    Another kind of URI is ignored with a warning.
    """
    text = os.fspath(uri)
    if text.startswith("file:"):
        from urllib.parse import unquote

        text = unquote(text.removeprefix("file:").removeprefix("//"))
    if "://" in text:
        warn_unknown("set_tracking_uri", {"uri": text.partition("://")[0]})
    else:
        set_store(text)


def get_tracking_uri() -> str:
    """Return the store's path."""
    return _session.store


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """Return where the active run's artifacts lie."""
    base = _session.active_or_new().info.artifact_uri
    return f"{base}/{artifact_path}" if artifact_path else base
