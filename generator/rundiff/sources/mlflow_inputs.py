"""The data sets that runs of a tracking database took in, with the tags of each use."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rundiff.sources.mlflow_database import cell_text
from rundiff.sources.mlflow_records import MlflowDataset

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from rundiff.sources.mlflow import MlflowRows
    from rundiff.sources.mlflow_database import CheckedTables


def add_datasets(
    tables: CheckedTables, out: MlflowRows, run_ids: Mapping[str, str], odd: Counter[str]
) -> None:
    """Add the inputs of the runs; those that cannot be placed are counted in ``odd``."""
    tags: dict[object, dict[str, str]] = defaultdict(dict)
    for number, name, value in tables.select(
        "input_tags", ("input_uuid", "name", "value"), is_needed=False
    ):
        tags[number][cell_text(name)] = cell_text(value)
    datasets = {
        row[0]: row
        for row in tables.select(
            "datasets",
            ("dataset_uuid", "name", "digest", "dataset_source_type", "dataset_source",
             "dataset_schema", "dataset_profile"),
        )
    }  # fmt: skip
    names = ("input_uuid", "source_type", "source_id", "destination_type", "destination_id")
    for number, kind, source, target, run_id in tables.select("inputs", names):
        unique = run_ids.get(cell_text(run_id))
        found = datasets.get(source)
        if kind != "DATASET" or target != "RUN" or unique is None:
            continue
        if found is None:
            odd["inputs whose dataset is not in the database"] += 1
            continue
        others = dict(tags[number])
        out.add_dataset(
            unique,
            MlflowDataset(
                name=cell_text(found[1]),
                digest=cell_text(found[2]),
                context=others.pop("mlflow.data.context", ""),
                source_type=cell_text(found[3]),
                source=cell_text(found[4]),
                schema=cell_text(found[5]),
                profile=cell_text(found[6]),
                tags=others,
            ),
        )
