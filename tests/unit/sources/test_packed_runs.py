"""What is read of packed runs when few are chosen: as much as is needed, and nothing is missed."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rundiff
from rundiff.assembly.build import CompareOptions, build_comparison
from rundiff.assembly.listing import list_runs
from rundiff.comparison import Comparison, Problem
from rundiff.errors import KeyNotFoundError, RecordError, RundiffError
from rundiff.records.seal import seal_run
from rundiff.records.segments import scan_segment
from rundiff.selection.asked import asked_rows
from rundiff.selection.choose import SelectionOptions
from rundiff.sources import pack_checks, packed, packed_runs, packed_tables
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches
from rundiff.sources.pack_manifest import MANIFEST, folder_name
from rundiff.sources.packing import pack_store
from rundiff.sources.unpacking import unpack_store

SELECTIONS = [
    SelectionOptions(),
    SelectionOptions(where="metrics.loss < 0.5 and params.model = 'wide'", limit=2),
    SelectionOptions(where="params.`lr` >= 0.1", order_by=("metrics.loss DESC",), limit=3),
    SelectionOptions(where="datasets.name = 'digits'", baseline="tags.kind = 'last'"),
    SelectionOptions(names=("run 1", "run 4")),
    SelectionOptions(experiments=("odd",), order_by=("start_time",)),
    SelectionOptions(where="tags.kind is null and attributes.status = 'finished'"),
    SelectionOptions(limit=1),
]


def quiet(_: str) -> None:
    """Say nothing."""


def log(store: Path, number: int, **params: object) -> None:
    experiment = ("even", "odd")[number % 2]
    with rundiff.start_run(store=store, experiment=experiment, name=f"run {number}") as run:
        rundiff.log_params(
            {"lr": number / 10, "model": ("wide", "deep")[number > 2], "z": [number, "7"]} | params
        )
        rundiff.define_metric("loss", goal="min")
        for step in range(4 + number):
            rundiff.log_metric("loss", step / 10, step=step)
        rundiff.log_metric(f"only {number}", number)
        if number == 2:
            rundiff.set_tags({"baseline": True})
        if number == 5:
            rundiff.set_tags({"kind": "last"})
        data = pa.table({"x": [number, 2]})
        rundiff.log_input(rundiff.data.from_arrow(data, name=("letters", "digits")[number % 2]))
        rundiff.log_text("hello", "a.txt")
    found = [scan_segment(path.name, path.read_bytes()) for path in run.folder.glob("*.jsonl")]
    seal_run(run.folder, found, with_metrics=True)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for number in range(6):
        log(tmp_path / "runs", number)
    return tmp_path / "runs"


def compare(store: Path, selection: SelectionOptions) -> Comparison:
    return build_comparison([str(store)], CompareOptions(selection=selection))


def facts(comparison: Comparison) -> dict[str, object]:
    """Return all of a comparison but its relation as values; the relation row by row."""
    names = Comparison.__dataclass_fields__
    found = {name: getattr(comparison, name) for name in names if name != "relation"}
    return {**found, "relation": comparison.relation.to_pylist()}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_packed_store_is_compared_and_listed_as_before(
    store: Path, selection: SelectionOptions
) -> None:
    before = facts(compare(store, selection))
    listed = list_runs([str(store)], ReadOptions(), selection)
    pack_store(store, quiet)
    after = facts(compare(store, selection))
    for name, value in before.items():
        assert after[name] == value, name
    assert list_runs([str(store)], ReadOptions(), selection) == listed


def test_runs_beside_a_pack_are_chosen_with_those_in_it(store: Path) -> None:
    pack_store(store, quiet)
    log(store, 7)
    selection = SelectionOptions(where="metrics.loss > 0.5 and params.lr > 0.3")
    found = compare(store, selection)
    assert [run.name for run in found.runs] == ["run 4", "run 5", "run 7"]
    assert {row.key for rows in found.sections.values() for row in rows} >= {"only 5", "only 7"}


def test_only_what_is_asked_about_is_read_before_runs_are_chosen(store: Path) -> None:
    pack_store(store, quiet)
    selection = SelectionOptions(where="params.model = 'wide' and metrics.loss > 0")
    (batch,) = load_sources([str(store)], ReadOptions(asked=asked_rows(selection))).batches
    assert set(batch.tables["param"].column("key").to_pylist()) == {"model"}
    assert set(batch.tables["metric_summary"].column("key").to_pylist()) == {"loss"}
    assert batch.tables["tag"].column("key").to_pylist() == ["baseline"]
    assert not batch.tables["dataset"].num_rows
    assert batch.left_out.metrics == 6
    run_ids = batch.tables.run_ids[:2]
    assert batch.load_rest is not None
    whole = batch.load_rest(run_ids)
    assert set(whole.tables["param"].column("run_id").to_pylist()) == set(run_ids)
    assert whole.tables["dataset"].num_rows == 2
    assert whole.tables["run"].num_rows == 6


@pytest.mark.parametrize("command", ["list", "report"])
def test_neither_pandas_is_imported_nor_an_engine_for_a_list(store: Path, command: str) -> None:
    """Functions of pyarrow that take a Python value look whether it is one of pandas: 0.1 s."""
    pack_store(store, quiet)
    log(store, 7)
    where = (
        "metrics.loss > 0.1 and name like 'run%' and start_time > 5 and tags.kind is null "
        "and datasets.name != 'x' and params.lr in (0.1, '0.2', 0.7) and not params.model = 'q'"
    )
    asked = ["--where", where, "--order-by", "metrics.loss", "--order-by", "name", "--limit", "2"]
    for selection in (asked, []):
        result = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "rundiff", command, str(store), *selection],
            capture_output=True, text=True, check=True, cwd=store.parent,
        )  # fmt: skip
        report = [line.rsplit("|", 1) for line in result.stderr.splitlines() if "|" in line]
        imported = {module.strip() for _, module in report}
        assert "rundiff.sources.packed_tables" in imported
        assert "pandas" not in imported
        assert ("duckdb" in imported) == (command == "report")


def test_a_key_that_no_run_has_is_answered_with_all_that_there_are(store: Path) -> None:
    expected = ""
    for is_packed in (False, True):
        if is_packed:
            pack_store(store, quiet)
        with pytest.raises(KeyNotFoundError) as raised:
            compare(store, SelectionOptions(where="params.modle = 'wide'"))
        expected = expected or str(raised.value)
        assert str(raised.value) == expected
    assert "model" in expected


def test_credentials_of_runs_that_were_not_chosen_are_noticed_as_before(store: Path) -> None:
    log(store, 7, url="https://me:hunter2hunter2@example.org/x")
    selection = SelectionOptions(where="params.lr = 0.1")
    before = compare(store, selection).problems
    assert any("'url'" in problem.message for problem in before)
    pack_store(store, quiet)
    assert compare(store, selection).problems == before


def test_a_copy_beside_a_pack_is_settled_with_all_rows(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    selection = SelectionOptions(where="params.lr = 0.1")
    shutil.copytree(store, copy)
    pack_store(store, quiet)
    options = CompareOptions(selection=selection)
    found = build_comparison([str(store), str(copy)], options)
    assert [run.name for run in found.runs] == ["run 1"]
    assert [problem.message for problem in found.problems] == [
        "6 runs are also in runs, with equal content; taken once"
    ]


@pytest.mark.parametrize("name", ["documents-0000.parquet", "runs.json"])
def test_what_a_selection_does_without_may_be_damaged_and_is_said(store: Path, name: str) -> None:
    selection = SELECTIONS[1]
    before = facts(compare(store, selection))
    pack_store(store, quiet)
    (pack,) = store.glob("packed-*")
    data = bytearray((pack / name).read_bytes())
    data[len(data) // 2] ^= 4
    (pack / name).write_bytes(data)
    after = facts(compare(store, selection))
    if name != "runs.json":  # which is for whoever wants to resume a run
        before["problems"] = (notice(f"runs/{pack.name}/{name}", "damaged: its checksum is wrong"),)
    for fact, value in before.items():
        assert after[fact] == value, fact
    with pytest.raises(RundiffError, match=name):
        unpack_store(store, quiet)


def notice(location: str, reason: str) -> Problem:
    message = f"{reason}; the tables of its pack are read instead"
    return Problem(location=location, line=None, severity="notice", message=message)


def test_the_document_of_another_run_is_not_taken_for_that_of_a_chosen_one(store: Path) -> None:
    selection = SelectionOptions(where="params.lr = 0.2")
    before = facts(compare(store, selection))
    pack_store(store, quiet)
    (pack,) = store.glob("packed-*")
    table = pq.read_table(pack / "documents-0000.parquet")
    sink = pa.BufferOutputStream()
    pq.write_table(table.take(list(reversed(range(6)))), sink, use_dictionary=False)
    forge(store, "documents-0000.parquet", sink.getvalue().to_pybytes())
    after = facts(compare(store, selection))
    (other,) = compare(store, SelectionOptions(where="params.lr = 0.3")).runs
    reason = "not the document of this run"
    before["problems"] = (notice(f"{other.location}/run.json", reason),)
    for fact, value in before.items():
        assert after[fact] == value, fact


def test_two_packs_with_runs_of_one_id_are_settled_as_folders_are(tmp_path: Path) -> None:
    store, other = tmp_path / "runs", tmp_path / "other"
    for number in range(3):
        log(store, number)
    shutil.copytree(store, other)
    pack_store(other, quiet)
    changed = next(store.rglob("run.json")).parent
    run_id = changed.name
    shutil.rmtree(changed)
    pack_store(store, quiet)
    for pack in other.glob("packed-*"):
        shutil.copytree(pack, store / pack.name)
    merged = merge_batches(load_sources([str(store)], ReadOptions()))
    assert len(merged.tables.run_ids) == 3
    assert run_id in merged.tables.run_ids
    assert ["is also in" in problem.message for problem in merged.problems] == [True, True]


@pytest.fixture
def packs(store: Path) -> tuple[Path, Path]:
    """Two packs, of the runs 0 to 5 and of 6 and 7."""
    pack_store(store, quiet)
    (first,) = store.glob("packed-*")
    log(store, 6)
    log(store, 7)
    pack_store(store, quiet)
    (second,) = {*store.glob("packed-*")} - {first}
    return first, second


def breaking_pages(data: bytes) -> bytes:
    """Return a file whose pages do not unpack; its footer is as it was."""
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return (
        data[:4] + data[4:footer].replace(b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfe") + data[footer:]
    )


@pytest.mark.parametrize("name", ["run", "param", "metric_summary"])
def test_of_packs_that_are_read_together_the_broken_one_is_told(
    store: Path, packs: tuple[Path, Path], name: str
) -> None:
    path = packs[1] / f"{name}.parquet"
    forge(store, path.name, breaking_pages(path.read_bytes()), packs[1])
    selection = SelectionOptions(where="params.lr >= 0 and metrics.loss >= 0")
    found = compare(store, selection)
    assert [run.name for run in found.runs] == [f"run {number}" for number in range(6)]
    (problem,) = found.problems
    assert problem.location.endswith(path.name)
    assert "cannot be decoded" in problem.message


def change_runs(pack: Path, name: str, cell: str) -> bytes:
    """Return the table of runs with the same text for all in a column."""
    table = pq.read_table(pack / "run.parquet")
    at = table.column_names.index(name)
    table = table.set_column(at, table.schema.field(at), pa.array([cell] * table.num_rows))
    sink = pa.BufferOutputStream()
    plain = ["run_id", "name"]
    shared = [each for each in table.column_names if each not in plain]
    pq.write_table(table, sink, use_dictionary=shared)
    data: bytes = sink.getvalue().to_pybytes()
    return data


@pytest.mark.parametrize(("name", "cell"), [("run_id", "../x"), ("location", "..")])
def test_runs_whose_folders_are_none_are_refused_and_those_of_another_pack_are_not(
    store: Path, packs: tuple[Path, Path], name: str, cell: str
) -> None:
    forge(store, "run.parquet", change_runs(packs[1], name, cell), packs[1])
    found = compare(store, SelectionOptions(where="params.lr >= 0"))
    assert [run.name for run in found.runs] == [f"run {number}" for number in range(6)]
    assert ["does not hold" in problem.message for problem in found.problems] == [True]


def test_a_text_that_runs_share_is_not_written_out_without_bound(
    store: Path, packs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of some kB would be as many GB: a note of 1 MB, the same for each of 10,000 runs."""
    forge(store, "run.parquet", change_runs(packs[0], "note", "x" * 200_000), packs[0])
    selection = SelectionOptions(where="params.lr >= 0")
    assert len(compare(store, selection).runs) == 8
    monkeypatch.setattr(pack_checks, "MOST_BYTES", 1_000_000)
    found = compare(store, selection)
    assert [run.name for run in found.runs] == ["run 6", "run 7"]
    assert ["MiB of text" in problem.message for problem in found.problems] == [True]


def test_a_broken_history_takes_none_of_other_packs_with_it(
    store: Path, packs: tuple[Path, Path]
) -> None:
    path = packs[0] / "points-0000.parquet"
    forge(store, path.name, breaking_pages(path.read_bytes()), packs[0])
    found = compare(store, SelectionOptions(where="params.lr >= 0"))
    assert len(found.runs) == 8
    assert [each.run_id for each in found.series["loss"]] == [run.run_id for run in found.runs[6:]]
    (problem,) = found.problems
    assert problem.location.endswith(path.name)
    assert "no history" in problem.message


def test_histories_of_several_packs_are_those_of_before(store: Path, tmp_path: Path) -> None:
    log(store, 6)
    log(store, 7)
    selection = SelectionOptions(where="params.lr >= 0.3", order_by=("metrics.loss DESC",), limit=4)
    before = facts(compare(store, selection))
    log(tmp_path / "other" / "runs", 0)
    for number in (6, 7):
        (run,) = (path for path in store.glob("*/*") if f'"run {number}"' in read(path))
        shutil.move(run, tmp_path / "other" / "runs" / run.parent.name / run.name)
    pack_store(store, quiet)
    for path in (tmp_path / "other" / "runs").glob("*/*"):
        if '"run 0"' not in read(path):
            shutil.move(path, store / path.parent.name / path.name)
    pack_store(store, quiet)
    assert len([*store.glob("packed-*")]) == 2
    after = facts(compare(store, selection))
    for name, value in before.items():
        assert after[name] == value, name


def read(folder: Path) -> str:
    return (folder / "run.json").read_text(encoding="utf-8")


def forge(store: Path, name: str, data: bytes, pack: Path | None = None, **said: object) -> None:
    """Put other bytes in a pack, with digests that say they are right, and what else is said."""
    pack = pack or next(store.glob("packed-*"))
    (pack / name).write_bytes(data)
    manifest = json.loads((pack / MANIFEST).read_bytes())
    manifest["files"][name] = hashlib.sha256(data).hexdigest()
    content = json.dumps(manifest | said).encode()
    (pack / MANIFEST).write_bytes(content)
    pack.rename(store / folder_name(content))


@pytest.mark.parametrize("name", ["param", "dataset", "metric_summary"])
def test_a_forged_table_is_a_listed_problem_whenever_it_is_read(store: Path, name: str) -> None:
    pack_store(store, quiet)
    log(store, 7)
    forge(store, f"{name}.parquet", b"PAR1 not a table PAR1")
    found = compare(store, SelectionOptions(where="params.lr > 0"))
    assert [run.name for run in found.runs] == ["run 7"]
    assert [f"{name}.parquet" in problem.location for problem in found.problems] == [True]


def test_rows_of_runs_that_a_pack_does_not_hold_are_a_listed_problem(store: Path) -> None:
    pack_store(store, quiet)
    log(store, 7)
    (pack,) = store.glob("packed-*")
    table = pq.read_table(pack / "param.parquet")
    runs = pa.array([number + 1 for number in table.column("run").to_pylist()], pa.int32())
    sink = pa.BufferOutputStream()
    pq.write_table(table.set_column(0, table.schema.field("run"), runs), sink)
    forge(store, "param.parquet", sink.getvalue().to_pybytes())
    found = compare(store, SelectionOptions(where="params.lr > 0"))
    assert [run.name for run in found.runs] == ["run 7"]
    assert ["does not hold" in problem.message for problem in found.problems] == [True]


def changed(file: Path, **cells: Any) -> bytes:
    """Return the file of a pack with the same cell in all rows of some columns."""
    table = pq.read_table(file)
    for name, cell in cells.items():
        at = table.column_names.index(name)
        field = table.schema.field(at)
        table = table.set_column(at, field, pa.array([cell] * table.num_rows, field.type))
    return encoded(file.stem, table)


def encoded(name: str, table: pa.Table) -> bytes:
    """Return a table as a pack holds it."""
    shared = [] if name.startswith("documents") else ["key", "step", "run"]
    if name in packed.TABLES:
        schema = packed.packed_schema(name)
        own = [each.name for each in schema if pa.types.is_string(each.type)]
        shared = [each for each in table.column_names if each not in (*own, "run", "row")]
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, use_dictionary=shared, write_statistics=["key"])
    data: bytes = sink.getvalue().to_pybytes()
    return data


def repeated(path: Path, times: int) -> bytes:
    """Return the file of a pack with all its rows several times."""
    return encoded(path.stem, pa.concat_tables([pq.read_table(path)] * times))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("param", {"key": None}),
        ("param", {"value": None}),
        ("param", {"type": "complex"}),
        ("problem", {"severity": "fatal"}),
        ("metric_summary", {"run": None}),
        ("artifact", {"path": None}),
        ("dataset", {"extra": "none"}),
    ],
)
def test_rows_that_no_run_has_are_a_listed_problem(
    store: Path, packs: tuple[Path, Path], name: str, cells: dict[str, Any]
) -> None:
    path = packs[0] / f"{name}.parquet"
    if name == "problem":
        row = {"location": "x", "line": None, "severity": "error", "message": "m"}
        data = encoded(name, pa.Table.from_pylist([row | cells], pq.read_schema(path)))
    else:
        data = changed(path, **cells)
    forge(store, path.name, data, packs[0])
    found = compare(store, SelectionOptions())
    assert [run.name for run in found.runs] == ["run 6", "run 7"]
    (problem,) = found.problems
    assert problem.location.endswith(path.name)


@pytest.mark.parametrize("cells", [{"key": None}, {"run": 9}])
def test_points_that_no_run_has_cost_the_histories_in_their_file(
    store: Path, packs: tuple[Path, Path], cells: dict[str, Any]
) -> None:
    path = packs[0] / "points-0000.parquet"
    forge(store, path.name, changed(path, **cells), packs[0])
    found = compare(store, SelectionOptions())
    assert len(found.runs) == 8
    assert [each.run_id for each in found.series["loss"]] == [run.run_id for run in found.runs[6:]]
    assert ["no history" in problem.message for problem in found.problems] == [True]
    with pytest.raises(RecordError):
        unpack_store(store, quiet)


def test_a_run_without_a_document_is_taken_from_the_tables(
    store: Path, packs: tuple[Path, Path]
) -> None:
    path = packs[0] / "documents-0000.parquet"
    forge(store, path.name, changed(path, document=None), packs[0])
    found = compare(store, SelectionOptions(where="params.lr >= 0"))
    assert len(found.runs) == 8
    assert ["are read instead" in problem.message for problem in found.problems] == [True]


@pytest.mark.parametrize("runs", [10_001, -1, 6.0, "6", True, None])
def test_a_manifest_that_counts_what_no_pack_holds_is_refused(
    store: Path, packs: tuple[Path, Path], runs: object
) -> None:
    forge(store, "runs.json", b"[]", packs[0], runs=runs)
    found = compare(store, SelectionOptions())
    assert [run.name for run in found.runs] == ["run 6", "run 7"]
    assert ["not a manifest" in problem.message for problem in found.problems] == [True]


@pytest.mark.parametrize("where", ["", "params.lr >= 0"])
def test_of_packs_that_are_too_much_together_the_smallest_are_read(
    store: Path, packs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    log(store, 8)
    whole = {path: path.read_bytes() for path in packs[0].glob("*.parquet")}
    forge(store, "param.parquet", repeated(packs[0] / "param.parquet", 100), packs[0])
    monkeypatch.setattr(packed_tables, "MOST_OF_RUNS", sum(map(len, whole.values())) * 2)
    found = compare(store, SelectionOptions(where=where))
    assert [run.name for run in found.runs] == ["run 6", "run 7", "run 8"]
    (problem,) = found.problems
    assert "MiB when decoded" in problem.message
    assert "packed-" in problem.location


def test_of_histories_that_are_too_much_together_the_smallest_are_read(
    store: Path, packs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packs[0] / "points-0000.parquet"
    forge(store, path.name, repeated(path, 100), packs[0])
    monkeypatch.setattr(packed_runs, "MOST_OF_POINTS", 10_000)
    found = compare(store, SelectionOptions())
    assert len(found.runs) == 8
    assert [each.run_id for each in found.series["loss"]] == [run.run_id for run in found.runs[6:]]
    (problem,) = found.problems
    assert problem.location.endswith(path.name)
    assert problem.message.endswith("choose fewer runs: no history")


def test_documents_that_are_too_much_together_are_done_without(
    store: Path, packs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert packs
    monkeypatch.setattr(packed_runs, "MOST_OF_RUNS", 1_000)
    found = compare(store, SelectionOptions(where="params.lr >= 0"))
    assert len(found.runs) == 8
    assert ["are read instead" in problem.message for problem in found.problems] == [True]
