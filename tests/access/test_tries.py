"""Failures are counted by name and by address, and nobody is forgotten for the sake of strangers."""

import pytest
from django.test import RequestFactory

from builder.access import tries
from builder.access.login import TRIES, count_failure, may_try
from builder.access.tries import Tries


def test_ever_new_names_push_out_nobody_who_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST_KEPT", 5)
    counted = Tries(2, 10**9)
    for name in ("admin", "admin", *map(str, range(50))):
        counted.count(name)
    assert not counted.may("admin") and counted.may("49")


def test_an_address_may_not_try_name_after_name() -> None:
    here, there = (RequestFactory().post("/", REMOTE_ADDR=address) for address in ("10.1.1.1", "10.1.1.2"))
    for number in range(10 * TRIES):
        assert may_try(here, str(number))
        count_failure(here, str(number))
    assert not may_try(here, "one more") and may_try(there, "one more")


def test_failures_are_forgotten_when_their_span_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr(tries.time, "time", lambda: at[0])
    counted = Tries(1, 60)
    counted.count("a")
    assert not counted.may("a") and counted.seconds_left() == 20
    at[0] += 20
    assert counted.may("a")
