"""A gate file is taken as it is meant, or refused with line and key."""

from datetime import date
from pathlib import Path

import pytest
from rundiff.comparison import Direction
from rundiff.errors import GateFileError
from rundiff.gates.file import load_gates, parse_gates

WHOLE = """\
version = 1
confidence = 0.9
test = "permutation"
seed_keys = ["shard"]
guardrails = ["latency"]

[defaults]
tolerance = "1%"
missing = "pass"

[metrics.accuracy]
direction = "higher"
tolerance = 0.005
at = "best"
must = "not-worse"
min = 0.8

[metrics."val/loss"]
max = 1
inconclusive = "fail"

[pareto]
metrics = ["accuracy", "latency"]

[comparable]
preconditions = ["data", "steps"]
steps = "logged"

[baseline]
max_age_days = 30

[[waivers]]
metric = "latency"
reason = "new hardware"
expires = 2026-12-31
"""


def test_everything_is_read() -> None:
    gates = parse_gates(WHOLE, name="gates.toml")
    accuracy, loss, latency = gates.rules
    assert accuracy.direction is Direction.HIGHER
    assert (accuracy.tolerance, accuracy.at, accuracy.must) == ("0.005", "best", "not-worse")
    assert (accuracy.minimum, accuracy.maximum, accuracy.missing) == (0.8, None, "pass")
    assert (loss.key, loss.maximum, loss.tolerance) == ("val/loss", 1.0, "1%")
    assert loss.inconclusive == "fail"
    assert (latency.key, latency.must) == ("latency", "not-worse")
    assert gates.pareto == ("accuracy", "latency")
    assert gates.guard.preconditions == ("data", "steps")
    assert gates.guard.same_last_step
    assert (gates.confidence, gates.test, gates.seed_keys) == (0.9, "permutation", ("shard",))
    assert gates.baseline_max_age_days == 30
    assert gates.waivers[0].expires == date(2026, 12, 31)


WAIVER = "[[waivers]]\nreason = 'x'\nexpires = 2026-01-01\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "gates.toml:1: version: version is missing; a gate file begins with version = 1"),
        ("version = 1\n[metrics.a]\nmin = 1\nmax = 0.5\n",
         "gates.toml:4: metrics.a.max: max 0.5 is below min 1.0: nothing can pass"),
        ("version = 2\n", "gates.toml:1: version: version must be 1"),
        ("version = 1\nx = ]\n", "gates.toml:2: is not TOML"),
        ("version = 1\nmetric = 1\n",
         "gates.toml:2: metric: no key 'metric' here; did you mean 'metrics'?"),
        ("version = 1\n[metrics.a]\nmust = 'not worse'\n",
         "gates.toml:3: metrics.a.must: must is 'not worse'; expected one of not-worse"),
        ("version = 1\n\n[metrics.a]\n\ntolerence = 1\n",
         "gates.toml:5: metrics.a.tolerence: no key 'tolerence' here; did you mean 'tolerance'?"),
        ("version = 1\n[metrics.a]\ntolerance = -1\n", "gates.toml:3: metrics.a.tolerance: '-1'"),
        ("version = 1\n[metrics.a]\ntolerance = true\n", "gates.toml:3: metrics.a.tolerance: tol"),
        ("version = 1\n[metrics.a]\nmin = nan\n", "gates.toml:3: metrics.a.min: min is nan"),
        (f"version = 1\n[metrics.a]\nmin = 1{'0' * 400}\n",
         "gates.toml:3: metrics.a.min: min is inf"),
        (f"version = 1\n[metrics.a]\nmin = 1{'0' * 5000}\n", "gates.toml: is not TOML: Exceeds"),
        (f"version = 1\n[metrics.a]\ntolerance = 0x1{'0' * 5000}\n",
         "gates.toml:3: metrics.a.tolerance: tolerance is inf"),
        ("version = 1\n[metrics.a]\nat = 'mean'\n", "gates.toml:3: metrics.a.at: at is 'mean'"),
        ("version = 1\n[metrics.a]\ndirection = 'higher'\nmax = 1\n",
         "gates.toml:4: metrics.a.max: max on a metric that is better higher would fail"),
        ("version = 1\nmetrics = 3\n", "gates.toml:2: metrics: metrics must be a table"),
        ("version = 1\n[metrics]\na = 3\n", "gates.toml:3: metrics.a: metrics.a must be a table"),
        ("version = 1\n[[waivers]]\nmetric = 'a'\nreason = 'x'\n",
         "gates.toml:2: waivers.#1.expires: a waiver needs expires"),
        ("version = 1\n[[waivers]]\nmetric = 'a'\nexpires = 2026-01-01\n",
         "gates.toml:2: waivers.#1.reason: a waiver needs a reason"),
        (f"version = 1\n{WAIVER}metric = 'a'\n{WAIVER}",
         "gates.toml:6: waivers.#2.metric: a waiver needs the metric"),
        ("version = 1\n[pareto]\nmetrics = ['a']\n", "gates.toml:3: pareto.metrics: pareto needs"),
        ("version = 1\n[comparable]\npreconditions = ['date']\n",
         "gates.toml:3: comparable.preconditions: no precondition named 'date'; did you mean"),
        ("version = 1\nguardrails = ['a']\n[metrics.a]\nmin = 1\n",
         "gates.toml:2: guardrails: 'a' has a table of its own"),
        ("version = 1\nconfidence = 1\n", "gates.toml:2: confidence: confidence is 1.0"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_line_and_key(text: str, message: str) -> None:
    with pytest.raises(GateFileError) as caught:
        parse_gates(text, name="gates.toml")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("content", [b"\xff\xfe", b'version = 1\nx = "\xe9"\n'])
def test_what_is_not_utf8_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "gates.toml"
    file.write_bytes(content)
    with pytest.raises(GateFileError, match="is not UTF-8"):
        load_gates(file)


def test_a_mark_before_the_text_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "gates.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert len(load_gates(file).rules) == 3


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(GateFileError, match=r"none\.toml: cannot be read: No such file"):
        load_gates(tmp_path / "none.toml")
