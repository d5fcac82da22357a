"""Comparison tables: what stands in the cells, in which order, and what is folded."""

from __future__ import annotations

import json
from pathlib import Path

from rundiff.api import compare
from rundiff.budgets import MOST_ROWS
from rundiff.comparison import Section
from rundiff.selected import load_selected
from rundiff.views.folding import fold_texts
from rundiff.views.kept import keep_within
from rundiff.views.recipes import build_columns, build_recipe_row
from rundiff.views.tables import Table, build_tables

from tests.factories import Recorded, make_comparison


def table_of(section: str, *runs: Recorded) -> Table:
    comparison = make_comparison(*runs)
    kept = keep_within(comparison, load_selected(comparison))
    tables = build_tables(kept.tabled, kept.left_rows)
    return {table.section: table for table in tables}[section]


def test_rows_that_differ_come_first_and_the_others_are_listed() -> None:
    table = table_of(
        "params",
        Recorded(name="a", params={"seed": 0, "lr": 0.1, "data": "x"}),
        Recorded(name="b", params={"seed": 0, "lr": 0.2, "data": "x"}),
    )
    assert [row.key for row in table.differing] == ["lr"]
    assert sorted(row.key for row in table.identical) == ["data", "seed"]
    assert table.identical_keys in ("seed, data", "data, seed")


def test_each_value_looks_like_what_it_is() -> None:
    values = [1, "1", 1.0, True, None, "", float("nan"), float("inf")]
    runs = [Recorded(name=f"r{index}", params={"k": value}) for index, value in enumerate(values)]
    (row,) = table_of("params", *runs, Recorded(name="none", params={"other": 1})).differing[:1]
    looks = {cell.run_id: cell.shown for cell in row.cells}
    assert list(looks.values())[:8] == ["1", '"1"', "1.0", "true", "null", '""', "NaN", "∞"]


def test_a_missing_value_differs_and_has_no_exact_value() -> None:
    table = table_of(
        "params", Recorded(name="a", params={"lr": 1}), Recorded(name="b", params={"x": 1})
    )
    cell = next(row for row in table.differing if row.key == "lr").cells[1]
    assert (cell.type, cell.value, cell.shown, cell.differs) == ("missing", "", "–", True)


def test_numbers_show_delta_relative_change_and_word() -> None:
    table = table_of(
        "metrics",
        Recorded(name="a", metrics={"accuracy": 0.9301}),
        Recorded(name="b", metrics={"accuracy": 0.9650}),
    )
    cell = table.differing[0].cells[1]
    assert cell.value == "0.965"
    assert cell.move is not None
    assert (cell.move.delta, cell.move.relative) == ("+0.035", "+3.8 %")
    assert cell.move.arrow == "↑"
    assert cell.note == ""  # of two runs the verdict says it
    assert table.differing[0].hint == "↑ higher is better"


def test_integers_that_no_double_holds_look_different(tmp_path: Path) -> None:
    """2^53 and 2^53 + 1 are one double; the second is shown with all its digits."""
    runs = [{"run_id": name, "metrics": {"n": 2**53 + more}} for more, name in enumerate("ab")]
    path = tmp_path / "runs.json"
    path.write_text(json.dumps({"runs": runs}))
    comparison = compare(path)
    looks = ["9.01e15", "9007199254740993"]
    (row,) = comparison.sections[Section.METRICS]
    shown = build_recipe_row(row, build_columns(comparison), comparison)
    assert [cell.text for cell in shown.cells] == looks
    kept = keep_within(comparison, load_selected(comparison))
    (table,) = build_tables(kept.tabled, kept.left_rows)
    assert [cell.shown for cell in table.differing[0].cells] == looks


def test_the_best_and_the_worst_of_several_runs_are_named() -> None:
    runs = [Recorded(name=f"r{n}", metrics={"accuracy": 0.9 + n / 100}) for n in range(3)]
    table = table_of("metrics", *runs)
    assert [cell.note for cell in table.differing[0].cells] == ["worst", "", "best"]


def test_texts_that_are_equal_as_numbers_are_identical_and_it_is_said() -> None:
    table = table_of(
        "params",
        Recorded(name="a", params={"lr": "0.1"}),
        Recorded(name="b", params={"lr": "0.10"}),
    )
    assert [(row.key, row.hint) for row in table.identical] == [("lr", "equal as numbers")]


def test_very_long_values_that_differ_at_the_end_still_look_different() -> None:
    table = table_of(
        "params",
        Recorded(name="a", params={"text": "x" * 9_000 + "a"}),
        Recorded(name="b", params={"text": "x" * 9_000 + "b"}),
    )
    one, two = table.differing[0].cells
    assert one.shown != two.shown
    assert len(one.shown) < 2_200
    assert one.value != two.value
    assert one.value.startswith("xxx")
    assert "(9,001 characters, sha256 " in one.value


def test_long_values_that_begin_alike_are_numbered() -> None:
    """The page's script, which has no digest at hand, writes the same."""
    beginning = "x" * 2_000
    runs = [Recorded(name=end, params={"text": f"{beginning}{end}"}) for end in ("a", "b", "c")]
    again = Recorded(name="again", params={"text": f"{beginning}b"})
    table = table_of("params", *runs, again, Recorded(name="y", params={"text": "y" * 2_001}))
    assert [cell.shown for cell in table.differing[0].cells] == [
        f"{beginning}… (2,001 characters, 1 of 3 that begin alike)",
        f"{beginning}… (2,001 characters, 2 of 3 that begin alike)",
        f"{beginning}… (2,001 characters, 3 of 3 that begin alike)",
        f"{beginning}… (2,001 characters, 2 of 3 that begin alike)",
        f"{'y' * 2_000}… (2,001 characters)",
    ]


def test_long_texts_fold_what_they_share_and_mark_what_differs() -> None:
    folded = fold_texts(
        [
            "python -m trainer.fit --data cancer --alpha 0.0001 --seed 0 --out somewhere/else",
            "python -m trainer.fit --data cancer --alpha 0.01 --seed 0 --out somewhere/else",
            None,
        ]
    )
    assert folded is not None
    kinds = [(piece.kind, piece.text) for piece in folded[1]]
    assert kinds[0] == ("folded", "python -m trainer.fit --data cancer --alpha ")
    assert kinds[1] == ("differs", "0.01")
    assert kinds[2][0] == "folded"
    assert folded[2] == ()
    joined = "".join(piece.text for piece in folded[1])
    assert joined.endswith("--alpha 0.01 --seed 0 --out somewhere/else")


def test_short_texts_are_not_folded() -> None:
    assert fold_texts(["adam", "sgd"]) is None


def test_one_run_alone_has_nothing_to_fold() -> None:
    table = table_of("params", Recorded(name="a", params={"lr": 1}))
    assert (len(table.differing), table.identical) == (1, ())


def test_beyond_the_limit_rows_that_differ_stay_and_the_rest_is_counted() -> None:
    many = {f"k{index:05d}": "x" for index in range(MOST_ROWS + 50)}
    table = table_of(
        "params", Recorded(name="a", params=many), Recorded(name="b", params=many | {"k02030": "y"})
    )
    assert [row.key for row in table.differing] == ["k02030"]
    assert len(table.differing) + len(table.identical) == MOST_ROWS
    assert table.note.startswith("50 more rows are left out")


def test_the_note_on_verdicts_says_what_was_set_against_what() -> None:
    def note(seeds: int) -> str:
        runs = [
            Recorded(
                name=f"{model}{seed}",
                params={"model": model, "seed": seed},
                metrics={"accuracy": value + seed / 100},
            )
            for model, value in (("a", 0.8), ("b", 0.9))
            for seed in range(seeds)
        ]
        return table_of("metrics", *runs).note

    assert note(1).startswith("One run is set against one run: ")
    assert note(2).startswith("Too few runs repeat each other: ")
    assert note(3) == ""
