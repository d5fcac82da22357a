"""Gates, baselines and summaries on the command line."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import RunCommand

GATES = 'version = 1\n[metrics.accuracy]\nmust = "not-worse"\ntolerance = 0.01\n'


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two recipes with three seeds each, the second one worse."""
    found = [
        {
            "run_id": f"{recipe}{seed}",
            "name": f"{recipe}-{seed}",
            "params": {"recipe": recipe, "seed": seed},
            "metrics": {"accuracy": accuracy + seed / 1000},
            "tags": {"branch": "main" if recipe == "old" else "feature"},
            "status": "FINISHED",
        }
        for recipe, accuracy in (("old", 0.9), ("new", 0.8))
        for seed in range(3)
    ]
    path = tmp_path / "runs.json"
    path.write_text(json.dumps({"runs": found}))
    (tmp_path / "gates.toml").write_text(GATES)
    return path


def test_a_failed_gate_is_exit_code_3_after_every_output(
    runs: Path, run_command: RunCommand, tmp_path: Path
) -> None:
    names = ["a.html", "a.md", "a.json", "a.csv", "a.parquet", "a.tex", "a.xml", "a.txt"]
    outputs = [word for name in names for word in ("-o", name)]
    done = run_command("report", runs, "--baseline", "old-0", "--gates", "gates.toml", *outputs)
    assert done.returncode == 3
    assert done.stdout.split() == names
    assert all((tmp_path / name).stat().st_size for name in names)
    assert 'gate failed: accuracy: must = "not-worse" (new-0 and 2 more)' in done.stderr
    assert "| `new` (3 runs) |" in (tmp_path / "a.md").read_text(), "as everywhere in a summary"
    passing = run_command("report", runs, "--baseline", "new-0", "--gates", "gates.toml",
                          "-o", "a.md")  # fmt: skip
    assert passing.returncode == 0
    assert "**✅ Passed**" in (tmp_path / "a.md").read_text()


def test_a_baseline_is_set_and_compared_with(
    runs: Path, run_command: RunCommand, tmp_path: Path
) -> None:
    done = run_command("baseline", "set", runs, "--where", "tags.branch = 'main'")
    assert (done.returncode, done.stdout) == (0, "rundiff-baseline.json\n")
    assert done.stderr == "the baseline is 'old-0' with its replicates, 3 runs in all\n"
    document = json.loads((tmp_path / "rundiff-baseline.json").read_text())
    assert [run["info"]["run_name"] for run in document["runs"]] == ["old-0", "old-1", "old-2"]
    assert document["runs"][0]["data"]["metrics"] == {"accuracy": 0.9}
    asked = ["--where", "tags.branch = 'feature'", "--baseline", "committed"]
    done = run_command(
        "report", runs, *asked, "--gates", "gates.toml", "-o", "a.json", "-o", "a.md"
    )
    assert done.returncode == 3
    verdicts = json.loads((tmp_path / "a.json").read_text())["verdicts"]
    judged = [verdict for verdict in verdicts if not verdict["is_replicate"]]
    assert {verdict["statistics"]["test"] for verdict in judged} == {"paired t-test"}
    assert "`new` (3 runs) against the baseline `old` (3 runs)" in (
        tmp_path / "a.md").read_text()  # fmt: skip
    again = run_command("baseline", "set", runs, "--where", "tags.branch = 'main'")
    assert again.returncode == 0


def test_params_that_are_no_finite_numbers_are_the_same_in_a_baseline_file(
    runs: Path, run_command: RunCommand, tmp_path: Path
) -> None:
    document = json.loads(runs.read_text())
    for run in document["runs"]:
        run["params"] |= {"clip": float("inf"), "init": float("nan"), "text": "NaN"}
    runs.write_text(json.dumps(document))
    run_command("baseline", "set", runs, "--where", "tags.branch = 'main'")
    assert "Infinity," not in (tmp_path / "rundiff-baseline.json").read_text()
    run_command("report", runs, "--baseline", "committed", "-o", "a.json")
    relation = json.loads((tmp_path / "a.json").read_text())["relation"]
    differing = {row["key"] for row in relation if row["section"] == "params" and row["differs"]}
    assert differing == {"recipe", "seed"}


def test_the_same_recipe_is_still_held_to_a_committed_baseline(
    runs: Path, run_command: RunCommand
) -> None:
    """A code change that no record tells must not pass as a replicate."""
    run_command("baseline", "set", runs, "--where", "tags.branch = 'main'")
    document = json.loads(runs.read_text())
    worse = [{**run, "metrics": {"accuracy": 0.5}} for run in document["runs"][:3]]
    runs.write_text(json.dumps({"runs": worse}))
    done = run_command("report", runs, "--baseline", "committed", "--gates", "gates.toml")
    assert done.returncode == 3


def test_a_filter_chooses_the_latest_match(runs: Path, run_command: RunCommand) -> None:
    done = run_command("diff", runs, "--baseline", "tags.branch = 'feature'", "--no-replicates")
    assert "5 runs against the baseline 'new-2'" in done.stdout.splitlines()
    none = run_command("diff", runs, "--baseline", "tags.branch = 'x'")
    assert none.returncode == 1
    assert "no finished run matches the baseline" in none.stderr


def test_what_a_baseline_file_must_be(runs: Path, run_command: RunCommand, tmp_path: Path) -> None:
    missing = run_command("report", runs, "--baseline", "committed")
    assert missing.returncode == 1
    assert "rundiff-baseline.json: the baseline cannot be read: No such file" in missing.stderr
    (tmp_path / "other.json").write_text("[]")
    wrong = run_command("report", runs, "--baseline", "other.json")
    assert wrong.returncode == 1
    assert "other.json: is not a baseline file; `rundiff baseline set SOURCE`" in wrong.stderr
    (tmp_path / "rundiff-baseline.json").write_text('{"mine": 1}')
    kept = run_command("baseline", "set", runs)
    assert kept.returncode == 1
    assert "was not written by rundiff" in kept.stderr


def test_a_baseline_that_holds_other_values_is_warned_about(
    runs: Path, run_command: RunCommand, tmp_path: Path
) -> None:
    run_command("baseline", "set", runs, "--where", "tags.branch = 'main'")
    done = run_command("report", runs, "--baseline", "committed", "--metric-value", "best",
                       "-o", "a.md")  # fmt: skip
    assert done.returncode == 0
    assert "holds the value 'last' of every metric" in done.stderr
    assert "set the baseline again" in (tmp_path / "a.md").read_text()
    (tmp_path / "g.toml").write_text('version = 1\n[metrics.x]\nat = "mean:3"\nmissing = "pass"\n')
    done = run_command("diff", runs, "--baseline", "committed", "--gates", "g.toml")
    assert "holds the value" not in done.stderr, "the baseline has no such metric"


def test_a_wrong_gate_file_is_said_before_anything_is_written(
    runs: Path, run_command: RunCommand, tmp_path: Path
) -> None:
    (tmp_path / "gates.toml").write_text("version = 1\n[metrics.a]\nmusst = 'better'\n")
    done = run_command("report", runs, "--gates", "gates.toml")
    assert done.returncode == 1
    assert done.stderr == (
        "rundiff: gates.toml:3: metrics.a.musst: no key 'musst' here; did you mean 'must'?\n"
    )
    assert "report.html" not in os.listdir(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ["--budget", "tweet"], ["--budget", "12"], ["--metric-value", "worst"],
        ["--tolerance", "accuracy"], ["--tolerance", "accuracy=-1"], ["--confidence", "1.5"],
        ["--summary-key", "a b"], ["--test", "z"],
    ],
)  # fmt: skip
def test_wrong_values_are_wrong_usage(
    words: list[str], runs: Path, run_command: RunCommand
) -> None:
    done = run_command("report", runs, *words)
    assert done.returncode == 2
    assert f"argument {words[0]}" in done.stderr


def test_annotations_are_printed_only_on_request(runs: Path, run_command: RunCommand) -> None:
    asked = ["report", str(runs), "--baseline", "old-0", "--gates", "gates.toml", "-o", "a.md"]
    assert "::error" not in run_command(*asked).stdout
    lines = run_command(*asked, "--annotations").stdout.splitlines()
    assert lines[0] == "a.md"
    assert lines[1].startswith('::error title=accuracy%3A must = "not-worse"::new-0 and 2 more: ')


def test_a_waiver_ends_on_its_day(
    runs: Path, run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiver = '[[waivers]]\nmetric = "accuracy"\nreason = "known"\nexpires = 2026-02-02\n'
    (tmp_path / "gates.toml").write_text(GATES + waiver)
    asked = ["report", str(runs), "--baseline", "old-0", "--gates", "gates.toml", "-o", "a.md"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770000000")  # 2 February 2026
    assert run_command(*asked).returncode == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770100000")
    done = run_command(*asked)
    assert done.returncode == 3
    assert "warning: The waiver for 'accuracy' expired on 2026-02-02: known" in done.stderr
