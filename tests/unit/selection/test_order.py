"""Leaving out what cannot be among the first changes nothing of who they are."""

import random
from functools import partial

import pyarrow as pa
import pytest
from rundiff.records.arrays import column_of
from rundiff.selection.facts import KeyFacts
from rundiff.selection.grammar import parse_order
from rundiff.selection.order import among_first, sorted_by


def each(texts: list[str]) -> tuple[list[str], pa.Array]:
    return texts, column_of(range(len(texts)), pa.int32())


@pytest.mark.parametrize("order", ["metrics.x", "metrics.x DESC"])
@pytest.mark.parametrize("most", [1, 3, 10, 60])
def test_the_first_of_few_are_the_first_of_all(order: str, most: int) -> None:
    for seed in range(30):
        chance = random.Random(seed)
        runs = sorted(chance.sample(range(60), chance.randrange(60)))
        numbers = [
            chance.choice([None, float("nan"), -0.0, 0.0, 1.0, 2.5, chance.random()]) for _ in runs
        ]
        texts = [chance.choice("abc") for _ in runs]
        found = KeyFacts(
            column_of(runs, pa.int32()), column_of(numbers, pa.float64()), partial(each, texts)
        )
        ranked = parse_order(order), found
        places = list(range(60))
        chance.shuffle(places)
        few = among_first(places, *ranked, most)
        in_order = [at for at in places if at in set(few)]
        assert sorted_by(in_order, *ranked)[:most] == sorted_by(places, *ranked)[:most]
