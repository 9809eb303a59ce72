"""When a failed attempt is tried again."""

from datetime import timedelta

import pytest

from builder.engine.again.retries import Retry, read_retry
from builder.engine.execution import Attempt
from builder.engine.play import START
from builder.engine.states import State

EXPONENTIAL = {"type": "exponential", "interval": "PT1S", "maxInterval": "PT10S", "delayFactor": 3}
RANDOM = {"type": "random", "minInterval": "PT1S", "maxInterval": "PT3S"}


def _retry(**written: object) -> Retry:
    retry = read_retry({"type": "constant", "interval": "PT1M", **written})
    assert retry is not None
    return retry


def _tries(count: int) -> list[Attempt]:
    return [Attempt(number, State.FAILED, START + timedelta(minutes=number)) for number in range(1, count + 1)]


@pytest.mark.parametrize("key", ["maxAttempt", "maxAttempts"])
def test_the_first_try_counts_among_the_most(key: str) -> None:
    retry = _retry(**{key: 2})
    assert retry.next_try(_tries(1), START, "seed") == START + timedelta(minutes=1)
    assert retry.next_try(_tries(2), START, "seed") is None


def test_no_try_begins_after_the_longest_time() -> None:
    retry = _retry(maxDuration="PT5M")
    begun = START + timedelta(minutes=1)
    assert retry.next_try(_tries(1), begun + timedelta(minutes=4), "seed") is not None
    assert retry.next_try(_tries(1), begun + timedelta(minutes=4, seconds=1), "seed") is None


def test_without_bounds_it_goes_on_for_ever() -> None:
    assert _retry().next_try(_tries(500), START, "seed") is not None


def test_an_exponential_wait_grows_to_its_longest() -> None:
    retry = read_retry(EXPONENTIAL)
    assert retry is not None
    assert [retry.delay(tries, "").total_seconds() for tries in (1, 2, 3, 4, 400)] == [1, 3, 9, 10, 10]


def test_a_random_wait_is_the_same_for_the_same_run() -> None:
    retry = read_retry(RANDOM)
    assert retry is not None
    waits = {retry.delay(tries, seed).total_seconds() for tries in range(1, 20) for seed in "ab"}
    assert len(waits) > 30
    assert all(1 <= wait <= 3 for wait in waits)
    assert retry.delay(3, "a") == retry.delay(3, "a")


def test_no_retry_is_none() -> None:
    assert read_retry(None) is None
