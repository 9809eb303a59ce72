"""The calendar: what ran, was late, left out or missed, and what will run, by day in the zone that people choose."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builder.clock import FixedClock
from builder.store import triggers
from builder.store.triggers import history, states
from builder.tasks.core.trigger import SCHEDULES
from builder.triggers.schedule.calendar import Calendar, Kind, calendar

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 10, 12, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
DAILY = {
    "id": "daily", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "30 23 * * *", "timezone": "UTC",
    "allowConcurrent": True,
}  # fmt: skip


@pytest.fixture
def trigger() -> triggers.Trigger:
    triggers.declare("lab", "night", 1, [DAILY], disabled=False, now=NOW - timedelta(days=5))
    return triggers.get("lab", "night", "daily")


def shown(first: date, days: int, zone: ZoneInfo = PARIS) -> Calendar:
    return calendar(first, days, zone, FixedClock(NOW), triggers.of_types(SCHEDULES, active=False))


def kinds(first: date, days: int, zone: ZoneInfo = PARIS) -> dict[date, list[Kind]]:
    found = shown(first, days, zone)
    return {day.date: [entry.kind for line in day.lines for entry in line.entries] for day in found.days}


def fired(trigger: triggers.Trigger, day: int, state: str = "FIRED", late: timedelta = timedelta(0)) -> None:
    at = datetime(2027, 3, day, 23, 30, tzinfo=UTC)
    assert triggers.fire(trigger, at, at + late, next_at=None, state=state, reason="why") is not None


def test_each_time_stands_on_its_day_as_what_became_of_it(trigger: triggers.Trigger) -> None:
    for day, state in ((5, "FIRED"), (6, "SKIPPED"), (7, "MISSED"), (8, "FAILED")):
        fired(trigger, day, state, timedelta(seconds=59))
    found = kinds(date(2027, 3, 6), 7)
    # 23:30 in UTC is the next day in Paris
    assert list(found.values()) == [
        [Kind.RAN], [Kind.SKIPPED], [Kind.MISSED], [Kind.FAILED], [Kind.DUE], [Kind.COMING], [Kind.COMING],
    ]  # fmt: skip
    assert kinds(date(2027, 3, 5), 1, ZoneInfo("UTC")) == {date(2027, 3, 5): [Kind.RAN]}


def test_it_says_where_it_may_not_be_known_any_more_what_came_of_a_time(trigger: triggers.Trigger) -> None:
    assert shown(date(2026, 12, 10), 1).forgets_before == NOW - timedelta(days=90)
    assert shown(date(2026, 12, 10), 90).forgets_before == NOW - timedelta(days=90)
    assert shown(date(2026, 12, 11), 1).forgets_before is None


def test_what_started_after_its_minute_was_late(trigger: triggers.Trigger) -> None:
    fired(trigger, 8, late=timedelta(seconds=61))
    (line,) = shown(date(2027, 3, 9), 1).days[0].lines
    assert line.counts == {"late": 1} and line.first.reason == "why"


def test_what_is_off_has_nothing_to_come(trigger: triggers.Trigger) -> None:
    assert kinds(date(2027, 3, 12), 1) == {date(2027, 3, 12): [Kind.COMING]}
    triggers.set_enabled(*trigger.place, False, NOW)
    assert kinds(date(2027, 3, 12), 1) == {date(2027, 3, 12): []}


def test_days_on_which_the_clocks_change_say_so() -> None:
    found = shown(date(2027, 3, 27), 3)
    assert [day.clocks for day in found.days] == ["", "clocks go forward", ""]
    assert shown(date(2027, 10, 31), 1).days[0].clocks == "clocks go back"


def test_a_schedule_of_every_second_is_counted_and_cut() -> None:
    each = {**DAILY, "cron": "* * * * * *", "withSeconds": True}
    triggers.declare("lab", "night", 1, [each], disabled=False, now=NOW)
    found = shown(date(2027, 3, 11), 1)
    assert found.is_cut and found.days[0].lines[0].shown == () and found.days[0].lines[0].is_cut
    (first, second) = (day.lines for day in shown(date(2027, 3, 11), 2).days)
    assert first[0].is_cut and not second, "what is not told says so where it ends"


def test_schedules_of_one_flow_are_told_apart(trigger: triggers.Trigger) -> None:
    (line,) = shown(date(2027, 3, 12), 1).days[0].lines
    assert not line.has_siblings
    triggers.declare("lab", "night", 1, [DAILY, {**DAILY, "id": "second"}], disabled=False, now=NOW)
    assert [line.has_siblings for line in shown(date(2027, 3, 12), 1).days[0].lines] == [True, True]


def test_what_a_backfill_filled_counts_once(trigger: triggers.Trigger) -> None:
    at = datetime(2027, 3, 7, 23, 30, tzinfo=UTC)
    history.note_missed(trigger.key, [at, at], "off", NOW)
    history.note_missed(trigger.key, [at], "again", NOW)
    states.restart(*trigger.place, NOW)
    assert kinds(date(2027, 3, 8), 1) == {date(2027, 3, 8): [Kind.MISSED]}
    assert [slot.reason for slot in triggers.slots(trigger)] == ["off"]
