"""What goes wrong is said in one clear message, and whatever else could be read is reported."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from rundiff.cli import main

RUNS: list[dict[str, object]] = [
    {"run_id": "aaaa1111", "name": "base", "params": {"lr": "0.1"}, "metrics": {"acc": 0.8}},
    {"run_id": "bbbb2222", "name": "wide", "params": {"lr": "0.2"}, "metrics": {"acc": 0.9}},
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("runs/good.json", json.dumps({"runs": RUNS}))


def write(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fails(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 1) -> str:
    """Return what is said on stderr by a command that fails."""
    assert main(argv) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "mistake in rundiff" not in said.err
    assert said.out == ""
    return said.err


Capture = pytest.CaptureFixture[str]


def test_a_path_that_is_not_there(capsys: Capture) -> None:
    said = fails(capsys, "diff", "rnus")
    assert said == (
        "rundiff: cannot read 'rnus': No such file or directory; did you mean 'runs'?\n"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "cannot read '': a path is empty; is a variable not set?"),
        ("-", "cannot read '-': a pipe is not read; write it to a file first"),
        ("/dev/fd/63", "cannot read '/dev/fd/63': a pipe is not read"),
        (
            "s3://bucket/runs",
            "cannot read 's3://bucket/runs': no runs are read from such an address",
        ),
    ],
)
def test_what_is_no_path(capsys: Capture, source: str, message: str) -> None:
    assert fails(capsys, "diff", "--", source).startswith(f"rundiff: {message}")


def test_a_folder_without_runs_says_what_is_there_and_what_was_looked_for(capsys: Capture) -> None:
    write("empty/notes.txt", "hello")
    said = fails(capsys, "diff", "empty")
    assert said.startswith("rundiff: no runs found in 'empty': there is notes.txt\nlooked for: ")
    assert "run_id, params, metrics" in said


def test_an_empty_folder(capsys: Capture) -> None:
    Path("empty").mkdir()
    assert "no runs found in 'empty': the folder is empty" in fails(capsys, "diff", "empty")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bad.json", b'{"run_id": "x", "params": {', "bad.json:1: not JSON"),
        ("bad.json", b"", "bad.json: empty file"),
        ("bad.json", b'{"run_id": "\xff"}', "bad.json:1: not UTF-8"),
        ("bad.json", b"[1, 2]", "bad.json: not a run"),
        ("bad.json", b'{"runs": 3}', "bad.json: not a run"),
        ("bad.json", b"[]", "bad.json: holds no runs"),
    ],
)
def test_an_unreadable_record(capsys: Capture, name: str, content: bytes, message: str) -> None:
    write(name, content)
    assert message in fails(capsys, "diff", name)
    assert main(["diff", "runs", name]) == 0
    said = capsys.readouterr()
    assert "wide" in said.out
    assert message in said.err
    assert main(["diff", "--strict", "runs", name]) == 1


def test_a_truncated_file_beside_good_ones_is_listed(capsys: Capture) -> None:
    write("runs/broken.json", b'{"run_id": "x", "params": {"a": "1"}, "metrics": {')
    assert main(["list", "runs"]) == 0
    said = capsys.readouterr()
    assert "broken.json:1: not JSON" in said.out + said.err


def test_one_id_with_equal_content_is_one_run(capsys: Capture) -> None:
    write("copy/good.json", json.dumps({"runs": RUNS}))
    assert main(["diff", "runs", "copy"]) == 0
    said = capsys.readouterr()
    assert "1 run against the baseline 'base'" in said.out
    assert said.err == ""


def test_one_id_with_other_content_is_two_runs(capsys: Capture) -> None:
    changed = [RUNS[0], {**RUNS[1], "metrics": {"acc": 0.99}}]
    write("other/good.json", json.dumps({"runs": changed}))
    assert main(["list", "runs", "other"]) == 0
    said = capsys.readouterr()
    assert "bbbb2222~2" in said.out
    assert "aaaa1111~2" not in said.out
    assert "run id 'bbbb2222' is also that of a different run" in said.out + said.err
    assert main(["diff", "runs", "other", "--strict"]) == 1


@pytest.mark.parametrize(
    ("option", "wanted", "message"),
    [
        ("--run", "wid", "no run named 'wid'; did you mean 'wide'?"),
        ("--baseline", "bas", "no run named 'bas'; did you mean 'base'?"),
        ("--baseline", "no.json", "there is no such file either"),
        ("--experiment", "x", "no experiment named 'x'"),
        ("--where", "metrics.ac > 0", "no metric named 'ac'; did you mean 'acc'?"),
        ("--where", "params.momentum = '1'", "no param named 'momentum'; known: 'lr'"),
        ("--where", "metrics.acc > 5", "no run matches 'metrics.acc > 5'; 2 runs were read"),
        ("--order-by", "metrics.ac", "no metric named 'ac'; did you mean 'acc'?"),
        ("--goal", "ac=max", "no metric named 'ac'; did you mean 'acc'?"),
        ("--tolerance", "ac=1%", "no metric named 'ac'; did you mean 'acc'?"),
    ],
)
def test_what_is_asked_for_and_not_there(
    capsys: Capture, option: str, wanted: str, message: str
) -> None:
    assert message in fails(capsys, "diff", "runs", option, wanted)


def test_a_wrong_filter_shows_the_place(capsys: Capture) -> None:
    said = fails(capsys, "diff", "runs", "--where", "metrics.acc >> 0.5")
    assert said == (
        "rundiff: expected a number or a text in quotes, found '>' at position 14\n"
        "  metrics.acc >> 0.5\n"
        "               ^\n"
    )


def test_beginnings_of_ids(capsys: Capture) -> None:
    write("twins.json", json.dumps([{**RUNS[0], "run_id": f"cccc{n}"} for n in range(2)]))
    assert "2 run ids start with 'cccc'" in fails(capsys, "diff", "twins.json", "--run", "cccc")
    assert main(["diff", "runs", "--run", "bbbb"]) == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["diff"], "rundiff diff: the following arguments are required: SOURCE"),
        (["compare", "runs"], "rundiff: argument COMMAND: invalid choice: 'compare'"),
        (["diff", "runs", "--limit", "0"], "argument --limit: '0' is not a number from 1 on"),
        (["diff", "runs", "--columns", "x"], "argument --columns: 'x' is not a number from 1 on"),
        (["diff", "runs", "--goal", "acc"], "'acc' is not of the form METRIC=min or METRIC=max"),
        (["report", "runs", "--zzz"], "rundiff report: no option '--zzz'\n"),
        (["report", "runs", "--basline=x"], "'--basline'; did you mean '--baseline'?"),
        (["baseline", "set", "runs", "--gate", "x", "--tolerence", "y"], "mean '--tolerance'?"),
        (["pack", "runs", "others"], "rundiff pack: nothing is expected at 'others'"),
        (["verify"], "rundiff verify: one of the arguments FILE --hashes is required"),
    ],
)
def test_wrong_usage_is_said_in_a_line_and_where_help_is(
    capsys: Capture, argv: list[str], message: str
) -> None:
    said = fails(capsys, *argv, code=2)
    assert message in said
    assert said.count("\n") == 2
    assert "--help` says what can be given" in said


def test_a_comparison_in_a_terminal_says_its_problems_once(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("runs/broken.json", '{"run_id": "x", "metrics": {"acc"')
    assert main(["diff", "runs"]) == 0
    assert "broken.json" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["diff", "runs"]) == 0
    said = capsys.readouterr()
    assert "broken.json" in said.out
    assert not said.err


def test_without_a_command_its_help_is_shown(capsys: Capture) -> None:
    assert "usage: rundiff" in fails(capsys, code=2)


def test_an_output_of_somebody_else_is_not_overwritten(capsys: Capture) -> None:
    path = write("report.html", "<html>mine</html>")
    said = fails(capsys, "report", "runs", "-o", "report.html")
    assert "report.html: was not written by rundiff; give --force" in said
    assert path.read_text() == "<html>mine</html>"
    assert main(["report", "runs", "-o", "report.html", "--force"]) == 0
    assert capsys.readouterr().out == "report.html\n"
    assert main(["report", "runs", "-o", "report.html"]) == 0


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("report.docx", "report.docx"),
        ("nowhere/report.html", "nowhere/report.html: its folder does not exist"),
        ("runs", "runs"),
    ],
)
def test_an_output_that_cannot_be_written(capsys: Capture, output: str, message: str) -> None:
    assert message in fails(capsys, "report", "runs", "-o", output)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(capsys: Capture) -> None:
    folder = Path("locked")
    folder.mkdir(mode=0o500)
    assert "locked/report.html" in fails(capsys, "report", "runs", "-o", "locked/report.html")


def test_every_output_is_written_and_named(capsys: Capture) -> None:
    names = ["a.html", "b.md", "c.json", "d.csv", "e.parquet", "f.tex"]
    argv = [word for name in names for word in ("-o", name)]
    assert main(["report", "runs", *argv]) == 0
    assert capsys.readouterr().out.split() == names
    assert all(Path(name).stat().st_size > 100 for name in names)


def test_the_report_is_called_report_html(capsys: Capture) -> None:
    assert main(["report", "runs"]) == 0
    assert capsys.readouterr().out == "report.html\n"


def test_a_mistake_of_our_own_is_owned(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    import rundiff.assembly.build

    def fail(*_: object) -> None:
        raise ZeroDivisionError("by \x1b[31mzero")

    monkeypatch.setattr(rundiff.assembly.build, "build_comparison", fail)
    assert main(["diff", "runs"]) == 1
    said = capsys.readouterr().err
    assert "a mistake in rundiff, not in your runs: ZeroDivisionError" in said
    assert "\x1b" not in said
    with pytest.raises(ZeroDivisionError):
        main(["diff", "runs", "--traceback"])


def test_sources_are_listed(capsys: Capture) -> None:
    assert main(["sources"]) == 0
    said = capsys.readouterr().out
    assert "rundiff store" in said
    assert "mlruns/" in said


def test_deleted_runs_are_left_out_and_counted(capsys: Capture) -> None:
    gone = {**RUNS[0], "run_id": "gone", "name": "gone", "info": {"lifecycle_stage": "deleted"}}
    write("deleted.json", json.dumps([*RUNS, gone]))
    assert main(["list", "deleted.json"]) == 0
    assert "gone" not in capsys.readouterr().out
    assert main(["list", "--deleted", "deleted.json"]) == 0
    assert "gone" in capsys.readouterr().out
    assert main(["report", "deleted.json", "-o", "x.json"]) == 0
    assert "1 run is left out: deleted" in Path("x.json").read_text()
    write("all.json", json.dumps([gone]))
    capsys.readouterr()
    assert "--deleted" in fails(capsys, "diff", "all.json")


def test_the_command_names_no_place(tmp_path: Path) -> None:
    argv = ["report", str(tmp_path / "runs"), "--where", "metrics.acc > 0", "-o", "x.json"]
    assert main(argv) == 0
    text = Path("x.json").read_text()
    assert str(tmp_path) not in text
    assert "rundiff report runs --where 'metrics.acc > 0'" in text
