"""What a terminal and a build log get: the comparison, and nothing that either would obey."""

import itertools
import re
from collections.abc import Mapping

import pytest
from rundiff.comparison import Comparison, Listing, Problem, SourceRead
from rundiff.gates.file import parse_gates
from rundiff.render.annotations import render_annotations
from rundiff.render.terminal import plain_line, render_diff
from rundiff.render.terminal_list import render_list
from rundiff.stats.judge import judge

from tests.factories import Recorded, make_comparison
from tests.plain import plain_comparison

ANSI = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = (
    "::error::x", "  ::set-output name=a::b", "##[error]x", "##vso[task.setvariable]x",
    "##teamcity[buildStatus]", "a\n::error::x", "\r::error::x", "\x1b[31mred", "\x1b]8;;http://x\x07",
    "\x9b31m", "\x07", "\u202eabc", "\u2028::error::", "a\x00b", "[bold]x[/bold]", "::", " ::",
)  # fmt: skip


def obeyed(line: str) -> bool:
    """Return whether GitHub's runner (a port of its ActionCommand), Azure or TeamCity would act."""
    stripped = line.lstrip()
    return stripped.startswith("::") or re.search(r"##\w*\[", line) is not None


def hostile(text: str) -> Comparison:
    runs: Mapping[str, Mapping[str, Mapping[str, object]]] = {
        text: {"params": {text: "x", "p": text}, "metrics": {text: 1.0}},
        f"{text}2": {"params": {text: text}, "metrics": {text: 2.0}},
    }
    problem = Problem(location=text, line=None, severity="error", message=text)
    bare = Problem(location="", line=None, severity="error", message=text)
    return judge(plain_comparison(runs, problems=[problem, bare]))


def listing_of(comparison: Comparison, text: str) -> Listing:
    source = SourceRead(kind=text, title=text, version=text, location=text, runs=2, metrics=2,
                        points=None, problems=2)  # fmt: skip
    return Listing(sources=(source,), runs=comparison.runs, left_out=(text,),
                   problems=comparison.problems)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("is_terminal", [False, True])
def test_no_record_commands_a_terminal_or_a_build(text: str, is_terminal: bool) -> None:
    comparison = hostile(text)
    for output in (
        render_diff(comparison, is_terminal=is_terminal, width=60, all_rows=True),
        render_list(listing_of(comparison, text), is_terminal=is_terminal, width=60),
        plain_line(text) + "\n",
    ):
        bare = ANSI.sub("", output) if is_terminal else output
        assert not [line for line in bare.splitlines() if obeyed(line)]
        assert not set(bare) & {*map(chr, range(0x0A)), *map(chr, range(0x0B, 0x20)), "\x7f"}
        assert not re.search("[\x80-\x9f\u2028\u202e]", bare)
        if not is_terminal:
            assert "\x1b" not in output


def test_every_short_line_is_harmless() -> None:
    for length in range(1, 6):
        for combined in itertools.product(":#[ \na", repeat=length):
            line = plain_line("".join(combined))
            assert "\n" not in line
            assert not obeyed(line)


def test_the_comparison_reads_well() -> None:
    comparison = make_comparison(
        Recorded(name="wide", params={"lr": 0.01, "layers": 2}, metrics={"accuracy": 0.912}),
        Recorded(name="narrow", params={"lr": 0.02, "layers": 2}, metrics={"accuracy": 0.897}),
    )
    lines = render_diff(comparison).splitlines()
    assert lines[:3] == [
        "No run beats the baseline on accuracy; narrow comes closest (−0.015).",
        "2 runs compared: 1 parameter differs; 1 metric moved.",
        "1 run against the baseline 'wide'",
    ]
    assert "Parameters: 1 of 2 differ" in lines
    assert "≠  lr   0.01  0.02" in lines
    told = "(* the best here; verdicts by tolerance, without statistics)"
    assert f"Metrics: 1 of 1 differ {told}" in lines
    assert "≠  accuracy  0.912*  0.897 (−0.015 −1.6 % worse)" in lines
    assert not [line for line in lines if "layers" in line]
    assert "layers" in render_diff(comparison, all_rows=True)


def repeated(name: str, *accuracies: float, **params: object) -> list[Recorded]:
    return [
        Recorded(name=f"{name}-s{seed}", params={**params, "seed": seed},
                 metrics={"accuracy": accuracy, "latency_ms": 10.0 + seed})
        for seed, accuracy in enumerate(accuracies)
    ]  # fmt: skip


def test_replicates_stand_with_their_mean_beside_the_verdict_on_it() -> None:
    comparison = make_comparison(
        *repeated("narrow", 0.80, 0.81, 0.82, width=32),
        *repeated("wide", 0.90, 0.91, 0.95, width=128),
        columns=2,
    )
    text = render_diff(comparison)
    assert "narrow (3 runs)  wide (3 runs)" in text
    assert "≠  width  32               128\n" in text
    assert "≠  seed   varies           varies\n" in text
    assert "0.810            0.920* (+0.110 +14 % better)" in text
    assert "0.95" not in text.replace("95 %", "")  # the run that came out best


def test_the_table_counts_what_the_headline_counts() -> None:
    """Seeds that differ between runs, though the recipes have the same ones."""
    runs = [*repeated("narrow", 0.80, 0.81, width=32), *repeated("wide", 0.90, 0.91, width=128)]
    text = render_diff(make_comparison(*runs))
    assert "4 runs compared: 2 parameters differ" in text
    assert "Parameters: 2 of 2 differ" in text
    assert "≠  seed   0, 1             0, 1\n" in text


def test_a_narrow_terminal_shows_every_run_below_the_others() -> None:
    names = [f"recipe-number-{place}" for place in range(7)]
    comparison = make_comparison(
        *(Recorded(name=name, params={"width": place}, metrics={"accuracy": 0.9 + place / 100})
          for place, name in enumerate(names))
    )  # fmt: skip
    for width in (50, 80, 120):
        text = ANSI.sub("", render_diff(comparison, is_terminal=True, width=width))
        assert max(map(len, text.splitlines())) <= width
        params = text.split("Parameters")[1].split("Metrics")[0]
        heads = [line.split()[1:] for line in params.splitlines() if " key " in line]
        assert [name for head in heads for name in head] == names
        assert params.count("width") == len(heads) > 1


def test_a_narrow_terminal_breaks_no_word_that_it_need_not() -> None:
    comparison = make_comparison(
        *repeated("narrow", 0.80, 0.81, 0.82, width=32),
        *repeated("wide", 0.90, 0.91, 0.95, width=128),
        *repeated("other", 0.70, 0.71, 0.75, width=32, a_param_with_a_long_name_of_its_own=2),
    )
    text = ANSI.sub("", render_diff(comparison, is_terminal=True, width=70))
    head = text.split("Change by change")[1].splitlines()[1]
    assert head.split()[-2:] == ["accuracy", "latency_ms"]


def test_a_narrow_terminal_lists_the_beginnings_of_ids() -> None:
    ids = [f"06h0e2l{end}taotumhbk73crjabhk" for end in ("qq", "vz", "vk")]
    comparison = make_comparison(
        *(Recorded(run_id=run_id, name=f"a-run-with-a-name-{place}", run={"location": run_id})
          for place, run_id in enumerate(ids))
    )  # fmt: skip
    listing = Listing(sources=(), runs=comparison.runs, left_out=(), problems=())
    lines = ANSI.sub("", render_list(listing, is_terminal=True, width=80)).splitlines()
    assert "shortened" in lines[0]
    assert [line.split()[1] for line in lines[2:]] == [run_id[:9] for run_id in ids]
    for text in (render_list(listing), render_list(listing, is_terminal=True, width=200)):
        assert all(run_id in text for run_id in ids)
        assert "shortened" not in text


def test_the_list_says_what_was_found_where() -> None:
    comparison = make_comparison(Recorded(name="wide"), Recorded(name="narrow"))
    sources = (
        SourceRead(kind="wandb", title="Weights & Biases", version="0.15.3", location="wandb",
                   runs=1, metrics=3, points=2_595, problems=1),
        SourceRead(kind="mlflow-sqlite", title="MLflow database", version="", location="mlflow.db",
                   runs=1, metrics=20, points=None, problems=0),
    )  # fmt: skip
    problems = (
        Problem(location="a.wandb", line=None, severity="notice", message="media: 2; left out"),
        Problem(location="run.json", line=3, severity="error", message="not JSON"),
    )
    text = render_list(
        Listing(sources=sources, runs=comparison.runs, left_out=(), problems=problems)
    )
    listed, runs, bad = text.split("\n\n")
    assert [re.split(r" {2,}", line) for line in listed.splitlines()] == [
        ["2 sources"],
        ["", "kind", "version", "runs", "metrics", "points", "problems", "location"],
        ["·", "Weights & Biases", "0.15.3", "1", "3", "2,595", "1", "wandb"],
        ["·", "MLflow database", "1", "20", "not counted", "mlflow.db"],
    ]
    assert "source" not in runs  # as all come from one
    assert bad.splitlines() == ["1 problem, 1 notice", "! run.json:3: not JSON",
                                "· a.wandb: media: 2; left out"]  # fmt: skip


def test_of_notices_alike_one_stands_for_all() -> None:
    problems = tuple(
        Problem(location=f"run{place}", line=None, severity=severity, message=message)
        for place, (severity, message) in enumerate(
            [("notice", "media: 2; left out, e.g. 'a'"), ("error", "torn: 5"), ("notice", "empty"),
             ("notice", "media: 1,300; left out, e.g. 'b'"), ("error", "torn: 6")]
        )
    )  # fmt: skip
    text = render_list(Listing(sources=(), runs=(), left_out=(), problems=problems))
    assert text.splitlines() == [
        "2 problems, 3 notices", "! run1: torn: 5", "! run4: torn: 6",
        "· run0: media: 2; left out, e.g. 'a' (and 1 notice like it)", "· run2: empty",
    ]  # fmt: skip


def test_long_values_are_shortened_but_told_apart() -> None:
    same = "x" * 80
    comparison = make_comparison(
        Recorded(name="a", params={"p": f"{same}1{same}"}),
        Recorded(name="b", params={"p": f"{same}2{same}"}),
    )
    line = next(line for line in render_diff(comparison).splitlines() if line.startswith("≠"))
    _, _, first, second = re.split(r" {2,}", line)
    assert first != second
    assert max(len(first), len(second)) <= 60


def test_annotations_are_escaped_as_the_runner_wants() -> None:
    gates = parse_gates('version = 1\n[metrics."a:b,c%"]\nmust = "better"\n', name="g")
    comparison = make_comparison(
        Recorded(name="old", metrics={"a:b,c%": 1.0}),
        Recorded(name="new\n::error::x", metrics={"a:b,c%": 1.0}),
        gates=gates,
    )
    text = render_annotations(comparison)
    assert text.count("\n") == 1
    assert text.startswith('::error title=a%3Ab%2Cc%25%3A must = "better"::new↵::error::x: One')
