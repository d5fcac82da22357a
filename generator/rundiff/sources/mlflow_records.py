"""What MLflow's backends fill in: experiments, runs and datasets as MLflow knows them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRIMARY = "mlflow.experiment.primaryMetric."


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment; ``goals`` are the directions its tags give to metrics."""

    name: str
    stage: str = "active"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def goals(self) -> dict[str, str]:
        """Return the direction that the experiment's tags give to its primary metric."""
        name = self.tags.get(f"{PRIMARY}name")
        greater = self.tags.get(f"{PRIMARY}greaterIsBetter", "").lower()
        if not name or greater not in ("true", "false"):
            return {}
        return {name: "max" if greater == "true" else "min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowRun:
    """One run as a backend gives it; times are in ms, of whatever type was found."""

    run_id: str
    experiment: Experiment
    location: str
    name: str = ""
    status: object = None
    start: object = None
    end: object = None
    stage: str = "active"
    user: str = ""
    state: str = "complete"
    tags: Mapping[str, str] = field(default_factory=dict)
    extra_tags: Mapping[str, object] = field(default_factory=dict)
    has_tags_elsewhere: bool = False  # ``tags`` are the FACT_TAGS; all are added as columns


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowDataset:
    """One dataset input of a run; ``source``, ``schema`` and ``profile`` are JSON texts."""

    name: str
    digest: str
    context: str = ""
    source_type: str = ""
    source: str = ""
    schema: str = ""
    profile: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def model_tags(models: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return registered versions of a run as tags; each has name, version and further fields."""
    found: dict[str, object] = {}
    for model in models:
        prefix = f"registered_model.{model.get('name')}.{model.get('version')}"
        for key, value in model.items():
            if key not in ("name", "version") and value not in (None, "", "None", {}, []):
                found[f"{prefix}.{key}"] = value
        found.setdefault(f"{prefix}.status", "READY")
    return found
