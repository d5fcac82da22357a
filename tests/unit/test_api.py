"""``rundiff.compare`` for notebooks and scripts."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import plotly.graph_objects as go
import pytest
import rundiff
from rundiff.errors import KeyNotFoundError, RundiffError

from tests.conftest import RunCommand


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs.json"
    path.write_text(
        json.dumps(
            [
                {"run_id": "a", "name": "<b>base", "params": {"lr": 0.1},
                 "metrics": {"acc": 0.8, "loss": [3, 2, 1]}},
                {"run_id": "b", "name": "constructor", "params": {"lr": 0.2},
                 "metrics": {"acc": 0.9, "loss": [3, 1]}},
            ]
        )
    )  # fmt: skip
    return path


def test_it_writes_and_returns(runs: Path, tmp_path: Path) -> None:
    comparison = rundiff.compare(runs, baseline="b", where="metrics.acc > 0.5")
    assert comparison.baseline.run_id == "b"
    assert comparison.to_html(tmp_path / "x.html") == (tmp_path / "x.html").read_text()
    assert comparison.to_markdown().startswith("<!-- rundiff:")
    assert json.loads(comparison.to_json())
    assert comparison.to_arrow().num_rows == 6
    assert repr(comparison) == "<comparison '2 runs', baseline 'constructor'>"


def test_sources_may_come_as_a_list(runs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"run_id": "c", "metrics": {"acc": 0.7}}')
    for given in ([[runs, str(other)]], [(path for path in (runs, other))], [runs, [other]]):
        assert len(rundiff.compare(*given).runs) == 3


def test_of_two_sources_the_first_is_the_old_one(tmp_path: Path) -> None:
    """As in ``diff OLD NEW``, whatever their names and times say; of more the oldest run is."""
    for folder, day, name in (("main", 2, "b"), ("pull", 1, "a"), ("other", 3, "c")):
        (tmp_path / folder).mkdir()
        record = {"run_id": name, "start_time": day, "status": "FINISHED", "metrics": {"acc": day}}
        (tmp_path / folder / "runs.json").write_text(json.dumps(record))
    main, pull, other = (tmp_path / name / "runs.json" for name in ("main", "pull", "other"))
    assert rundiff.compare(main, pull).baseline.run_id == "b"
    assert rundiff.compare(pull, main).baseline.run_id == "a"
    assert rundiff.compare(main, pull, baseline="a").baseline.run_id == "a"
    assert rundiff.compare(other, main, pull).baseline.run_id == "a"
    assert [source.location for source in rundiff.compare(main, pull).sources] == [
        "main/runs.json",
        "pull/runs.json",
    ]
    assert [source.location for source in rundiff.compare(main).sources] == ["runs.json"]


@pytest.mark.parametrize("given", [{"run_id": "a"}, [{"run_id": "a"}], 3, None, b"runs"])
def test_what_is_no_source_is_said(given: object) -> None:
    with pytest.raises(RundiffError, match="a source is a path or a URI, not a"):
        rundiff.compare(given)  # type: ignore[arg-type]


def test_a_figure_shows_a_history_or_bars_and_escapes_names(runs: Path) -> None:
    comparison = rundiff.compare(runs)
    lines = comparison.figure("loss")
    assert isinstance(lines, go.Figure)
    assert [trace.name for trace in lines.data] == ["&lt;b&gt;base", "constructor"]
    assert [*lines.data[0].y] == [3.0, 2.0, 1.0]
    bars = comparison.figure("acc")
    assert [trace.y[0] for trace in bars.data] == [0.8, 0.9]
    with pytest.raises(KeyNotFoundError, match="did you mean 'loss'"):
        comparison.figure("los")


def test_in_a_notebook_it_shows_itself_in_a_frame(runs: Path) -> None:
    class Frames(HTMLParser):
        found: list[dict[str, str | None]]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append({"tag": tag, **dict(attrs)})

    comparison = rundiff.compare(runs)
    parser = Frames()
    parser.found = []
    parser.feed(comparison._repr_html_())
    (frame,) = parser.found
    assert frame["tag"] == "iframe"
    assert frame["srcdoc"] == comparison.to_html()
    assert frame["sandbox"] == "allow-scripts allow-downloads"


def test_wrong_values_raise_with_a_message(runs: Path) -> None:
    with pytest.raises(RundiffError, match="'up' is neither 'min' nor 'max'"):
        rundiff.compare(runs, goals={"acc": "up"})
    with pytest.raises(RundiffError, match="from 1 on"):
        rundiff.compare(runs, limit=0)
    assert rundiff.compare(runs, goals={"acc": "min"}).figure("acc")


def test_gates_and_tolerances_work_from_python_too(runs: Path, tmp_path: Path) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text('version = 1\n[metrics.acc]\nmust = "better"\n')
    comparison = rundiff.compare(runs, gates=gates, tolerances={"acc": 1000}, values="best")
    assert comparison.judgement.has_failed
    assert {verdict.kind for verdict in comparison.verdicts.values()} == {"equivalent"}
    with pytest.raises(RundiffError, match="is not a tolerance"):
        rundiff.compare(runs, tolerances={"acc": "much"})
    with pytest.raises(RundiffError, match="value 'worst' is not last, best"):
        rundiff.compare(runs, values="worst")


def test_what_is_asked_for_goes_before_the_gate_file_even_if_it_is_the_usual(
    runs: Path, tmp_path: Path
) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text("version = 1\nconfidence = 0.9\n[metrics.acc]\ntolerance = 1000\n")
    by_file = rundiff.compare(runs, gates=gates)
    asked = rundiff.compare(runs, gates=gates, confidence=0.95, tolerances={"acc": 1})
    assert (by_file.judgement.confidence, asked.judgement.confidence) == (0.9, 0.95)
    for comparison, origin in ((by_file, "gate"), (asked, "option")):
        origins = {v.tolerance_origin for v in comparison.verdicts.values() if v.key == "acc"}
        assert origins == {origin}


def test_a_baseline_may_be_a_file_from_python_too(
    runs: Path, run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_command("baseline", "set", runs, "--no-replicates")
    for given in ("committed", str(tmp_path / "rundiff-baseline.json")):
        assert rundiff.compare(runs, baseline=given).baseline.run_id.startswith("baseline-")
    gates = tmp_path / "gates.toml"
    gates.write_text("version = 1\n[metrics.acc]\nmin = 0\n[baseline]\nmax_age_days = 1\n")
    with pytest.raises(RundiffError, match="say today="):
        rundiff.compare(runs, baseline="committed", gates=gates)
    with pytest.raises(RundiffError, match="no source is given"):
        rundiff.compare()


def test_replicates_are_judged_as_the_command_does_it(tmp_path: Path) -> None:
    noise = (0.01, -0.02, 0.013, 0.004, -0.007)
    runs = [
        {
            "run_id": f"{lr}-{seed}",
            "params": {"lr": lr, "seed": seed},
            "metrics": {"acc": lr + more},
        }
        for lr in (0.1, 0.9)
        for seed, more in enumerate(noise)
    ]
    path = tmp_path / "runs.json"
    path.write_text(json.dumps({"runs": runs}))
    usual = rundiff.compare(path, columns=10)
    assert [len(group.run_ids) for group in usual.judgement.replicates] == [5, 5]
    asked = rundiff.compare(path, columns=10, confidence=0.9, test="permutation")
    assert asked.judgement.confidence == 0.9
    reasons = {verdict.reason for verdict in asked.verdicts.values()}
    assert any("permutation" in reason for reason in reasons)
    assert not rundiff.compare(path, columns=10, seed_keys=()).judgement.replicates
    assert not rundiff.compare(path, columns=10, seed_keys=["fold"]).judgement.replicates
    with pytest.raises(RundiffError, match="confidence 95 is not a number"):
        rundiff.compare(path, confidence=95)
    with pytest.raises(RundiffError, match="test 'u' is not 't' or 'permutation'"):
        rundiff.compare(path, test="u")
