"""A clock that is off is set right by the one that all machines ask, and does not jump in between."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from builder.clock import AgreedClock, FixedClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND, FIVE_MINUTES = timedelta(seconds=1), timedelta(minutes=5)


class Both:
    """A machine's clock and the one that counts seconds, moved together; `jump` moves the first alone."""

    def __init__(self) -> None:
        self.own, self.counted = FixedClock(NOON), 100.0
        self.agreed = AgreedClock(self.own)

    def pass_seconds(self, seconds: float) -> None:
        self.own.advance(timedelta(seconds=seconds))
        self.counted += seconds

    def jump(self, by: timedelta) -> None:
        self.own.advance(by)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Both:
    both = Both()
    monkeypatch.setattr("builder.clock.time", SimpleNamespace(monotonic=lambda: both.counted))
    return both


def test_where_nobody_tells_another_time_or_both_agree_its_own_counts(clocks: Both) -> None:
    assert clocks.agreed.now() == NOON
    clocks.agreed.hear(clocks.counted, NOON + SECOND / 2)
    assert clocks.agreed.now() == NOON


@pytest.mark.parametrize("off", [FIVE_MINUTES, -FIVE_MINUTES])
def test_where_they_differ_the_others_is_counted_on(clocks: Both, off: timedelta) -> None:
    clocks.agreed.hear(clocks.counted, NOON + off)
    clocks.pass_seconds(7)
    assert clocks.agreed.now() == NOON + off + 7 * SECOND


@pytest.mark.parametrize("by", [FIVE_MINUTES, -FIVE_MINUTES])
def test_a_clock_that_is_set_in_between_does_not_take_it_along(clocks: Both, by: timedelta) -> None:
    clocks.agreed.hear(clocks.counted, NOON)
    clocks.jump(by)
    clocks.pass_seconds(2)
    assert clocks.agreed.now() == NOON + 2 * SECOND
    clocks.jump(-by)
    assert clocks.agreed.now() == NOON + 2 * SECOND


@pytest.mark.parametrize("sign", [1, -1])
def test_with_a_clock_that_is_off_by_about_what_is_allowed_time_does_not_go_to_and_fro(clocks: Both, sign: int) -> None:
    clocks.agreed.hear(clocks.counted, NOON)
    told = []
    for tenths in (9, 11, 9, 11, 6, 4, 6, 9):
        clocks.jump(NOON + sign * tenths * SECOND / 10 - clocks.own.now())
        told.append(clocks.agreed.now() != NOON)
    assert told == [True, False, False, False, False, True, True, True], "whether its own counts"


def test_time_does_not_go_back_by_what_a_question_takes(clocks: Both) -> None:
    clocks.agreed.hear(clocks.counted, NOON + FIVE_MINUTES)
    clocks.agreed.hear(clocks.counted, NOON + FIVE_MINUTES - SECOND / 10)
    assert clocks.agreed.now() == NOON + FIVE_MINUTES


def test_the_other_may_be_set_too_and_is_believed(clocks: Both) -> None:
    clocks.agreed.hear(clocks.counted, NOON)
    clocks.agreed.hear(clocks.counted, NOON + FIVE_MINUTES)
    assert clocks.agreed.now() == NOON + FIVE_MINUTES
