"""Rows A10 to A13: what happens to schedulers, and to the dates that they were to keep."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults import flows
from tests.faults.lab import Record
from tests.faults.parts import Part, wait_until
from tests.faults.row import Row

pytestmark = pytest.mark.faults
FIRED, MISSED = "FIRED", "MISSED"


def slots(row: Row, flow_id: str = "scheduled") -> dict[datetime, str]:
    """What came of each date, oldest first."""
    found = row.lab.slots(row.namespace, flow_id, "each_second")
    return dict(sorted((datetime.fromisoformat(one["date"]), one["state"]) for one in found))


def later(row: Row, flow_id: str, begin: datetime, end: datetime | None = None) -> dict[datetime, str]:
    """What came of the dates from `begin` to `end`."""
    return {date: state for date, state in slots(row, flow_id).items() if begin <= date and (not end or date <= end)}


def started(row: Row, begin: datetime, end: datetime, flow_id: str = "scheduled") -> list[Record]:
    """The executions for the dates from `begin` to before `end`."""
    records = row.lab.found(row.namespace, flowId=flow_id)
    return [one for one in records if begin <= datetime.fromisoformat(one["trigger"]["variables"]["date"]) < end]


def next_second(after_seconds: float = 2) -> datetime:
    return (datetime.now(UTC) + timedelta(seconds=after_seconds)).replace(microsecond=0)


def wait_until_past(row: Row, moment: datetime, flow_id: str = "scheduled") -> None:
    """Until a date after this moment has come to something, and so have all before it."""
    wait_until(lambda: max(slots(row, flow_id), default=moment) > moment, f"{flow_id} goes on after {moment}", 90)


def switch_off(row: Row, flow_id: str = "scheduled") -> None:
    row.lab.patiently(lambda: row.lab.switch(row.namespace, flow_id, "each_second", False))


@pytest.mark.row("A10", kills=True)
def test_dates_that_passed_without_a_scheduler_are_made_up_for_as_the_schedule_says(row: Row) -> None:
    """Killed half a second before a date, back one and a half after the next: neither is on time any more."""
    for recover in ("ALL", "LAST", "NONE"):
        row.lab.save(flows.scheduled(row.namespace, recover.lower(), recover=recover, cron="*/5 * * * * *"))
    now = datetime.now(UTC)
    first = now.replace(microsecond=0) + timedelta(seconds=10 - now.second % 5)
    time.sleep((first - datetime.now(UTC)).total_seconds() - 0.5)
    for scheduler in row.product.schedulers:
        scheduler.kill()
    second = first + timedelta(seconds=5)
    time.sleep((second - datetime.now(UTC)).total_seconds() + 1.5)
    row.product.tend()
    wait_until(lambda: FIRED in later(row, "none", second).values(), "the schedule goes on", 90)
    for recover in ("all", "last", "none"):
        wait_until_past(row, second, recover)
        switch_off(row, recover)
    assert set(later(row, "all", first, second).values()) == {FIRED}
    assert set(later(row, "none", first, second).values()) == {MISSED}
    assert slots(row, "last")[first] == MISSED
    # the last that passed is the second, or a later one where the scheduler took long to start
    last = min(date for date, state in later(row, "last", first).items() if state == FIRED)
    on_time = min(date for date, state in later(row, "none", first).items() if state == FIRED)
    assert second <= last <= on_time
    assert set(later(row, "last", last).values()) == {FIRED}, "one is made up for, and all after it come"
    (late, *_) = started(row, first, second, "all")
    delay = datetime.fromisoformat(late["state"]["startDate"]) - first
    assert delay > timedelta(seconds=5), "the record shows its date, and that it began later"


@pytest.mark.row("A11")
def test_five_schedulers_one_of_them_killed_again_and_again_start_each_second_exactly_once(row: Row) -> None:
    seconds, every = (300, 20.0) if row.is_long else (30, 6.0)
    extra = [row.another("scheduler", f"s{number}") for number in range(2, 6)]
    row.lab.save(flows.scheduled(row.namespace))
    begin = next_second()
    end = begin + timedelta(seconds=seconds)
    wait_until(lambda: slots(row), "the schedule begins")
    while datetime.now(UTC) < end:
        row.random.choice([*extra, *row.product.schedulers[:1]]).restart()
        row.pause(every - 1, every)
    wait_until_past(row, end)
    switch_off(row)
    assert len(started(row, begin, end)) == seconds
    assert sum(begin <= date < end for date in slots(row)) == seconds


@pytest.mark.row("A12", kills=True)
def test_a_scheduler_that_was_frozen_starts_nothing_again_when_it_thaws(row: Row) -> None:
    row.lab.save(flows.scheduled(row.namespace))
    wait_until(lambda: slots(row), "the schedule begins")
    begin = next_second(0)
    frozen: list[Part] = list(row.product.schedulers)
    row.pause(0, 1)
    for scheduler in frozen:
        row.product.freeze(scheduler)
    row.another("scheduler", "s2")
    row.pause(row.seconds(3, 120), row.seconds(4, 121))
    wait_until_past(row, datetime.now(UTC) - timedelta(seconds=1))
    for scheduler in frozen:
        scheduler.thaw()
    end = next_second(3)
    wait_until_past(row, end)
    switch_off(row)
    assert len(started(row, begin, end)) == (end - begin).total_seconds()


@pytest.mark.row("A13")
def test_a_schedule_that_is_switched_off_and_on_loses_no_date_after_that(row: Row) -> None:
    row.lab.save(flows.scheduled(row.namespace))
    wait_until(lambda: slots(row), "the schedule begins")
    for _ in range(3):
        row.pause(0, 1)
        row.lab.switch(row.namespace, "scheduled", "each_second", False)
        row.pause(0, 1.5)
        row.lab.switch(row.namespace, "scheduled", "each_second", True)
        on = next_second(1)
        wait_until_past(row, on + timedelta(seconds=1))
        assert [slots(row).get(on), slots(row).get(on + timedelta(seconds=1))] == [FIRED, FIRED]
    switch_off(row)


@pytest.mark.row("A13")
def test_a_flow_that_is_saved_while_it_fires_runs_its_new_text_from_then_on(row: Row) -> None:
    row.lab.save(flows.scheduled(row.namespace))
    wait_until(lambda: slots(row), "the schedule begins")
    for revision in range(2, 6):
        row.pause(0, 1)
        row.lab.save(flows.scheduled(row.namespace, more=f"# {revision}\n"))
        saved_at = datetime.now(UTC)
        wait_until_past(row, saved_at + timedelta(seconds=1))
        later = [
            one
            for one in row.lab.found(row.namespace, flowId="scheduled")
            if datetime.fromisoformat(one["state"]["startDate"]) > saved_at
        ]
        assert later and {one["flowRevision"] for one in later} == {revision}
    switch_off(row)


@pytest.mark.row("A13")
def test_a_flow_that_is_deleted_while_it_fires_starts_nothing_after_that(row: Row) -> None:
    row.lab.save(flows.scheduled(row.namespace))
    row.lab.save(flows.scheduled(row.namespace, "other"))
    wait_until(lambda: slots(row) and slots(row, "other"), "the schedules begin")
    row.pause(0, 1)
    row.lab.delete(row.namespace, "scheduled")
    deleted_at = datetime.now(UTC)
    wait_until_past(row, deleted_at + timedelta(seconds=2), "other")
    switch_off(row, "other")
    starts = [one["state"]["startDate"] for one in row.lab.found(row.namespace, flowId="scheduled")]
    assert starts and all(datetime.fromisoformat(start) <= deleted_at for start in starts)
