"""Rows C7 to C9: clocks that jump, of the scheduler alone or of all, nights in which the hour changes, odd dates."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from builder.schedule.slots import MOST_RECOVERED
from tests.faults import flows
from tests.faults.lab import TERMINAL, Lab
from tests.faults.parts import PATIENCE_SECONDS, Part, wait_until
from tests.faults.product import Product
from tests.faults.row import Row
from tests.faults.test_schedulers import FIRED, next_second, slots, started, switch_off, wait_until_past
from tests.faults.test_workers import attempts, in_a_call

pytestmark = pytest.mark.faults
LIBRARY = "faketime/libfaketimeMT.so.1"
HOURS, DAY = timedelta(hours=2), timedelta(days=1)
TICK = timedelta(minutes=30)
RECOVERIES = {"all": "0 */5 * * * *", "last": "* * * * * *", "none": "* * * * * *"}
_SLEEP = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
"""
"""libfaketime refuses the call with which Python sleeps; what it does not refuse waits as long."""
SetClock = Callable[[timedelta], None]


def library() -> str:
    """What makes a process believe another time (Debian's package faketime)."""
    found = [path for folder in ("/usr/lib", "/usr/local/lib") for path in Path(folder).glob(f"**/{LIBRARY}")]
    if not found:
        pytest.skip(f"{LIBRARY} is not installed (the package faketime)")
    return str(found[0])


@contextmanager
def clocks(product: Product, parts: Sequence[Part], folder: Path) -> Iterator[SetClock]:
    """These parts have a clock that can be set, as far ahead of the true one as is said; right at first and last.

    They have loaded all that they need: with libfaketime a thread that loads lets the others have a hundredth of their
    turns, so that calls are not answered and leases lapse.
    """
    file = folder / "clock"

    def ahead(by: timedelta) -> None:
        written = folder / "clock.new"
        written.write_text(f"{by.total_seconds():+.3f}\n")
        os.replace(written, file)

    ahead(timedelta())
    (folder / "sitecustomize.py").write_text(_SLEEP)
    usual = product.environment
    lies = {
        "PYTHONPATH": f"{folder}{os.pathsep}{usual['PYTHONPATH']}",
        "LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
    }  # fmt: skip
    restart(product, parts, {**usual, **lies})
    for part in parts:
        wait_until(part.is_calm, f"{part.name} has loaded all", 3 * PATIENCE_SECONDS)
    try:
        yield ahead
    finally:
        ahead(timedelta())
        restart(product, parts, usual)


def restart(product: Product, parts: Sequence[Part], environment: dict[str, str]) -> None:
    for part in parts:
        part.stop()
        part.environment = environment
        part.start()
    product.wait_until_ready(3 * PATIENCE_SECONDS)


def all_clocks(row: Row) -> list[Part]:
    return [row.product.web, *row.product.workers, *row.product.schedulers]


def chosen(row: Row, whose: str) -> list[Part]:
    return row.product.schedulers if whose == "scheduler" else all_clocks(row)


def nothing_lasted_less_than_nothing(lab: Lab, namespace: str) -> None:
    for one in lab.found(namespace):
        state = lab.execution(one["id"])["state"]
        assert not str(state["duration"]).startswith(("-", "PT-")), state


@pytest.mark.row("C7")
@pytest.mark.parametrize("whose", ["scheduler", "all"])
def test_a_clock_that_jumps_ahead_starts_no_flood_and_back_again_starts_nothing_twice(
    row: Row, whose: str, tmp_path: Path
) -> None:
    with clocks(row.product, chosen(row, whose), tmp_path) as ahead:
        for recover, cron in RECOVERIES.items():
            row.lab.save(flows.scheduled(row.namespace, recover, recover=recover.upper(), cron=cron))
        wait_until(lambda: slots(row, "last") and slots(row, "none"), "the schedules begin")
        long = in_a_call(row, 10)
        before = timedelta()
        for by in (HOURS, DAY):
            begin = datetime.now(UTC) + before + timedelta(seconds=10)
            ahead(by)
            landed = datetime.now(UTC) + by
            wait_until_past(row, landed, "last")
            wait_until_past(row, landed, "none")
            wait_for_last(row, landed)
            end = landed - timedelta(seconds=5)
            counts = [len(started(row, begin, end, recover)) for recover in RECOVERIES]
            assert counts[0] <= MOST_RECOVERED and counts[1] <= 1 and counts[2] == 0, counts
            before = by
        for recover in RECOVERIES:
            switch_off(row, recover)
        fired = {recover: slots(row, recover) for recover in RECOVERIES}
        ahead(timedelta())
        row.lab.save(flows.scheduled(row.namespace, "other"))
        wait_until(lambda: len(slots(row, "other")) > 2, "a new schedule begins at the true time", 90)
        switch_off(row, "other")
        assert {recover: slots(row, recover) for recover in RECOVERIES} == fired
        record = row.lab.wait(long, "SUCCESS")
        wait_until(lambda: all(one["state"]["current"] in TERMINAL for one in row.lab.found(row.namespace)), "all end")
    if whose == "scheduler":
        assert attempts(record, "call") == [("SUCCESS", "")], "nobody is declared dead by another one's clock"
    nothing_lasted_less_than_nothing(row.lab, row.namespace)


@pytest.mark.row("C7")
@pytest.mark.parametrize("whose", ["scheduler", "all"])
def test_a_clock_that_jumps_back_starts_nothing_twice_and_right_again_leaves_nothing_out(
    row: Row, whose: str, tmp_path: Path
) -> None:
    with clocks(row.product, chosen(row, whose), tmp_path) as ahead:
        row.lab.save(flows.scheduled(row.namespace))
        wait_until(lambda: slots(row), "the schedule begins")
        begin = next_second()
        wait_until_past(row, begin)
        with row.load() as load:
            one = in_a_call(row, 5)
            for by in (HOURS, DAY):
                ahead(-by)
                row.pause(2, 3)
                row.lab.wait(row.lab.run(row.namespace, "slow"), "SUCCESS")
            ahead(timedelta())
            record = row.lab.wait(one, "SUCCESS")
        end = next_second(1)
        wait_until_past(row, end)
        switch_off(row)
        assert len(started(row, begin, end)) == (end - begin).total_seconds()
        assert sum(begin <= date < end for date in slots(row)) == (end - begin).total_seconds()
        wait_until(lambda: all(one["state"]["current"] in TERMINAL for one in row.lab.found(row.namespace)), "all end")
    assert attempts(record, "call") == [("SUCCESS", "")]
    assert not load.unanswered
    nothing_lasted_less_than_nothing(row.lab, row.namespace)


def wait_for_last(row: Row, landed: datetime) -> None:
    """Until what passed while the clock jumped is made up for: two a second at the most."""
    newest = landed - timedelta(minutes=5)
    wait_until(lambda: max(slots(row, "all"), default=newest) > newest, "all is made up for", 120)


@dataclass(frozen=True)
class Night:
    """A night in which a zone's clocks change: the moment, in UTC, and by how much they are ahead of UTC before and
    after."""

    change: datetime
    before: timedelta
    after: timedelta

    @property
    def odd_time(self) -> datetime:
        """By the wall: a time that is not there this night, or is there twice."""
        earlier = min(self.before, self.after)
        return (self.change + earlier + abs(self.after - self.before) / 2).replace(tzinfo=None)

    @property
    def kept_at(self) -> datetime:
        """When a daily schedule for the odd time starts: at the change where it is left out, at the first of two."""
        return self.change if self.after > self.before else self.change - abs(self.after - self.before) / 2


def nights(zone: ZoneInfo) -> list[Night]:
    """The next two."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + DAY
    found: list[Night] = []
    while len(found) < 2:
        before, after = ((at - past).astimezone(zone).utcoffset() or timedelta() for past in (TICK, timedelta()))
        if before != after:
            found.append(Night(at, before, after))
        at += TICK
    return found


def cron_at(moment: datetime) -> str:
    """Each day at this time."""
    return f"{moment.second} {moment.minute} {moment.hour} * * *"


@pytest.mark.row("C8")
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
def test_in_nights_in_which_the_hour_changes_each_date_comes_once(row: Row, zone: str, tmp_path: Path) -> None:
    """A time that is left out comes when the clocks change, one that is there twice comes at the first."""
    more = f"    timezone: {zone}\n    lateMaximumDelay: PT1H\n"
    with clocks(row.product, row.product.schedulers, tmp_path) as ahead:
        for number, night in enumerate(nights(ZoneInfo(zone))):
            daily, often = f"daily{number}", f"often{number}"
            row.lab.save(flows.scheduled(row.namespace, daily, cron=cron_at(night.odd_time), more=more))
            row.lab.save(flows.scheduled(row.namespace, often, cron="0 */30 * * * *", more=more))
            moments = [night.change + count * TICK for count in range(-3, 4)]
            for moment in moments:
                ahead(moment + timedelta(seconds=2) - datetime.now(UTC))
                wait_for_date(row, often, moment)
            wait_for_date(row, daily, night.kept_at)
            for flow_id in (daily, often):
                switch_off(row, flow_id)
            dates = {flow_id: fired(row, flow_id, moments[0], moments[-1]) for flow_id in (daily, often)}
            assert dates == {daily: [night.kept_at], often: moments}, f"{zone}, {night}"


@pytest.mark.row("C9")
def test_the_ends_of_months_and_years_and_leap_days_come_when_the_calendar_has_them(row: Row, tmp_path: Path) -> None:
    """The year 2100 has no leap day. The time between is passed over: of what was due in it the last is made up for."""
    crons = {"leap": "0 0 12 29 2 *", "month_end": "0 0 12 31 * *", "new_year": "0 0 0 1 1 *"}
    days = {"leap": 29, "month_end": 31, "new_year": 1}
    moments = {
        datetime(2028, 1, 1, tzinfo=UTC): {"new_year"},
        datetime(2028, 2, 29, 12, tzinfo=UTC): {"leap"},
        datetime(2028, 3, 31, 12, tzinfo=UTC): {"month_end"},
        datetime(2100, 1, 1, tzinfo=UTC): {"new_year"},
        datetime(2100, 3, 31, 12, tzinfo=UTC): {"month_end"},
        datetime(2104, 2, 29, 12, tzinfo=UTC): {"leap"},
    }
    with clocks(row.product, row.product.schedulers, tmp_path) as ahead:
        for flow_id, cron in crons.items():
            row.lab.save(flows.scheduled(row.namespace, flow_id, recover="LAST", cron=cron))
        row.lab.save(flows.scheduled(row.namespace, "often", recover="NONE"))
        for moment, due in moments.items():
            soon = moment - timedelta(minutes=1)
            ahead(soon - datetime.now(UTC))
            wait_until_past(row, soon, "often")
            ahead(moment - timedelta(seconds=2) - datetime.now(UTC))
            for flow_id in due:
                wait_for_date(row, flow_id, moment)
        for flow_id in (*crons, "often"):
            switch_off(row, flow_id)
        for flow_id in crons:
            dates = fired(row, flow_id, min(moments), max(moments))
            assert {at for at in moments if flow_id in moments[at]} <= set(dates)
            assert all(at.day == days[flow_id] and (at.month == 2) == (flow_id == "leap") for at in dates), dates


def wait_for_date(row: Row, flow_id: str, moment: datetime) -> None:
    wait_until(lambda: slots(row, flow_id).get(moment) == FIRED, f"{flow_id} starts for {moment}")


def fired(row: Row, flow_id: str, begin: datetime, end: datetime) -> list[datetime]:
    return [at for at, state in slots(row, flow_id).items() if state == FIRED and begin <= at <= end]
