"""Ids that several runs carry."""

from rundiff.records.run_ids import free_id


class Counted(set[str]):
    """Ids that count how often somebody asks."""

    asked = 0

    def __contains__(self, run_id: object) -> bool:
        self.asked += 1
        return super().__contains__(run_id)


def test_an_id_that_is_free_stays_and_a_taken_one_gets_the_next_number() -> None:
    assert free_id("a", set()) == "a"
    assert free_id("a", {"a"}) == "a~2"
    taken: set[str] = set()
    for _ in range(9):
        taken.add(free_id("a", taken))
    assert taken == {"a", *(f"a~{number}" for number in range(2, 10))}


def test_an_id_that_somebody_recorded_is_not_given_twice() -> None:
    assert free_id("a", {"a", "a~2", "a~4"}) not in {"a", "a~2", "a~4"}


def test_a_hundred_thousand_runs_of_one_id_are_not_asked_about_each() -> None:
    taken = Counted({"a", *(f"a~{number}" for number in range(2, 100_001))})
    assert free_id("a", taken) == "a~100001"
    assert taken.asked < 100
