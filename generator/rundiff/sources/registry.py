"""The formats that are known, in the order in which they are asked.

A format that recognises a whole folder stands before one that recognises single files, and a
particular shape before a general one; ``records``, which looks into any JSON file, is near the end.
To add a format: one module with a ``FORMAT``, one import, one line. Other packages add theirs
through the entry point group ``rundiff.sources``; they are asked last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import SourceError
from rundiff.sources import (
    asv,
    dvc,
    dvclive,
    hf_trainer,
    hydra,
    keras_csv,
    lightning,
    lm_eval,
    mlflow_files,
    mlflow_sql,
    native,
    optuna,
    pytest_benchmark,
    ray_tune,
    records,
    sacred,
    tabular,
    tensorboard,
    trackio,
    ultralytics,
    wandb,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundiff.sources.base import Format

FORMATS: tuple[Format, ...] = (
    native.FORMAT,
    hydra.FORMAT,
    dvc.FORMAT,
    mlflow_files.FORMAT,
    mlflow_sql.FORMAT,
    optuna.FORMAT,
    trackio.FORMAT,
    wandb.FORMAT,
    sacred.FORMAT,
    ray_tune.FORMAT,
    hf_trainer.FORMAT,
    ultralytics.FORMAT,
    lightning.FORMAT,
    dvclive.FORMAT,
    tensorboard.FORMAT,
    keras_csv.FORMAT,
    lm_eval.FORMAT,
    pytest_benchmark.FORMAT,
    asv.FORMAT,
    tabular.FORMAT,
    records.FORMAT,
)
ENTRY_POINTS = "rundiff.sources"


def all_formats() -> tuple[Format, ...]:
    """Return the built-in formats, then those of installed packages by name.

    Raises SourceError when an installed one cannot be loaded.
    """
    from importlib.metadata import entry_points

    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return FORMATS + tuple(_load(point.name, point.load) for point in found)


def _load(name: str, load: Callable[[], Format]) -> Format:
    try:
        return load()
    except Exception as error:  # whatever a foreign module raises when it is imported
        raise SourceError(
            f"the source {name!r} of another package cannot be used: {error}"
        ) from error
