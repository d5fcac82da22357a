"""Logging of runs: MLflow's calls, writing to files that survive what happens to the process.

Imports neither duckdb, pyarrow, numpy, plotly nor jinja2, so that a training script pays 30 ms for
it.
"""

from rundiff.tracking import data
from rundiff.tracking.api import (
    Experiment,
    active_run,
    define_metric,
    end_run,
    get_artifact_uri,
    get_tracking_uri,
    last_active_run,
    log_artifact,
    log_artifacts,
    log_batch,
    log_dict,
    log_figure,
    log_image,
    log_input,
    log_metric,
    log_metrics,
    log_param,
    log_params,
    log_text,
    set_experiment,
    set_note,
    set_store,
    set_tag,
    set_tags,
    set_tracking_uri,
    start_run,
    sync,
)
from rundiff.tracking.known import RunInfo
from rundiff.tracking.run import Run

__all__ = [
    "Experiment",
    "Run",
    "RunInfo",
    "active_run",
    "data",
    "define_metric",
    "end_run",
    "get_artifact_uri",
    "get_tracking_uri",
    "last_active_run",
    "log_artifact",
    "log_artifacts",
    "log_batch",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "log_text",
    "set_experiment",
    "set_note",
    "set_store",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "start_run",
    "sync",
]
