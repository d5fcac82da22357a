"""Compare logged training runs: one command, one self-contained HTML report.

Logging has MLflow's names, so that ``import rundiff as mlflow`` runs a training script:

    import rundiff

    with rundiff.start_run(experiment="digits", name="wide"):
        rundiff.log_param("learning_rate", 0.01)
        rundiff.log_metric("loss", 0.31, step=1)

Comparing gives an object that draws itself, in a notebook too:

    comparison = rundiff.compare("runs/", where="metrics.accuracy > 0.9", baseline="wide")
    comparison.to_html("report.html")
    comparison.to_arrow()
    comparison.figure("loss")

Names are loaded when they are first used: a training script never pays for the report's libraries,
nor ``rundiff --help`` for anything.
"""

from __future__ import annotations

from importlib import import_module
from sys import modules

TYPE_CHECKING = False  # of typing, which takes longer to import than the rest of `rundiff --help`
if TYPE_CHECKING:
    from rundiff.api import compare
    from rundiff.tracking import (
        Experiment,
        Run,
        active_run,
        data,
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

__version__ = "0.1.0"

__all__ = [
    "Experiment",
    "Run",
    "__version__",
    "active_run",
    "compare",
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

_ELSEWHERE = {"compare": "rundiff.api"}  # name → module; all others are of rundiff.tracking


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for."""
    if name not in __all__:
        message = f"module 'rundiff' has no attribute {name!r}"
        if not name.startswith("_"):  # a script of MLflow's, with autolog or the like
            message += "; of MLflow's calls it has those that dir(rundiff) lists"
        raise AttributeError(message, name=name, obj=modules[__name__])
    value = globals()[name] = getattr(import_module(_ELSEWHERE.get(name, "rundiff.tracking")), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
