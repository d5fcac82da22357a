"""Summaries: within their budget, and whatever names contain, nothing but text and tables."""

import itertools
import json
import math
import random
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rundiff.comparison import Comparison, Problem
from rundiff.format import show_text
from rundiff.gates.conclude import conclude
from rundiff.gates.file import parse_gates
from rundiff.render.budgets import BUDGETS, SMALLEST_BUDGET
from rundiff.render.json import render_json
from rundiff.render.junit import render_junit
from rundiff.render.markdown import render_markdown
from rundiff.render.markdown_text import code, prose
from rundiff.stats.judge import JudgeOptions, judge
from rundiff.views.sparkline import build_sparklines

from tests.factories import Recorded, make_comparison
from tests.plain import plain_comparison

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(
    r"(?:</?details>|<details><summary>[A-Za-z ]+ \([0-9]+\)</summary>|</?sub>"
    r"|<!-- rundiff:report -->)\s*"
)
ALLOWED = {
    "paragraph_open", "paragraph_close", "inline", "text", "softbreak", "strong_open",
    "strong_close", "s_open", "s_close", "code_inline", "heading_open", "heading_close",
    "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
    "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close", "html_block",
    "html_inline", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
    "blockquote_open", "blockquote_close",
}  # fmt: skip
# Text outside code: our own words and numbers, never anything that a host would act on.
ACTIVE = re.compile(r"@\w|#\d|https?:|www\.|!\[|\]\(|:\w+:")


def tokens(text: str) -> Iterator[Token]:
    """Yield all tokens, those inside lines too."""
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def check(text: str) -> list[Token]:
    """Assert that a summary is made of our own constructs, with tables whose rows are complete."""
    found = list(tokens(text))
    assert {token.type for token in found} <= ALLOWED
    for token in found:
        if token.type in ("html_block", "html_inline"):
            assert all(OURS.fullmatch(line) for line in token.content.strip().splitlines()), token
        if token.type == "text":
            assert not ACTIVE.search(token.content), token.content
    assert text.count("<!--") == 1
    html = "".join(token.content for token in found if token.type == "html_block")
    assert html.count("<details>") == html.count("</details>")
    _check_tables(found)
    return found


def _check_tables(found: Sequence[Token]) -> None:
    width = count = 0
    for token in found:
        if token.type == "thead_open":
            width = 0
        elif token.type == "th_open":
            width += 1
        elif token.type == "tr_open":
            count = 0
        elif token.type == "td_open":
            count += 1
        elif token.type == "tr_close":
            assert count in (0, width)
    # What was meant as a row became one: no line with bars is left in a paragraph.
    for token in found:
        if token.type == "inline":
            assert not token.content.startswith("|")


def small(name: str, key: str, value: object, message: str = "fine") -> Comparison:
    runs: Mapping[str, Mapping[str, Mapping[str, object]]] = {
        "base": {"params": {key: "x"}, "metrics": {key: 1.0, "loss": 2.0}},
        name: {"params": {key: value}, "metrics": {key: 2.0, "loss": 1.0}},
    }
    problem = Problem(location=name, line=1, severity="error", message=message)
    return judge(
        plain_comparison(runs, directions={key: "higher", "loss": "lower"}, problems=[problem])
    )


def shown_cells(text: str) -> list[str]:
    """Return what the cells and lines of a summary show, as a reader sees it."""
    return [
        "".join(child.content for child in token.children or ())
        for token in tokens(text)
        if token.type == "inline"
    ]


@pytest.mark.parametrize("longest", [4, pytest.param(6, marks=pytest.mark.slow)])
def test_every_short_string_is_shown_as_it_is(longest: int) -> None:
    """All strings up to six of the seven characters that matter, in a table cell."""
    characters = "\\|`a@<\n"
    strings = [
        "".join(combined)
        for length in range(1, longest + 1)
        for combined in itertools.product(characters, repeat=length)
    ]
    assert len(strings) == {4: 2_800, 6: 137_256}[longest]
    head = "| a | b |\n| --- | --- |\n"
    for start in range(0, len(strings), 5_000):
        part = strings[start : start + 5_000]
        rows = "\n".join(f"| {code(text)} | {index} |" for index, text in enumerate(part))
        cells = shown_cells(head + rows)[2:]
        assert cells[1::2] == [str(index) for index in range(len(part))]
        # A reader sees what is shown of the text; spaces at the ends of a cell do not count.
        assert cells[::2] == [show_text(text) for text in part]


NASTY = (
    "<!-- rundiff:report -->", "@maintainers", "#1", "owner/repo#2", "https://evil.example/x",
    "www.evil.example", "![x](https://evil.example/p.png)", "[x](javascript:alert(1))", "| a | b |",
    "```\nx\n```", "`", "``", "` `", " ", "  x  ", "\\", "\\|", "|", "a|b`c|d", "</details>", "<b>",
    "<img src=x>", "- [ ] task", "---", "# head", "\n\n# head", "&#64;x", "&lt;", "!", "<!", "<!--",
    "--> <!-- rundiff:report -->", ":tada:", "*x*", "_x_", "~~x~~", "$x$", "1. x", "\t", "\r\n",
    "\u202ex", "a" * 500, "`" * 130, "\x00", "deadbeef1234567",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_names_stay_names_wherever_they_stand(text: str) -> None:
    check(render_markdown(small(text, text, text, text)))


def test_the_corpus_of_naughty_strings(corpus: Path) -> None:
    with tarfile.open(corpus / "hostile" / "naughty-strings.tar.gz") as archive:
        file = archive.extractfile("naughty-strings/blns.json")
        assert file is not None
        strings = json.loads(file.read())[15:]  # the table has room for 500
    runs: dict[str, dict[str, dict[str, object]]] = {}
    for name in ("base", "new"):
        values = {f"k{i}{text}": text if name == "new" else "x" for i, text in enumerate(strings)}
        runs[name] = {"params": dict(values)}
    text = render_markdown(judge(plain_comparison(runs)))
    cells = shown_cells(text)
    check(text)
    short = [text for text in strings if 0 < len(show_text(text)) <= 100 and text[0] not in '" ']
    assert len(short) > 400
    assert [text for text in short if show_text(text) not in cells] == []


@given(st.text(max_size=40))
def test_prose_never_acts(text: str) -> None:
    check(f"<!-- rundiff:report -->\n- {prose(text, 400)}\n")


def test_plain_sentences_read_as_sentences() -> None:
    sentence = "One number against one number: 0.897 against 0.912, beyond the tolerance 0.005."
    assert prose(sentence, 400) == sentence
    assert prose("dataset '@x' differs.", 400) == "dataset `'@x'` differs."
    assert prose("all runs (--columns N shows more)", 400) == "all runs (`--columns` N shows more)"


def large(runs: int, metrics: int, seed: int, *, gated: bool) -> Comparison:
    chance = random.Random(seed)
    names = [chance.choice(NASTY)[:60] + str(place) for place in range(runs)]
    keys = [f"{chance.choice(NASTY)[:60]}{place}" for place in range(metrics)]
    found: dict[str, dict[str, dict[str, object]]] = {
        name: {
            "params": {f"p{k}": chance.choice(NASTY) for k in range(min(metrics, 50))},
            "metrics": {
                key: chance.choice([chance.gauss(0, 1), math.nan, 1e300, 0.1]) for key in keys
            },
        }
        for name in names
    }
    directions = {key: chance.choice(["higher", "lower"]) for key in keys}
    series = {key: {names[0]: [3.0, 2.0], names[-1]: [1.0, math.nan, 0.0]} for key in keys[:200]}
    comparison = plain_comparison(found, directions=directions, series=series)
    gates = None
    if gated and runs > 1:
        rules = "".join(
            f'[metrics.{json.dumps(key)}]\nmust = "not-worse"\n'
            for key in keys[:300]
            if "\x00" not in key
        )
        gates = parse_gates(f"version = 1\n{rules}", name="gates.toml")
    return conclude(comparison, JudgeOptions(), gates=gates, today=TODAY)


TODAY = date(2026, 1, 1)
SIZES = [(1, 1), (2, 1), (2, 5_000), (3, 800), (10, 200), (100, 20), (1_000, 5), (1_000, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("runs", "metrics"), SIZES)
@pytest.mark.parametrize("gated", [False, True])
def test_no_summary_exceeds_its_budget(runs: int, metrics: int, gated: bool) -> None:
    comparison = large(runs, metrics, runs + metrics, gated=gated)
    wide = [*BUDGETS.values()] if metrics == 800 else [BUDGETS["github-comment"]]
    for budget in (SMALLEST_BUDGET, 4_000, 20_000, *wide):
        text = render_markdown(comparison, budget=budget)
        assert len(text) <= budget
        assert len(text.encode("utf-16-le")) // 2 <= budget
        assert len(text.encode()) <= 1_048_576 or budget > 250_000
        found = check(text)
        assert any(token.type == "strong_open" for token in found[:6])
        assert re.search(r"\*\*[^*]+\*\*", text[:300])
        assert text.rstrip().splitlines()[-1].startswith("<sub>rundiff ")
    assert "left out here" in render_markdown(comparison, budget=SMALLEST_BUDGET) or metrics == 1


def test_every_number_is_the_one_in_the_json() -> None:
    """With so few digits that all are shown, each number of the table is one of the JSON's."""
    chance = random.Random(4)
    keys = [f"m{k}" for k in range(30)]
    runs = {name: {"metrics": {key: chance.randrange(10, 99) / 100 for key in keys}}
            for name in ("a", "b", "c")}  # fmt: skip
    comparison = judge(plain_comparison(runs, directions=dict.fromkeys(keys, "higher")))
    numbers = {
        (row["key"], row["run_name"]): row["number"]
        for row in json.loads(render_json(comparison))["relation"]
    }
    rows = [line for line in render_markdown(comparison).splitlines() if line.startswith("| `m")]
    assert len(rows) == 30
    for line in rows:
        key, *cells = line.strip("| ").split(" | ")
        for name, cell in zip(runs, cells, strict=True):
            shown = float(cell.split(" ")[0].replace("\u2212", "-"))
            assert shown == numbers[key.strip("`"), name]


def test_the_outcome_comes_first_and_what_was_left_out_last() -> None:
    text = render_markdown(small("new", "accuracy", "y"))
    lines = text.splitlines()
    assert lines[0] == "<!-- rundiff:report -->"
    assert lines[1].startswith("**✅ Better**: 2 better")
    assert lines[-1].endswith("nothing left out but what is equal in all runs</sub>")
    assert render_markdown(small("new", "a", "y"), key="nightly").startswith(
        "<!-- rundiff:nightly -->"
    )


def test_runs_of_one_name_are_told_apart_wherever_they_are_named() -> None:
    """As those of the main branch and of a pull request, which one script called the same."""
    gates = parse_gates("version = 1\n[metrics.acc]\nmin = 0.95\n", name="gates.toml")
    comparison = make_comparison(
        Recorded(run_id="aaaaaaaa", name="train", params={"lr": 1}, metrics={"acc": 0.8}),
        Recorded(run_id="bbbbbbbb", name="train", params={"lr": 2}, metrics={"acc": 0.9}),
        gates=gates,
    )
    text = render_markdown(comparison)
    assert "`train (bbbbbb)` against the baseline `train (aaaaaa)`" in text
    assert "`train`" not in text
    assert 'classname="train (bbbbbb)"' in render_junit(comparison).decode()


def test_gates_that_passed_are_followed_by_what_was_won() -> None:
    rule = 'version = 1\n[metrics.accuracy]\ndirection = "higher"\nmust = "not-worse"\n'
    gates = parse_gates(rule, name="gates.toml")

    def first_line(after: float) -> str:
        runs = [
            Recorded(name=name, metrics={"accuracy": accuracy})
            for name, accuracy in (("base", 0.8), ("wide", after))
        ]
        comparison = make_comparison(*runs)
        judged = conclude(comparison, JudgeOptions(), gates=gates, today=TODAY)
        return render_markdown(judged).splitlines()[1]

    assert first_line(0.9) == "**✅ Passed**: 1 gate passed; `accuracy` 0.8 → 0.9 (+0.1, +12 %)"
    assert first_line(0.8) == "**✅ Passed**: 1 gate passed"
    assert first_line(0.7) == "**❌ Failed**: 1 of 1 gate failed; `accuracy` 0.8 → 0.7"


def test_a_gate_fails_on_what_is_missing_or_cannot_be_compared_in_those_words() -> None:
    rule = 'version = 1\n[metrics.{}]\ndirection = "higher"\nmust = "not-worse"\n'

    def first_line(metric: str) -> str:
        runs = [
            Recorded(
                name=name,
                metrics={"accuracy": accuracy},
                datasets=[{"name": "d", "context": "test", "digest": name, "source": "s"}],
            )
            for name, accuracy in (("base", 0.8), ("wide", 0.9))
        ]
        gates = parse_gates(rule.format(metric), name="gates.toml")
        judged = conclude(make_comparison(*runs), JudgeOptions(), gates=gates, today=TODAY)
        return render_markdown(judged).splitlines()[1]

    failed = "**❌ Failed**: 1 of 1 gate failed;"
    assert first_line("accuracy") == f"{failed} `accuracy` is not comparable"
    assert first_line("accurcy") == f"{failed} `accurcy` is missing"


def test_the_first_line_names_the_best_of_several_candidates() -> None:
    def first_line(*, digest: str) -> str:
        data = {"name": "set", "context": "train", "source": "s"}
        runs = [
            Recorded(
                name=name,
                metrics={"val/accuracy": accuracy, "fit_seconds": seconds},
                datasets=[{**data, "digest": digest if name == "deep" else "d0"}],
            )
            for name, accuracy, seconds in (("base", 0.8, 1), ("wide", 0.85, 2), ("deep", 0.9, 3))
        ]
        return render_markdown(make_comparison(*runs)).splitlines()[1]

    told = "`val/accuracy` 0.8 → 0.9 (+0.1, +12 %) with `deep`"
    assert first_line(digest="d0").endswith(f"2 mixed of 2 candidates; {told}")
    assert first_line(digest="d1").endswith(f"{told}, measured on other data")


@settings(max_examples=50)
@given(st.lists(st.lists(st.floats(), max_size=40), min_size=1, max_size=3))
def test_sparklines_of_any_numbers(curves: list[list[float]]) -> None:
    for curve, drawn in zip(curves, build_sparklines(curves), strict=True):
        assert set(drawn) <= set("▁▂▃▄▅▆▇█·")
        assert len(drawn) <= min(12, len(curve))


def test_a_sparkline_ends_where_the_curve_ends() -> None:
    falling, rising = build_sparklines([[8.0, 4.0, 2.0, 1.0], [1.0, 8.0]])
    assert (falling[0], falling[-1]) == ("█", "▁")
    assert rising == "▁█"
    assert build_sparklines([[1.0]]) == ("",)
    assert build_sparklines([[math.nan, 1.0, 2.0]]) == ("·▁█",)


def test_replicates_alone_are_no_progress() -> None:
    runs: dict[str, dict[str, dict[str, object]]] = {
        f"s{seed}": {"params": {"seed": seed}, "metrics": {"accuracy": 0.9 + seed / 10}}
        for seed in range(3)
    }
    text = render_markdown(judge(plain_comparison(runs, directions={"accuracy": "higher"})))
    assert text.splitlines()[1].startswith("**Compared**: all runs repeat the baseline's recipe")
    assert "**better**" not in text


def test_the_seeds_of_replicates_that_are_no_columns_are_not_told_by_one_run() -> None:
    runs = [
        Recorded(
            name=f"{lr}-{seed}",
            params={"lr": lr, "seed": seed},
            metrics={"accuracy": 0.5 + lr + seed / 1_000},
            artifacts=[{"path": "log.txt", "size": 1, "sha256": f"{lr}{seed}"}],
        )
        for lr in (0.1, 0.2)
        for seed in range(6)
    ]
    lines = render_markdown(make_comparison(*runs)).splitlines()
    assert "| `seed` | varies | varies |" in lines
    (artifact,) = [line for line in lines if line.startswith("| `log.txt`")]
    assert artifact.count("…") == 2
