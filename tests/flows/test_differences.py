"""What two texts have in common is found quickly, whatever they hold."""

import random

import pytest

from builder.flows.differences import Stretch, differences


def test_an_insertion_and_a_removal_at_one_place_are_a_change() -> None:
    assert differences(["a", "b", "c"], ["a", "x", "y", "c"]) == [
        Stretch(True, 0, 1, 0, 1), Stretch(False, 1, 2, 1, 3), Stretch(True, 2, 3, 3, 4)
    ]  # fmt: skip


def test_equal_texts_have_no_difference() -> None:
    assert differences([], []) == []
    assert differences(["a", "a"], ["a", "a"]) == [Stretch(True, 0, 2, 0, 2)]


@pytest.mark.parametrize("seed", range(20))
def test_the_stretches_make_the_new_text_of_the_old_one(seed: int) -> None:
    dice = random.Random(seed)
    old, new = ([dice.choice("abcd") for _ in range(dice.randrange(60))] for _ in range(2))
    made: list[str] = []
    for one in differences(old, new):
        assert not one.same or old[one.start : one.end] == new[one.new_start : one.new_end]
        made += old[one.start : one.end] if one.same else new[one.new_start : one.new_end]
    assert made == new


def test_long_texts_of_repeated_lines_are_no_trap() -> None:
    old = [f"line {number}" if number % 2 else "same" for number in range(20_000)]
    new = [f"other {number}" if number % 2 else "same" for number in range(20_000)]
    assert sum(one.end - one.start for one in differences(old, new) if one.same) == 10_000


def test_texts_that_are_too_long_to_hold_against_each_other_differ_as_a_whole() -> None:
    old, new = [f"a{number}" for number in range(30_000)], [f"b{number}" for number in range(30_000)]
    assert differences(old, new) == [Stretch(False, 0, 30_000, 0, 30_000)]
