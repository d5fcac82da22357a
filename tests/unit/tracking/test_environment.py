"""What is captured of the environment, and that nothing secret is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rundiff.records.redaction import redact_arguments, redact_text
from rundiff.tracking.environment import capture_environment, capture_seeds, command_line
from rundiff.tracking.git import git_facts

from .conftest import Load, Script


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_git_says_commit_branch_dirt_and_remote_without_credentials(tmp_path: Path) -> None:
    assert git_facts(tmp_path) == {}
    git(tmp_path, "init", "-b", "topic")
    (tmp_path / "train.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    git(tmp_path, "remote", "add", "origin", "https://ada:hunter2@example.org/repo.git")
    clean = git_facts(tmp_path)
    assert len(str(clean["commit"])) == 40
    assert (clean["branch"], clean["dirty"]) == ("topic", False)
    assert clean["remote"] == "https://example.org/repo.git"
    (tmp_path / "train.py").write_text("x = 2\n")
    dirty = git_facts(tmp_path)
    assert dirty["dirty"] is True
    assert isinstance(dirty["patch_bytes"], int)
    assert dirty["patch_bytes"] > 50


def test_the_facts_of_a_process() -> None:
    facts: dict[str, Any] = capture_environment(Path.cwd())
    assert facts["packages"]["pytest"] == pytest.__version__
    assert facts["python"]["version"].startswith("3.")
    assert facts["hardware"]["cpu_count"] >= 1
    assert facts["hardware"]["memory_bytes"] > 1 << 28


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["train.py", "--lr", "0.1"], ["train.py", "--lr", "0.1"]),
        (["--api-key", "abc", "--lr", "1"], ["--api-key", "***", "--lr", "1"]),
        (["--api_token=abc"], ["--api_token=***"]),
        (["--wandb.password", "abc"], ["--wandb.password", "***"]),
        (["--key=abc", "x"], ["--key=***", "x"]),
        (["--monkey", "abc"], ["--monkey", "abc"]),
        (["https://u:p@host/x"], ["https://host/x"]),
        (["+model.secret=abc"], ["+model.secret=***"]),
        (["hf_" + "a" * 30], ["***"]),
        (["--token", "-x"], ["--token", "-x"]),
    ],
)
def test_secrets_in_arguments_are_masked(given: list[str], shown: list[str]) -> None:
    assert redact_arguments(given) == shown


def test_texts_lose_credentials_and_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    text = "cannot open /home/ada/x with password=hunter2 at postgres://u:p@db/x"
    assert redact_text(text) == "cannot open ~/x with password=*** at postgres://db/x"


def test_canaries_reach_no_file(
    script: Script, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "canary0123456789"
    home = store.parent / f"home-{canary}"
    home.mkdir()
    git(store.parent, "init")
    git(store.parent, "remote", "add", "origin", f"https://x:{canary}@example.org/r.git")
    for name in ("AWS_SECRET_ACCESS_KEY", "WANDB_API_KEY", "SOME_VARIABLE"):
        monkeypatch.setenv(name, canary)
    monkeypatch.setenv("CI_COMMIT_SHA", "abc")
    monkeypatch.setenv("HOME", str(home))
    script(
        """
        import os, pathlib, rundiff
        with rundiff.start_run():
            rundiff.log_metric("loss", 0.5, step=1)
            raise RuntimeError(f"{pathlib.Path.home()}: token={os.environ['WANDB_API_KEY']}")
        """,
        "--api-key", canary, f"--password={canary}", f"{home}/data.csv",
        check=False,
    )  # fmt: skip
    files = [path for path in store.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        assert canary.encode() not in path.read_bytes(), path.name
    (record,) = store.glob("*/*/run.json")
    environment = json.loads(record.read_text())["environment"]
    assert environment["ci"] == {"CI_COMMIT_SHA": "abc"}
    assert environment["command"].endswith("--api-key '***' '--password=***' '~/data.csv'")
    assert "token=***" in environment["exception"]["message"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["/usr/bin/python", "train.py", "-c", "wide.yaml"], "python train.py -c wide.yaml"),
        (["python", "-m", "train", "-c", "wide.yaml"], "python -m train -c wide.yaml"),
        (["python", "-X", "dev", "-c", "print(1)", "x"], "python -X dev -c '…'"),
    ],
)
def test_only_pythons_own_program_text_is_left_out(
    given: list[str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", given)
    assert command_line() == shown


def test_the_seed_of_numpy_is_known_until_something_is_drawn() -> None:
    import numpy as np

    state = np.random.get_state()
    try:
        np.random.seed(1234)
        assert capture_seeds()["numpy"] == 1234
        np.random.random(700)
        assert "numpy" not in capture_seeds()
    finally:
        np.random.set_state(state)


def test_every_run_of_a_process_has_the_environment(script: Script, load: Load) -> None:
    script(
        """
        import rundiff
        for number in range(3):
            with rundiff.start_run(): rundiff.log_param("number", number)
        """
    )
    runs = load()
    assert len(runs) == 3
    for run in runs:
        assert str(run.environment["command"]).endswith("train.py")
        assert run.environment["packages"]


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("git@example.org:team/repo.git", "git@example.org:team/repo.git"),
        ("/srv/clones/repo", None),
        ("../repo", None),
        ("file:///srv/clones/repo", None),
    ],
)
def test_a_remote_on_this_machine_is_no_fact_of_the_code(
    tmp_path: Path, remote: str, shown: str | None
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("a")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "a")
    git(tmp_path, "remote", "add", "origin", remote)
    assert git_facts(tmp_path).get("remote") == shown
