"""Nights when clocks change, played by the scheduler with its own clock: daily jobs run every day and never twice."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from builder.actions import flows
from builder.clock import FixedClock, SystemClock
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import states
from builder.triggers.scheduler import Scheduler

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = timedelta(minutes=20)
AROUND = timedelta(hours=8)
FLOW = """
id: night
namespace: lab
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
"""
TRIGGER = """\
  - {{id: {id}, type: io.kestra.plugin.core.trigger.Schedule, cron: "{cron}", timezone: {zone}, allowConcurrent: true}}
"""
OFTEN = "*/30 * * * *"
ZONES = {
    "Europe/Paris": ("30 2 * * *", "30 2 * * *"),
    "America/New_York": ("30 2 * * *", "30 1 * * *"),
    "Australia/Lord_Howe": ("15 2 * * *", "45 1 * * *"),
    "Africa/Cairo": ("30 0 * * *", "30 23 * * *"),
}
"""For each zone a daily time that its clocks leave out in one night, and one that they repeat in the other."""


NAMES = ("left_out", "repeated", "often")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)
    monkeypatch.setattr("builder.triggers.scheduler.sweep", lambda now: None)


def changes(zone: ZoneInfo) -> list[datetime]:
    """The next two moments at which the clocks change there: one forward, one back."""
    hours = (SystemClock().now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(9000))
    offsets = ((at, at.astimezone(zone).utcoffset()) for at in hours)
    return [at for (_, before), (at, after) in pairwise(offsets) if before != after][:2]


def play(around: datetime) -> None:
    """The scheduler looks again and again, from well before to well after."""
    clock = FixedClock(around - AROUND)
    for name in NAMES:
        states.forget("lab", "night", name, clock.now())
    scheduler = Scheduler("one", clock)
    while clock.now() <= around + AROUND:
        scheduler.tick(0.0)
        clock.advance(LOOK)


def fired(name: str, around: datetime) -> list[datetime]:
    found = triggers.slots(triggers.get("lab", "night", name), 1000)
    assert {slot.state for slot in found} == {"FIRED"}
    return sorted(slot.fire_at for slot in found if abs(slot.fire_at - around) <= AROUND)


@pytest.mark.parametrize("zone_name", ZONES)
def test_both_nights_of_a_zone_start_each_slot_once(zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    crons = zip(NAMES, (*ZONES[zone_name], OFTEN), strict=True)
    flow = FLOW + "".join(TRIGGER.format(id=name, cron=cron, zone=zone_name) for name, cron in crons)
    flows.create_flow(flow, by="ada")
    count = 0
    for night in changes(zone):
        play(night)
        for name in ("left_out", "repeated"):
            assert len(fired(name, night)) == 1, f"{name} in the night of {night}"
        often = fired("often", night)
        assert {later - earlier for earlier, later in pairwise(often)} == {timedelta(minutes=30)}, "real time goes on"
        count += 2 + len(often)
    assert executions.search(Filters(flow_id="night")).total == count


def test_the_clocks_of_all_zones_change_both_ways() -> None:
    """Otherwise the nights would show nothing."""
    for name in ZONES:
        step = timedelta(minutes=30 if name == "Australia/Lord_Howe" else 60)
        assert {_shift(ZoneInfo(name), at) for at in changes(ZoneInfo(name))} == {step, -step}


def _shift(zone: ZoneInfo, at: datetime) -> timedelta:
    before, after = ((at + timedelta(hours=n)).astimezone(zone).utcoffset() for n in (-1, 1))
    assert before is not None and after is not None
    return after - before
