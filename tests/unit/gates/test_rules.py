"""Every kind of rule against every verdict, and against what is missing, broken or waived."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.comparison import Comparison
from rundiff.errors import SelectionError
from rundiff.gates.conclude import conclude
from rundiff.gates.file import parse_gates
from rundiff.judgement import GateStatus
from rundiff.selection.choose import SelectionOptions
from rundiff.stats.judge import JudgeOptions

from tests.factories import Recorded, make_comparison
from tests.plain import plain_comparison

TODAY = date(2026, 6, 1)
PASSED, FAILED, WAIVED = GateStatus.PASSED, GateStatus.FAILED, GateStatus.WAIVED
NAN = float("nan")

# The candidate of each verdict, against a baseline of 0.90 with tolerance 0.01.
CANDIDATES: dict[str, Recorded] = {
    "better": Recorded(name="new", metrics={"m": 0.95, "n": 0.5}),
    "equivalent": Recorded(name="new", metrics={"m": 0.905, "n": 0.5}),
    "worse": Recorded(name="new", metrics={"m": 0.85, "n": 0.5}),
    "inconclusive": Recorded(name="new", metrics={"u": 0.5, "n": 0.5}),
    "incomparable": Recorded(
        name="new",
        metrics={"m": 0.95, "n": 0.5},
        datasets=[{"name": "d", "digest": "other", "context": "test"}],
    ),
    "missing": Recorded(name="new", metrics={"n": 0.5}),
    "nan": Recorded(name="new", metrics={"m": NAN, "n": 0.5}),
}
# (rule, policy) → the verdicts that pass.
TABLE = {
    ("not-worse", ""): {"better", "equivalent", "inconclusive"},
    ("proven-not-worse", ""): {"better", "equivalent"},
    ("better", ""): {"better"},
    ("not-worse", 'inconclusive = "fail"'): {"better", "equivalent"},
    ("not-worse", 'missing = "pass"'): {
        "better", "equivalent", "inconclusive", "missing", "nan"},
    ("better", 'missing = "pass"'): {"better", "missing", "nan"},
    ("not-worse", 'incomparable = "pass"'): {
        "better", "equivalent", "inconclusive", "incomparable"},
    ("proven-not-worse", 'incomparable = "pass"'): {"better", "equivalent", "incomparable"},
    ("min", ""): {"better", "equivalent", "inconclusive", "incomparable"},
    ("min", 'missing = "pass"'): {
        "better", "equivalent", "inconclusive", "incomparable", "missing", "nan"},
}  # fmt: skip


def gated(text: str, candidate: Recorded, *more: Recorded) -> Comparison:
    baseline = Recorded(
        name="old",
        metrics={"m": 0.90, "n": 0.5},
        datasets=[{"name": "d", "digest": "one", "context": "test"}],
    )
    return make_comparison(
        baseline,
        candidate,
        *more,
        selection=SelectionOptions(baseline="old"),
        gates=parse_gates(f"version = 1\n{text}", name="gates.toml"),
        today=TODAY,
    )


def inconclusive() -> list[Recorded]:
    """Return two seeds that lie on both sides of the baseline."""
    return [
        Recorded(name=f"new{i}", params={"seed": i}, metrics={"m": value, "n": 0.5})
        for i, value in enumerate((0.85, 0.97))
    ]


def outcome(rule: str, policy: str, verdict: str) -> GateStatus:
    line = "min = 0.86" if rule == "min" else f'must = "{rule}"'
    text = f'[metrics.m]\ndirection = "higher"\ntolerance = 0.01\n{line}\n{policy}\n'
    runs = inconclusive() if verdict == "inconclusive" else [CANDIDATES[verdict]]
    results = gated(text, *runs).judgement.gates
    assert len(results) == 1
    return results[0].status


@pytest.mark.parametrize("verdict", CANDIDATES)
@pytest.mark.parametrize(("rule", "policy"), TABLE)
def test_the_decision_table(rule: str, policy: str, verdict: str) -> None:
    expected = PASSED if verdict in TABLE[rule, policy] else FAILED
    if rule == "min" and verdict == "worse":
        expected = FAILED
    assert outcome(rule, policy, verdict) is expected


WAIVER = '[[waivers]]\nmetric = "m"\nreason = "known"\nexpires = {day}\n{more}\n'


@pytest.mark.parametrize("verdict", ["worse", "missing", "nan", "incomparable"])
@pytest.mark.parametrize(
    ("day", "more", "status"),
    [
        ("2026-06-01", "", WAIVED),  # its last day
        ("2026-05-31", "", FAILED),
        ("2026-12-31", 'rule = "must"', WAIVED),
        ("2026-12-31", 'rule = "min"', FAILED),
        ("2026-12-31", 'run = "new"', WAIVED),
        ("2026-12-31", 'run = "other"', FAILED),
    ],
)
def test_a_waiver_lasts_until_its_day(
    verdict: str, day: str, more: str, status: GateStatus
) -> None:
    text = '[metrics.m]\ndirection = "higher"\nmust = "not-worse"\n'
    comparison = gated(text + WAIVER.format(day=day, more=more), CANDIDATES[verdict])
    assert [gate.status for gate in comparison.judgement.gates] == [status]
    assert comparison.judgement.has_failed is (status is FAILED)
    if status is WAIVED:
        assert f"waived until {day}: known" in comparison.judgement.gates[0].reason


def test_an_expired_waiver_is_warned_about() -> None:
    text = '[metrics.m]\nmust = "better"\n' + WAIVER.format(day="2026-05-31", more="")
    comparison = gated(text, CANDIDATES["better"])
    assert comparison.judgement.warnings == ("The waiver for 'm' expired on 2026-05-31: known",)


def test_a_waiver_changes_nothing_that_passes() -> None:
    text = '[metrics.m]\ndirection = "higher"\nmust = "not-worse"\n'
    comparison = gated(text + WAIVER.format(day="2027-01-01", more=""), CANDIDATES["better"])
    assert comparison.judgement.gates[0].status is PASSED


@pytest.mark.parametrize(
    ("m", "n", "status", "words"),
    [
        (0.95, 0.6, PASSED, "Better in 'm', 'n'."),
        (0.95, 0.4, PASSED, "Worse in 'n', but better in 'm'."),
        (0.90, 0.4, FAILED, "Worse in 'n' and better in nothing."),
        (0.90, 0.5, PASSED, "Worse in nothing."),
        (0.95, NAN, FAILED, "Not to be judged without 'n'."),
    ],
)
def test_pareto(m: float, n: float, status: GateStatus, words: str) -> None:
    text = '[metrics.m]\ndirection = "higher"\n[metrics.n]\ndirection = "higher"\n'
    text += '[pareto]\nmetrics = ["m", "n"]\n'
    gate = gated(text, Recorded(name="new", metrics={"m": m, "n": n})).judgement.gates[0]
    assert (gate.status, gate.reason) == (status, words)


def test_pareto_needs_to_know_which_way_is_better_and_a_baseline() -> None:
    text = '[metrics.m]\ndirection = "higher"\n[pareto]\nmetrics = ["m", "quux"]\n'
    gates = parse_gates(f"version = 1\n{text}", name="g")
    new = Recorded(name="new", metrics={"m": 0.9, "quux": 1.0})
    for before, reason in ((2.0, "Declare the direction of 'quux' in the gate file."),
                           (NAN, "Not to be judged without 'quux'.")):  # fmt: skip
        old = Recorded(name="old", metrics={"m": 0.9, "quux": before})
        gate = make_comparison(old, new, gates=gates).judgement.gates[0]
        assert (gate.status, gate.reason) == (FAILED, reason)


@pytest.mark.parametrize("crashed", [0, 1, 2])
def test_a_recipe_of_which_one_run_has_no_number_is_missing_it(crashed: int) -> None:
    seeds = [
        Recorded(name=f"s{i}", params={"seed": i}, metrics={"m": 0.95} if i != crashed else {})
        for i in range(3)
    ]
    text = '[metrics.m]\ndirection = "higher"\nmust = "not-worse"\nmin = 0.5\n'
    gates = gated(text, *seeds).judgement.gates
    found = [(gate.status, gate.reason) for gate in gates]
    assert found == [(FAILED, "The metric is missing in 1 of 3 runs.")] * 2


def test_a_bound_holds_for_the_mean_also_of_what_the_baseline_lacks() -> None:
    seeds = [
        Recorded(name=f"s{i}", params={"seed": i}, metrics={"k": value})
        for i, value in enumerate((0.9, 0.1, 0.2))
    ]
    (gate,) = gated('[metrics.k]\ndirection = "higher"\nmin = 0.5\n', *seeds).judgement.gates
    assert (gate.status, gate.reason) == (FAILED, "0.400 is below 0.500.")


def test_an_infinite_seed_proves_nothing() -> None:
    runs = [
        Recorded(name="old1", params={"lr": 1, "seed": 0}, metrics={"m": float("inf")}),
        Recorded(name="old2", params={"lr": 1, "seed": 1}, metrics={"m": 0.5}),
        Recorded(name="new", params={"lr": 2, "seed": 0}, metrics={"m": 0.7}),
    ]
    text = 'version = 1\n[metrics.m]\ndirection = "higher"\nmust = "proven-not-worse"\n'
    (gate,) = make_comparison(*runs, gates=parse_gates(text, name="g")).judgement.gates
    assert gate.status is FAILED


def test_pareto_can_be_waived() -> None:
    text = '[metrics.m]\ndirection = "higher"\n[metrics.n]\ndirection = "higher"\n'
    text += '[pareto]\nmetrics = ["m", "n"]\n[[waivers]]\nrule = "pareto"\nreason = "r"\n'
    text += "expires = 2026-07-01\n"
    gate = gated(text, Recorded(name="new", metrics={"m": 0.1, "n": 0.1})).judgement.gates[0]
    assert gate.status is WAIVED


def test_nobody_said_which_way_is_better() -> None:
    runs = (Recorded(name="a", metrics={"quux": 1.0}), Recorded(name="b", metrics={"quux": 2.0}))
    gates = parse_gates('version = 1\n[metrics.quux]\nmust = "not-worse"\n', name="g")
    gate = make_comparison(*runs, gates=gates).judgement.gates[0]
    assert gate.status is FAILED
    assert "Declare the direction in the gate file" in gate.reason


def test_a_file_without_a_rule_says_that_nothing_can_fail() -> None:
    runs = [Recorded(name=name, metrics={"m": 1.0}) for name in "ab"]
    for text, warns in (
        ("", True),
        ("[metrics.m]\ndirection = 'higher'\ntolerance = 0.1\n", True),
        ("[metrics.m]\nmin = 0\n", False),
        ("guardrails = ['m']\n", False),
        ("[pareto]\nmetrics = ['m', 'n']\n", False),
    ):
        gates = parse_gates(f"version = 1\n{text}", name="gates.toml")
        told = [w for w in make_comparison(*runs, gates=gates).judgement.warnings if "no rule" in w]
        assert bool(told) is warns, text


def test_a_recipe_is_held_to_the_gates_once() -> None:
    seeds = [
        Recorded(name=f"s{i}", params={"seed": i}, metrics={"m": 0.8, "n": 1.0}) for i in range(3)
    ]
    text = '[metrics.m]\ndirection = "higher"\nmust = "not-worse"\n'
    gates = gated(text, *seeds).judgement.gates
    assert [gate.run_name for gate in gates] == ["s0 and 2 more"]


def test_gates_without_a_candidate_are_an_error_not_a_pass() -> None:
    gates = parse_gates('version = 1\n[metrics.m]\nmust = "better"\n', name="gates.toml")
    with pytest.raises(SelectionError, match="no candidate to judge"):
        make_comparison(Recorded(name="a", metrics={"m": 1.0}), gates=gates)


def test_the_baselines_own_replicates_are_no_candidates() -> None:
    text = '[metrics.m]\ndirection = "higher"\nmust = "better"\n'
    gates = parse_gates(f"version = 1\n{text}", name="gates.toml")
    old = [
        Recorded(name=f"old{i}", params={"lr": 1, "seed": i}, metrics={"m": 0.9 + i / 100})
        for i in range(2)
    ]
    new = Recorded(name="new", params={"lr": 2, "seed": 0}, metrics={"m": 0.95})
    comparison = make_comparison(*old, new, gates=gates, today=TODAY)
    assert [result.run_name for result in comparison.judgement.gates] == ["new"]
    with pytest.raises(SelectionError, match="baseline and its replicates"):
        make_comparison(*old, gates=gates, today=TODAY)


def test_candidates_that_are_not_judged_are_an_error_not_a_pass() -> None:
    runs = [Recorded(name=f"r{i}", metrics={"m": float(i)}) for i in range(5)]
    gates = parse_gates('version = 1\n[metrics.m]\nmust = "better"\n', name="gates.toml")
    with pytest.raises(SelectionError, match="2 runs would not be judged"):
        make_comparison(*runs, gates=gates, columns=3)


@given(
    before=st.floats(-100, 100),
    after=st.floats(-100, 100),
    gain=st.floats(0, 100),
    rule=st.sampled_from(
        [
            'must = "not-worse"',
            'must = "proven-not-worse"',
            "min = 1.5",
            'must = "not-worse"\nmin = -3',
        ]
    ),
    tolerance=st.sampled_from(["0", "0.5", '"10%"']),
)
def test_improving_a_metric_never_turns_a_pass_into_a_fail(
    before: float, after: float, gain: float, rule: str, tolerance: str
) -> None:
    text = f'version = 1\n[metrics.m]\ndirection = "higher"\ntolerance = {tolerance}\n{rule}\n'
    text += '[pareto]\nmetrics = ["m", "k"]\n[metrics.k]\ndirection = "lower"\n'
    gates = parse_gates(text, name="gates.toml")

    def has_failed(value: float) -> bool:
        runs = {
            "old": {"metrics": {"m": before, "k": 1.0}},
            "new": {"metrics": {"m": value, "k": 1.0}},
        }
        directions = {"m": "higher", "k": "lower"}
        plain = plain_comparison(runs, directions=directions)
        return conclude(plain, JudgeOptions(), gates=gates, today=TODAY).judgement.has_failed

    if not has_failed(after):
        assert not has_failed(after + gain)


@given(
    seeds=st.lists(st.floats(0, 1).map(lambda x: round(x, 4)), min_size=1, max_size=5),
    gain=st.floats(0, 1).map(lambda x: round(x, 4)),
    must=st.sampled_from(["not-worse", "proven-not-worse", "better"]),
    tolerance=st.sampled_from([0, 0.2]),
)
def test_improving_every_seed_never_turns_a_pass_into_a_fail(
    seeds: list[float], gain: float, must: str, tolerance: float
) -> None:
    text = f'version = 1\n[metrics.m]\ndirection = "higher"\ntolerance = {tolerance}\n'
    text += f'must = "{must}"\n'
    gates = parse_gates(text, name="gates.toml")

    def has_failed(shift: float) -> bool:
        sides = {"old": [0.5, 0.6, 0.7], "new": [value + shift for value in seeds]}
        runs: dict[str, dict[str, dict[str, object]]] = {
            f"{side}{seed}": {"params": {"side": side, "seed": seed}, "metrics": {"m": value}}
            for side, values in sides.items()
            for seed, value in enumerate(values)
        }
        plain = plain_comparison(runs, directions={"m": "higher"})
        return conclude(plain, JudgeOptions(), gates=gates, today=TODAY).judgement.has_failed

    if not has_failed(0.0):
        assert not has_failed(gain)


def test_a_rule_for_a_metric_that_no_run_has_says_what_was_meant() -> None:
    new = Recorded(name="new", metrics={"m": 0.95, "n": 0.5, "val/accuracy": 0.9})
    text = '[metrics.accuracy]\ndirection = "higher"\nmust = "not-worse"\nmin = 0.5\n'
    expected = "No run has this metric; the nearest is 'val/accuracy'."
    assert [gate.reason for gate in gated(text, new).judgement.gates] == [expected] * 2
    one = '[metrics."val/accuracy"]\ndirection = "higher"\nmin = 0.5\n'
    results = gated(one, Recorded(name="other", metrics={"n": 0.5}), new).judgement.gates
    assert results[0].reason == "The metric is missing."
