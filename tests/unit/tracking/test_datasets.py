"""Data sets as inputs: equal content gives equal digests, whatever the name or path."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import rundiff
from rundiff.tracking.data import Dataset, describe

from .conftest import Load

FRAME = pd.DataFrame({"x": [1, 2, 3], "y": ["a", None, "c"]})
TABLE = pa.table({"x": [1, 2, 3], "y": ["a", None, "c"]})


@pytest.mark.parametrize(
    ("make", "changed"),
    [
        (FRAME.copy, lambda: FRAME.assign(x=[1, 2, 4])),
        (FRAME.copy, lambda: FRAME.rename(columns={"x": "z"})),
        (FRAME.copy, lambda: FRAME.iloc[::-1]),
        (lambda: FRAME["x"], lambda: FRAME["x"].astype("float64")),
        (lambda: TABLE, lambda: TABLE.set_column(0, "x", pa.array([1, 2, 4]))),
        (partial(np.arange, 6), lambda: np.arange(6).reshape(2, 3)),
        (partial(np.arange, 6), lambda: np.arange(6.0)),
        (lambda: pd.DataFrame({"l": [[1], [2]]}), lambda: pd.DataFrame({"l": [[1], [3]]})),
    ],
)
def test_the_digest_tells_content_apart(
    make: Callable[[], object], changed: Callable[[], object]
) -> None:
    assert describe(make()).digest == describe(make()).digest
    assert describe(make()).digest != describe(changed()).digest
    assert describe(make()).digest.startswith("sha256:")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"late": [*[None] * 150, [1]]}),
        pd.DataFrame({0: [[1], [2]]}),
        pd.DataFrame([[[1], {"a": 2}]], columns=["twice", "twice"]),
    ],
)
def test_lists_are_described_wherever_they_stand(frame: pd.DataFrame) -> None:
    assert describe(frame).digest == describe(frame.copy()).digest
    assert describe(frame).rows == len(frame)


def test_chunks_do_not_change_an_arrow_digest() -> None:
    chunked = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert describe(chunked).digest == describe(TABLE).digest


def test_files_and_folders_go_by_their_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "data.csv").write_text("x\n1\n")
    assert describe(tmp_path / "a").digest == describe(tmp_path / "b").digest
    file = describe(str(tmp_path / "a" / "sub" / "data.csv"))
    assert file.name == "data.csv"
    (tmp_path / "b" / "sub" / "data.csv").write_text("x\n2\n")
    assert describe(tmp_path / "a").digest != describe(tmp_path / "b").digest


def test_an_input_is_read_back_with_context_schema_and_rows(store: Path, load: Load) -> None:
    made = rundiff.data.from_pandas(
        FRAME, source="s3://key:secret@bucket/train.csv", name="train", targets="y"
    )
    with rundiff.start_run():
        rundiff.log_input(made, context="training", tags={"split": "0.8"})
        rundiff.log_input(np.zeros((4, 2)), context="validation")
    first, second = load()[0].datasets
    assert (first.name, first.context, first.rows) == ("train", "training", 3)
    assert first.source == "s3://bucket/train.csv (targets: y)"
    assert '"x": "int64"' in first.schema
    assert first.extra == {"tags": {"split": "0.8"}}
    assert (second.rows, second.schema) == (4, '{"features": "float64 [4×2]"}')


def test_a_dataset_of_another_library_is_taken_by_name_and_digest() -> None:
    class Foreign:
        name, digest, source = "wine", "1a2b3c4d", None

    assert describe(Foreign()) == Dataset(name="wine", digest="1a2b3c4d")
