"""The options of verdicts, gates and summaries, and what is made of them.

This is the edge where the clock is read (for waivers and the age of a baseline; SOURCE_DATE_EPOCH
goes before it) and the build's variables are; everything behind it gets values.
"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from rundiff.assembly.build import CompareOptions

COMMITTED = "rundiff-baseline.json"
MOST_GATED = 50
BUDGET_NAMES = ("github-comment", "github-summary", "gitlab-note")


def add_judging(parser: argparse.ArgumentParser) -> None:
    """Add the options that say when a metric is better."""
    group = parser.add_argument_group("when a metric is better")
    group.add_argument(
        "--gates", default="", metavar="FILE", help="rules to hold the candidates to; exit code 3"
    )
    group.add_argument(
        "--metric-value",
        action="append",
        default=[],
        metavar="[METRIC=]CHOICE",
        type=_value_choice,
        help="last (the default), best, min, max, mean:N (of the last N) or at:METRIC (at that "
        "metric's best step); repeatable",
    )
    group.add_argument(
        "--tolerance",
        action="append",
        default=[],
        metavar="METRIC=NUMBER",
        type=_tolerance,
        help="a delta up to this does not matter; a number or a share like 1%%; repeatable",
    )
    group.add_argument("--confidence", type=_confidence, metavar="P", help="otherwise 0.95")
    group.add_argument("--test", choices=("t", "permutation"), help="how replicates are tested")
    group.add_argument(
        "--seed-key",
        action="append",
        default=[],
        metavar="WORD",
        help="keys with this word may differ between replicates; repeatable; replaces the usual",
    )
    group.add_argument(
        "--no-replicates", action="store_true", help="take every run as a recipe of its own"
    )
    group.add_argument(
        "--max-pairs",
        type=parse_count,
        metavar="N",
        help="the most pairs of recipes that Change by change judges; otherwise 4,000",
    )


def add_summary(parser: argparse.ArgumentParser) -> None:
    """Add the options of summaries and of build servers."""
    group = parser.add_argument_group("summaries and build servers")
    group.add_argument(
        "--budget",
        type=_budget,
        metavar="HOST|N",
        help=f"the most characters of a .md file: {', '.join(BUDGET_NAMES)} or a number",
    )
    group.add_argument(
        "--summary-key",
        type=_summary_key,
        default="report",
        metavar="WORD",
        help="tells the sticky comments of several reports apart",
    )
    group.add_argument(
        "--annotations",
        action="store_true",
        help="print failed gates as annotations (GitHub's ::error lines)",
    )


def with_judging(arguments: argparse.Namespace, options: CompareOptions) -> CompareOptions:
    """Return the options with what was asked about verdicts, gates, baseline file and build."""
    import os
    from dataclasses import replace

    from rundiff.ci import detect_build
    from rundiff.stats.judge import build_judging

    options = replace(options, build=detect_build(os.environ))
    if hasattr(arguments, "gates"):
        words = () if arguments.no_replicates else tuple(arguments.seed_key) or None
        judging = build_judging(
            dict(arguments.tolerance),
            confidence=arguments.confidence,
            test=arguments.test,
            seed_keys=words,
            most_pairs=arguments.max_pairs,
        )
        options = replace(options, values=dict(arguments.metric_value), judging=judging)
        if arguments.gates:
            options = _with_gates(arguments.gates, options)
    return _with_baseline_file(arguments, options)


def _with_gates(given: str, options: CompareOptions) -> CompareOptions:
    """Read the gate file; every candidate must stand side by side, so more columns are allowed."""
    import os
    from dataclasses import replace
    from pathlib import Path

    from rundiff.gates.file import load_gates

    gates = load_gates(Path(given), name=given)
    columns = options.columns or MOST_GATED
    return replace(options, gates=gates, today=today(os.environ), columns=columns)


def judging_words(arguments: argparse.Namespace) -> list[tuple[str, list[str]]]:
    """Return the options that shape the content, for the command shown in the report."""
    if not hasattr(arguments, "gates"):
        return []
    return [
        ("--gates", [arguments.gates.rpartition("/")[2]] if arguments.gates else []),
        ("--metric-value", ["=".join(filter(None, pair)) for pair in arguments.metric_value]),
        ("--tolerance", ["=".join(pair) for pair in arguments.tolerance]),
        ("--confidence", [str(arguments.confidence)] if arguments.confidence else []),
        ("--test", [arguments.test] if arguments.test else []),
        ("--seed-key", arguments.seed_key),
        ("--max-pairs", [str(arguments.max_pairs)] if arguments.max_pairs else []),
    ]


def _with_baseline_file(arguments: argparse.Namespace, options: CompareOptions) -> CompareOptions:
    """Let ``--baseline`` name a file: add it to the sources, and warn if it is stale.

    ``committed`` means ``rundiff-baseline.json`` in the working directory.
    """
    import os
    from dataclasses import replace
    from pathlib import Path

    from rundiff.gates.baseline import baseline_warnings, load_baseline

    is_committed = arguments.baseline == "committed"
    given = COMMITTED if is_committed else arguments.baseline
    if not is_committed and not (given.endswith(".json") and Path(given).is_file()):
        return options
    baseline = load_baseline(Path(given), name=given)
    arguments.sources.append(given)
    limit = options.gates.baseline_max_age_days if options.gates else None
    warnings = baseline_warnings(
        baseline, today=today(os.environ), max_age_days=limit, values=value_choices(options)
    )
    blessed = frozenset(baseline.run_ids)
    return replace(
        options,
        selection=replace(options.selection, baseline=baseline.run_ids[0], kept=blessed),
        judging=replace(options.judging, blessed=blessed),
        warnings=(*options.warnings, *warnings),
    )


def value_choices(options: CompareOptions) -> dict[str, str]:
    """Return which value stands for a metric, by gate file and options together."""
    rules = options.gates.rules if options.gates else ()
    return {rule.key: rule.at for rule in rules if rule.at} | dict(options.values)


def today(environment: Mapping[str, str]) -> date:
    """Return the day in UTC: SOURCE_DATE_EPOCH's if that is set, otherwise the clock's."""
    from datetime import UTC, datetime

    epoch = environment.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdecimal() and len(epoch) < 12:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    return datetime.now(UTC).date()


def parse_count(text: str) -> int:
    """Return a number from 1 on; for argparse."""
    if not text.isascii() or not text.isdecimal() or not 0 < len(text) < 10 or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _value_choice(text: str) -> tuple[str, str]:
    from rundiff.stats.value_choice import parse_value_choice

    found = parse_value_choice(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not last, best, min, max, mean:N or at:METRIC, nor METRIC=one of these"
        )
    return found


def _tolerance(text: str) -> tuple[str, str]:
    from rundiff.stats.tolerance import parse_tolerance

    metric, _, tolerance = text.rpartition("=")
    if not metric:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form METRIC=NUMBER")
    try:
        parse_tolerance(tolerance)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return metric, tolerance


def _confidence(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.5 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to below 1")
    return number


def _budget(text: str) -> int:
    from rundiff.render.budgets import BUDGETS, SMALLEST_BUDGET

    if text in BUDGETS:
        return BUDGETS[text]
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= SMALLEST_BUDGET:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text!r} is neither one of {', '.join(BUDGETS)} nor a number from {SMALLEST_BUDGET} on"
    )


def _summary_key(text: str) -> str:
    if not (0 < len(text) <= 40 and text.isascii() and text.replace("-", "").isalnum()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a word of letters, digits and hyphens")
    return text
