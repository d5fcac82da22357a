"""A pull request as it happens: a baseline in git, a model trained, gates, and every surface."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

TRAIN = """
import sys

import rundiff
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

strength, folder, side = float(sys.argv[1]), sys.argv[2], sys.argv[3]
features, labels = load_digits(return_X_y=True)
rundiff.set_store(folder)
for seed in range(4):
    train, test, train_labels, test_labels = train_test_split(
        features, labels, test_size=0.3, random_state=0
    )
    with rundiff.start_run(experiment="digits", name=f"{side}-{seed}"):
        rundiff.log_params({"alpha": strength, "seed": seed, "test_size": 0.3})
        rundiff.log_input(rundiff.data.from_numpy(test, name="digits"), context="testing")
        rundiff.define_metric("accuracy", goal="max")
        model = SGDClassifier(alpha=strength, random_state=seed)
        for epoch in range(5):
            model.partial_fit(train, train_labels, classes=range(10))
            rundiff.log_metric("accuracy", model.score(test, test_labels), step=epoch)
"""
GATES = """\
version = 1

[metrics.accuracy]
tolerance = 0.01
at = "best"
must = "not-worse"
min = 0.8
"""


class Review(NamedTuple):
    """What a reviewer gets to see."""

    code: int
    summary: str
    html: str
    json: dict[str, object]
    failures: list[str]


class Project:
    """A repository with a training script, gates and a committed baseline."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("GIT", "CI"))},
            "SOURCE_DATE_EPOCH": "1770000000",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")},
        }  # fmt: skip
        (folder / "train.py").write_text(TRAIN)
        (folder / "gates.toml").write_text(GATES)
        (folder / ".gitignore").write_text("runs-*\nout\n")
        self.call("git", "init", "-q", "-b", "main")
        self.train(1e-4, "main")
        self.rundiff("baseline", "set", "runs-main", "--gates", "gates.toml")
        self.call("git", "add", "-A")
        self.call("git", "commit", "-qm", "Bless a baseline")

    def call(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout

    def rundiff(self, *arguments: str, code: int = 0) -> str:
        return self.call(sys.executable, "-m", "rundiff", *arguments, code=code)

    def train(self, strength: float, side: str) -> None:
        self.call(sys.executable, "train.py", repr(strength), f"runs-{side}", side)

    def review(self, strength: float, side: str, code: int) -> Review:
        self.call("git", "checkout", "-q", "-B", side, "main")
        self.train(strength, side)
        out = self.folder / "out"
        out.mkdir(exist_ok=True)
        names = ("report.html", "summary.md", "comparison.json", "junit.xml", "metrics.txt")
        outputs = [word for name in names for word in ("-o", f"out/{name}")]
        self.rundiff("report", f"runs-{side}", "--baseline", "committed", "--gates", "gates.toml",
                     "--budget", "github-comment", *outputs, code=code)  # fmt: skip
        assert sorted(os.listdir(out)) == sorted(names)
        suite = ET.parse(out / "junit.xml")
        return Review(
            code,
            (out / "summary.md").read_text(),
            (out / "report.html").read_text(),
            json.loads((out / "comparison.json").read_text()),
            [str(case.get("name")) for case in suite.iter("testcase") if case.find("failure")
             is not None],
        )  # fmt: skip


@pytest.mark.slow
def test_a_worse_change_is_stopped_and_a_better_one_is_not(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert "rundiff-baseline.json" in project.call("git", "ls-files")

    worse = project.review(100.0, "stronger", code=3)
    assert worse.summary.splitlines()[1].startswith("**❌ Failed**: ")
    assert "accuracy" in worse.summary[:300]
    assert 'accuracy: must = "not-worse"' in worse.failures
    assert worse.json["outcome"] == "failed"
    assert worse.json["gates_passed"] is False
    verdicts = [v for v in worse.json["verdicts"] if v["run_id"].startswith("baseline-") is False]  # type: ignore[attr-defined]
    assert {verdict["kind"] for verdict in verdicts} == {"worse"}
    assert {verdict["value_name"] for verdict in verdicts} == {"best"}
    # Every surface has the same failed gates, in the same words.
    gates = [gate for gate in worse.json["gates"] if gate["status"] == "failed"]  # type: ignore[attr-defined]
    assert [gate["name"] for gate in gates] == worse.failures
    for gate in gates:
        assert f"`{gate['name']}`" in worse.summary
        assert gate["reason"].split("(")[0].strip() in worse.html.replace("&#39;", "'")
    delta = re.search(r"\| `accuracy` \| [0-9.]+ \| [0-9.]+ \((\u2212[0-9.]+)", worse.summary)
    assert delta
    assert "failed" in worse.html

    same = project.review(1e-4, "same", code=0)
    assert same.summary.splitlines()[1].startswith("**✅ Passed**")
    assert same.failures == []
    assert same.json["gates_passed"] is True

    # The better recipe becomes the baseline by a commit that can be reviewed.
    project.rundiff("baseline", "set", "runs-same", "--gates", "gates.toml")
    changed = project.call("git", "diff", "--stat")
    assert "rundiff-baseline.json" in changed

    # Where the blessed recipe is the weak one, the candidate is better, and nothing is stopped.
    project.rundiff("baseline", "set", "runs-stronger", "--gates", "gates.toml")
    better = project.review(1e-4, "better", code=0)
    verdicts = [v for v in better.json["verdicts"] if not v["run_id"].startswith("baseline-")]  # type: ignore[attr-defined]
    assert {verdict["kind"] for verdict in verdicts} == {"better"}
    assert better.failures == []
    assert better.summary.splitlines()[1].startswith("**✅ Passed**")


@pytest.mark.slow
def test_an_old_baseline_is_warned_about(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "gates.toml").write_text(f"{GATES}\n[baseline]\nmax_age_days = 30\n")
    project.environment["SOURCE_DATE_EPOCH"] = str(1770000000 + 40 * 86_400)
    project.rundiff("report", "runs-main", "--baseline", "committed", "--gates", "gates.toml",
                    "-o", "summary.md")  # fmt: skip
    summary = (tmp_path / "summary.md").read_text()
    assert "The baseline is 40 days old (set on 2026-02-02)" in summary
