"""Random days of a schedule: outages, two schedulers, pauses, backfills; each time is accounted for, and runs once."""

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from builder.actions import flows
from builder.clock import FixedClock
from builder.errors import BuilderError, Conflict
from builder.schedule import Recover
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import Trigger, states
from builder.triggers import resuming
from builder.triggers.schedule import backfilling
from builder.triggers.schedule import firing as schedules
from builder.triggers.schedule.backfilling import run_backfills
from builder.triggers.schedule.firing import fire_due

pytestmark = pytest.mark.django_db(transaction=True)
FLOW = """
id: steady
namespace: lab
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
triggers:
  - id: hourly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
    allowConcurrent: true
    recoverMissedSchedules: POLICY
"""
HOUR = timedelta(hours=1)
MOVES = 40


class Days:
    """One schedule and what happens to it; `stale` is how a second scheduler saw it some time ago."""

    def __init__(self, seed: int, patch: pytest.MonkeyPatch) -> None:
        self.random, self.patch = random.Random(seed), patch
        self.text = FLOW.replace("POLICY", self.random.choice(list(Recover)))
        flows.create_flow(self.text, by="ada")
        self.start = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) + HOUR
        self.clock = FixedClock(self.start)
        states.forget("lab", "steady", "hourly", self.start)
        self.stale = self.trigger
        patch.setattr(flows, "_CLOCK", self.clock)

    @property
    def trigger(self) -> Trigger:
        return triggers.get("lab", "steady", "hourly")

    def move(self) -> None:
        self.random.choice([
            self.tick, self.tick, self.late_tick, self.minutes, self.minutes, self.outage, self.off, self.on, self.fill,
            self.disabled, self.enabled, self.remembers, self.toggled,
            self.changed,
        ])()  # fmt: skip

    def tick(self) -> None:
        fire_due(self.clock)
        run_backfills(self.clock)

    def remembers(self) -> None:
        self.stale = self.trigger

    def late_tick(self) -> None:
        """Of a scheduler that was frozen since it looked at the trigger."""
        with self.patch.context() as patched:
            patched.setattr(schedules.triggers, "due", lambda *_: [self.stale] if self.stale.active else [])
            fire_due(self.clock)

    def minutes(self) -> None:
        self.clock.advance(timedelta(minutes=self.random.choice([1, 20, 45])))

    def outage(self) -> None:
        self.clock.advance(timedelta(minutes=self.random.choice([61, 200, 500])))

    def off(self) -> None:
        triggers.set_enabled("lab", "steady", "hourly", False, self.clock.now())

    def on(self) -> None:
        """Where a backfill goes on already, people are told so."""
        try:
            resuming.switch_on(self.trigger, self.random.choice(list(Recover)), self.clock)
        except BuilderError:
            resuming.switch_on(self.trigger, Recover.NONE, self.clock)

    def toggled(self) -> None:
        """By the task Toggle, which nobody asks anything."""
        triggers.set_enabled("lab", "steady", "hourly", self.random.choice([True, False]), self.clock.now())

    def fill(self) -> None:
        start = self.clock.now() - timedelta(hours=self.random.randint(1, 12))
        try:
            backfilling.begin(self.trigger, max(start, self.start), self.clock.now(), self.clock, gaps_only=True)
        except BuilderError:
            if self.trigger.backfill and self.trigger.backfill.is_over:
                backfilling.cancel(self.trigger)

    def disabled(self) -> None:
        flows.set_disabled("lab", "steady", True, by="ada")

    def enabled(self) -> None:
        if self.random.choice([True, False]):
            flows.set_disabled("lab", "steady", False, by="ada")
        else:
            with suppress(Conflict):
                recover = self.random.choice(list(Recover))
                resuming.switch_flow_on("lab", "steady", recover, self.clock, by="ada")

    def changed(self) -> None:
        """The flow is published with another definition of the trigger, and is on then."""
        flows.update_flow("lab", "steady", f"{self.text}    labels: {{n: '{self.random.random()}'}}\n", by="ada")

    def tick_until_quiet(self) -> None:
        """Until nothing is started any more; what waited is looked at."""
        while fire_due(self.clock) + run_backfills(self.clock):
            pass

    def end(self) -> None:
        flows.set_disabled("lab", "steady", False, by="ada")
        self.on()
        self.tick_until_quiet()

    def times(self) -> list[datetime]:
        found, at = [], self.start.replace(minute=0) + HOUR
        while at <= self.clock.now():
            found.append(at)
            at += HOUR
        return found


@pytest.mark.parametrize("seed", range(8))
def test_each_time_is_accounted_for_and_runs_at_most_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)
    days = Days(seed, monkeypatch)
    for _ in range(MOVES):
        days.move()
    days.end()
    found = {slot.fire_at: slot for slot in triggers.slots(days.trigger, 10_000)}
    assert sorted(found) == days.times()
    items = executions.search(Filters(flow_id="steady"), size=1000).items
    ran = [(executions.load(item.id)[0].trigger or {})["variables"]["date"] for item in items]
    assert [date for date, count in Counter(ran).items() if count > 1] == []
    fired = [at for at, slot in found.items() if slot.execution_id]
    assert sorted(map(datetime.fromisoformat, ran)) == sorted(fired)
    assert all(slot.reason for slot in found.values() if not slot.execution_id)
