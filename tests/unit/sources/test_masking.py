"""Credentials in what others recorded: masked where unmistakable, left alone where not."""

import json
import time
from pathlib import Path

import pytest
from rundiff.records.redaction import MASK, mask_text, names_secret
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import MergedRuns, merge_batches

TOKEN = "ghp_" + "a1B2" * 9
CANARY = "canary0123456789"


def load(path: Path) -> MergedRuns:
    return merge_batches(load_sources([str(path)], ReadOptions()))


def values(merged: MergedRuns, table: str) -> dict[str, str]:
    return {row["key"]: row["value"] for row in merged.tables[table].to_pylist()}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://x-access-token:abc@github.com/o/r.git", "https://x-access-token:***@github.com/o/r.git"),
        ("https://abcdef@github.com/o/r", "https://***@github.com/o/r"),
        ("postgresql+psycopg2://u:p@db:5432/x", "postgresql+psycopg2://u:***@db:5432/x"),
        ("redis://:p@h/0", "redis://:***@h/0"),
        ("clone https://a:b@h/x and https://c:d@h/y", "clone https://a:***@h/x and https://c:***@h/y"),
        ("s3://b/k?X-Amz-Date=1&X-Amz-Signature=00ff", "s3://b/k?X-Amz-Date=1&X-Amz-Signature=***"),
        (f"key {TOKEN}.", f"key {MASK}."),
        # What is none stays.
        ("ssh://git@github.com/o/r.git", "ssh://git@github.com/o/r.git"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("https://github.com/o/r/tree/user@host:8080", "https://github.com/o/r/tree/user@host:8080"),
        ("https://h/x?step=3&tokens=512", "https://h/x?step=3&tokens=512"),
        ("task-sk-1", "task-sk-1"),
        ("mail ada@example.org", "mail ada@example.org"),
    ],
)  # fmt: skip
def test_what_is_masked_in_a_text(text: str, shown: str) -> None:
    assert mask_text(text) == shown
    assert mask_text(shown) == shown


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("train.py --api-key abc --lr 1", "train.py --api-key *** --lr 1"),
        ("train.py --wandb.api_key='a b'", "train.py --wandb.api_key=***"),
        ("train.py --password=abc", "train.py --password=***"),
        ("train.py --hf-token abc", "train.py --hf-token ***"),
        ("train.py --token -x", "train.py --token -x"),
        ("train.py --max-tokens 5 --key-size 3", "train.py --max-tokens 5 --key-size 3"),
        ("train.py --tokenizer bert", "train.py --tokenizer bert"),
    ],
)
def test_options_of_a_command(command: str, shown: str) -> None:
    assert mask_text(command, is_command=True) == shown
    assert mask_text(command) == command


def test_which_keys_name_a_secret() -> None:
    for key in ("password", "db.password", "wandb_api_key", "hf_token", "OPENAI_API_KEY", "secret"):
        assert names_secret(key), key
    for key in (
        *("max_tokens", "pad_token", "eos_token", "tokenizer", "token_budget", "token", "key"),
        *("keypoints", "n_keys", "password_policy", "secretary", "author", "auth", "/etc/passwd"),
    ):
        assert not names_secret(key), key


@pytest.mark.parametrize(
    "text",
    [
        *("://" * 300_000, "https://" + "a" * 1_000_000, "eyJ-" * 250_000, "://a:" * 200_000),
        *("--token" * 150_000, "?token=" * 150_000, "-a." * 300_000, "sk-" * 300_000),
        *("--" + "a-" * 500_000, "eyJ" + "a" * 500_000 + "." + "b" * 500_000),
    ],
    ids=range(10),
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    mask_text(text, is_command=True)
    assert time.process_time() - start < 10  # linear: a second; quadratic: hours


def write_run(folder: Path, **data: object) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run_id": folder.name, **data}))


def test_credentials_of_any_source_are_masked_and_named(tmp_path: Path) -> None:
    remote = f"https://ci:{CANARY}@example.org/r.git"
    write_run(
        tmp_path / "a",
        params={"db": f"postgres://u:{CANARY}@db/x", "api_key": CANARY, "max_tokens": "512"},
        tags={"remote": remote, "plain": "x"},
        environment={"git": {"remote": remote}, "command": f"train --api-key {CANARY} --lr 1"},
        note=f"see {remote}",
        metrics={"loss": 0.5},
    )  # fmt: skip
    write_run(tmp_path / "b", params={"db": "postgres://u@db/x"}, metrics={"loss": 0.4})
    merged = load(tmp_path)
    assert CANARY not in repr(
        [table.to_pylist() for table in map(merged.tables.__getitem__, merged.tables)]
    )
    rows = [row for row in merged.tables["param"].to_pylist() if row["run_id"] == "a"]
    params = {row["key"]: row["value"] for row in rows}
    assert params == {"db": "postgres://u:***@db/x", "api_key": MASK, "max_tokens": "512"}
    assert values(merged, "tag") == {"remote": "https://ci:***@example.org/r.git", "plain": "x"}
    environment = values(merged, "environment")
    assert environment["command"] == "train --api-key *** --lr 1"
    (notice,) = [each for each in merged.problems if MASK in each.message]
    assert notice.severity == "notice"
    for place in (
        "param 'api_key'",
        "param 'db'",
        "tag 'remote'",
        "environment 'git.remote'",
        "run note",
    ):
        assert place in notice.message


def test_a_store_without_credentials_stays_as_it_is(tmp_path: Path) -> None:
    write_run(tmp_path / "a", params={"pad_token": "<pad>", "url": "https://h/x"}, metrics={"l": 1})
    merged = load(tmp_path)
    assert values(merged, "param") == {"pad_token": "<pad>", "url": "https://h/x"}
    assert [each for each in merged.problems if "mask" in each.message] == []


def test_a_number_keeps_its_type_under_a_secret_name(tmp_path: Path) -> None:
    """Nothing but a text is a secret: `use_auth_token: true` is a choice."""
    write_run(tmp_path / "a", params={"auth_token": True, "secret": 7, "password": None})
    rows = {row["key"]: row for row in load(tmp_path).tables["param"].to_pylist()}
    assert {key: row["value"] for key, row in rows.items()} == {
        "auth_token": "true", "secret": "7", "password": "null",
    }  # fmt: skip
    assert {row["type"] for row in rows.values()} == {"bool", "int", "null"}
