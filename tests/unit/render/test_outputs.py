"""Outputs: exact, safe to open, whole or not at all, and never over a stranger's file."""

import csv
import io
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.comparison import RELATION_COLUMNS, Comparison
from rundiff.errors import OutputError
from rundiff.gates.file import parse_gates
from rundiff.render.files import write_file
from rundiff.render.latex import render_latex
from rundiff.render.outputs import WRITERS, OutputOptions, check_outputs, write_output
from rundiff.render.relation import guarded, render_parquet, unguarded

from tests.factories import Recorded, make_comparison

HOSTILE = (
    "=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "'=1", "'", "''=x", "a\nb", 'say "x"',
    "%s", "<b>&", "\x1b[31m", "::error::x", "$\\input{x}$", "]]>", "\u202eabc", "", "null", "–",
)  # fmt: skip
TEXT_SUFFIXES = (".md", ".json", ".csv", ".tex", ".xml", ".txt")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    gates = parse_gates('version = 1\n[metrics.accuracy]\nmust = "better"\n', name="gates.toml")
    return make_comparison(
        Recorded(
            name="old",
            params={f"p{i}": text for i, text in enumerate(HOSTILE)},
            metrics={"accuracy": 0.9, "loss": [3.0, 2.0, 1.0], "nan": math.nan, "big": 1e300},
        ),
        Recorded(
            name="=new|`x`",
            params={"p0": "other", **dict.fromkeys(HOSTILE[1:], "x")},
            metrics={"accuracy": 0.8, "loss": [3.0, 1.0, 0.5], "nan": math.inf, "tiny": 5e-324},
        ),
        gates=gates,
    )


@pytest.mark.parametrize("suffix", [*TEXT_SUFFIXES, ".parquet"])
def test_an_output_is_the_same_every_time_and_can_be_overwritten(
    suffix: str, comparison: Comparison, tmp_path: Path
) -> None:
    path = tmp_path / f"out{suffix}"
    write_output(comparison, path)
    first = path.read_bytes()
    write_output(comparison, path)
    assert path.read_bytes() == first
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", [*WRITERS])
def test_a_file_of_someone_else_is_left_alone(
    suffix: str, comparison: Comparison, tmp_path: Path
) -> None:
    path = tmp_path / f"mine{suffix}"
    path.write_text("my notes\n")
    with pytest.raises(OutputError, match="was not written by rundiff; give --force"):
        check_outputs([path], force=False)
    with pytest.raises(OutputError, match="was not written by rundiff"):
        write_output(comparison, path)
    assert path.read_text() == "my notes\n"
    write_output(comparison, path, options=OutputOptions(force=True))
    check_outputs([path], force=False)


def test_what_cannot_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    for name, message in (
        ("a.pdf", "no output format for '.pdf'; known suffixes: .html"),
        ("a", "has no suffix; known suffixes: .html"),
        ("none/a.html", "its folder does not exist"),
        ("folder.html", "is a folder"),
    ):
        with pytest.raises(OutputError, match=message):
            check_outputs([tmp_path / name], force=False)
    with pytest.raises(OutputError, match=r"an output is a file.*`rundiff diff` prints"):
        check_outputs([Path("-")], force=False)
    with pytest.raises(OutputError, match="given twice"):
        check_outputs([tmp_path / "a.md", tmp_path / "." / "a.md"], force=False)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.md"
    write_file(path, b"<!-- rundiff:old -->", force=False)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rundiff.render.files.os.fsync", fail)
    with pytest.raises(OutputError, match=r"report\.md: cannot be written: No space left"):
        write_file(path, b"<!-- rundiff:new -->", force=False)
    assert path.read_bytes() == b"<!-- rundiff:old -->"
    assert os.listdir(tmp_path) == ["report.md"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.md", tmp_path / "link.md"
    link.symlink_to(target)
    write_file(link, b"<!-- rundiff:x -->", force=False)
    assert link.is_symlink()
    assert target.read_bytes() == b"<!-- rundiff:x -->"


def test_csv_is_exact_and_computes_nothing(comparison: Comparison, tmp_path: Path) -> None:
    write_output(comparison, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == RELATION_COLUMNS
    for row, known in zip(rows, comparison.relation.to_pylist(), strict=True):
        for name in ("key", "run_name", "value"):
            assert unguarded(row[name]) == known[name]
        for name in ("number", "delta"):
            number = known[name]
            is_empty = number is None or not math.isfinite(number)
            assert row[name] == "" if is_empty else float(row[name]) == number
    cells = {cell for row in rows for cell in row.values()} - {"+1"}  # a number is no formula
    assert [c for c in cells if c.lstrip()[:1] in set("=+@") or c[:1] in ("\t", "\r")] == []


def test_parquet_is_the_same_from_however_many_pieces() -> None:
    """So much text that pages and a dictionary are full before the end."""
    comparison = make_comparison(
        *(Recorded(name=f"{n}", params={f"{i}": f"{n} {i} {'x' * 300}" for i in range(60)})
          for n in range(100))
    )  # fmt: skip
    relation = comparison.relation
    pieces = pa.concat_tables([relation.slice(0, 700), relation.slice(700)])
    assert pieces.column("value").num_chunks > relation.column("value").num_chunks
    assert render_parquet(replace(comparison, relation=pieces)) == render_parquet(comparison)


@given(st.text(alphabet="'=+-@ \t\r1a", max_size=6))
def test_the_guard_of_csv_can_be_taken_off(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_parquet_has_one_schema(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_output(comparison, path)
    table = pq.read_table(path, page_checksum_verification=True)
    assert tuple(table.schema.names) == RELATION_COLUMNS
    assert table.column("value").to_pylist() == comparison.relation.column("value").to_pylist()
    empty = make_comparison(Recorded(name="a"), Recorded(name="b"))
    write_output(empty, tmp_path / "b.parquet")
    assert pq.read_schema(tmp_path / "b.parquet").equals(table.schema)


def test_a_paper_gets_the_mean_of_replicates_and_not_the_best_of_them() -> None:
    accuracies = {"narrow": (0.80, 0.81, 0.82), "wide": (0.90, 0.91, 0.95)}
    runs = [
        Recorded(name=f"{name}-s{seed}", params={"width": len(name), "seed": seed},
                 metrics={"accuracy": value})
        for name, values in accuracies.items() for seed, value in enumerate(values)
    ]  # fmt: skip
    comparison = make_comparison(*runs, columns=2)
    text = render_latex(comparison).decode()
    assert r" & narrow (3 runs) & wide (3 runs) \\" in text
    assert r"accuracy & 0.810 $\pm$ 0.025 & \textbf{0.920} $\pm$ 0.066 \\" in text
    assert "seed" not in render_latex(make_comparison(*runs)).decode()
    assert "% means over runs, +- half of their 95 % interval" in text
    assert "0.95" not in text.replace("95 %", "")


def test_json_holds_every_number_exactly(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_output(comparison, path)
    document = json.loads(path.read_text(), parse_constant=lambda token: pytest.fail(str(token)))
    found = {(r["section"], r["key"], r["run_name"]): r for r in document["relation"]}
    assert found["metrics", "nan", "old"]["number"] == "NaN"
    assert found["metrics", "nan", "=new|`x`"]["number"] == "Infinity"
    assert found["metrics", "tiny", "=new|`x`"]["number"] == 5e-324
    assert found["metrics", "big", "old"]["value"] == "1e+300"
    assert found["params", "p9", "old"]["value"] == HOSTILE[9]
    assert document["gates"][0]["status"] == "failed"
    assert document["gates_passed"] is False
    verdicts = {verdict["key"]: verdict["kind"] for verdict in document["verdicts"]}
    assert verdicts["accuracy"] == "worse"


def test_json_keeps_to_its_published_schema(
    comparison: Comparison, tmp_path: Path, repository: Path
) -> None:
    schema = json.loads((repository / "docs" / "comparison.schema.json").read_text())
    path = tmp_path / "a.json"
    write_output(comparison, path)
    document = json.loads(path.read_text())
    assert document["schema_version"] == schema["properties"]["schema_version"]["const"]
    assert set(document) == set(schema["required"]) == set(schema["properties"])
    for name in ("relation", "verdicts", "gates", "runs"):
        described = schema["properties"][name]["items"]
        assert document[name]
        assert set(document[name][0]) == set(described["required"]) == set(described["properties"])


def test_junit_has_one_case_for_each_gate(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write_output(comparison, path)
    suite = ET.parse(path).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    case = suite.find(".//testcase")
    assert case is not None
    assert case.get("name") == 'accuracy: must = "better"'
    assert case.get("classname") == "=new|`x`"
    failure = case.find("failure")
    assert failure is not None
    assert "0.8 against 0.9" in str(failure.get("message"))


def test_openmetrics_ends_as_the_format_wants(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "metrics.txt"
    write_output(comparison, path)
    lines = path.read_text().splitlines()
    assert lines[-1] == "# EOF"
    assert 'rundiff_metric{metric="accuracy",run="old",run_id="old",role="baseline"} 0.9' in lines
    samples = [line for line in lines if not line.startswith("#")]
    assert all(line.startswith("rundiff_") for line in samples)
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)


def test_openmetrics_tells_candidates_from_runs_that_repeat_the_baseline(tmp_path: Path) -> None:
    runs = [
        Recorded(name=f"{lr}-{seed}", params={"lr": lr, "seed": seed}, metrics={"m": lr + seed})
        for lr in (1, 2)
        for seed in (0, 1)
    ]
    path = tmp_path / "metrics.txt"
    write_output(make_comparison(*runs), path)
    found = re.findall(r'run="([^"]+)".*role="([a-z]+)"', path.read_text())
    roles = ["baseline", "replicate", "candidate", "candidate"]
    assert found == list(zip(["1-0", "1-1", "2-0", "2-1"], roles, strict=True))
    assert re.findall(r'rundiff_delta{metric="m",run="([^"]+)"', path.read_text()) == ["2-0", "2-1"]


def test_latex_leaves_nothing_to_the_record(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "table.tex"
    write_output(comparison, path)
    text = path.read_text()
    assert r"\$\textbackslash{}input\{x\}\$" in text
    assert r"\textbf{0.9}" in text or r"\textbf{0.90}" in text
    body = text.split(r"\midrule", 1)[1].rsplit(r"\bottomrule", 1)[0]
    rows = [line for line in body.splitlines() if line and line != r"\midrule"]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {2}
    assert all(line.endswith(r" \\") for line in rows)
