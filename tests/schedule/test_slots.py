"""Which slots are due after a quiet second, after an outage, and after a long one."""

from datetime import UTC, datetime, timedelta
from functools import partial

from builder.schedule import Recover, parse_cron
from builder.schedule import due as due_with
from builder.schedule.slots import MOST_RECOVERED

due = partial(due_with, grace=timedelta(seconds=60))
HOURLY = parse_cron("0 * * * *")
NOON = datetime(2027, 1, 15, 12, 0, tzinfo=UTC)


def test_a_slot_fires_in_the_second_it_comes() -> None:
    found = due(HOURLY, NOON - timedelta(seconds=1), NOON)
    assert found.fire == (NOON,)
    assert found.missed == ()


def test_nothing_is_due_twice() -> None:
    assert due(HOURLY, NOON, NOON + timedelta(minutes=59)).fire == ()


def test_all_makes_up_for_every_missed_slot_in_order() -> None:
    found = due(HOURLY, NOON - timedelta(hours=3), NOON)
    assert found.fire == (NOON - timedelta(hours=2), NOON - timedelta(hours=1), NOON)


def test_last_makes_up_for_the_last_one_only() -> None:
    found = due(HOURLY, NOON - timedelta(hours=3), NOON + timedelta(minutes=30), recover=Recover.LAST)
    assert found.fire == (NOON,)
    assert [missed.slot for missed in found.missed] == [NOON - timedelta(hours=2), NOON - timedelta(hours=1)]
    assert "LAST" in found.missed[0].why


def test_none_lets_missed_slots_go() -> None:
    found = due(HOURLY, NOON - timedelta(hours=3), NOON + timedelta(minutes=30), recover=Recover.NONE)
    assert found.fire == ()
    assert len(found.missed) == 3


def test_a_slot_too_late_is_missed() -> None:
    found = due(HOURLY, NOON - timedelta(hours=3), NOON, late_maximum=timedelta(minutes=90))
    assert found.fire == (NOON - timedelta(hours=1), NOON)
    (missed,) = found.missed
    assert missed.why == "it would have been more than 1 h 30 min late, which is what lateMaximumDelay allows."


def test_a_year_of_outage_is_not_a_flood() -> None:
    found = due(parse_cron("* * * * *"), NOON - timedelta(days=365), NOON)
    assert len(found.fire) == MOST_RECOVERED


def test_an_installation_says_how_young_a_slot_is_on_time() -> None:
    late = NOON + timedelta(seconds=5)
    assert due(HOURLY, NOON - timedelta(hours=1), late, recover=Recover.NONE).fire == (NOON,)
    assert due(HOURLY, NOON - timedelta(hours=1), late, recover=Recover.NONE, grace=timedelta(seconds=2)).fire == ()
